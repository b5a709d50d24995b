package diagnose

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// checkRights judges what the container may do on its node. The proxy needs nothing: it
// opens connections, and reads one file at most.
func (c *checker) checkRights(s *subject) {
	root, evidence := s.root()
	if root {
		c.add(s, aside, finding.Finding{
			ID: "runs-as-root", Severity: finding.Warning, Object: s.Object,
			What:     fmt.Sprintf("Container %s runs the proxy as root, which it has no need of.", s.Container.Name),
			Evidence: evidence,
			Fix:      []finding.Step{do("Set in " + s.Path + ".securityContext runAsNonRoot: true, runAsUser: 65532 and allowPrivilegeEscalation: false; in that of the pod fsGroup: 65532, so that it can read its key.")},
		})
	}
	context := s.Container.SecurityContext
	if context == nil {
		context = &corev1.SecurityContext{}
	}
	c.checkPrivileged(s, context)
	if is(context.ReadOnlyRootFilesystem) || s.Spec.FUSE.Enabled {
		return
	}
	f := finding.Finding{
		ID: "writable-root", Severity: finding.Info, Object: s.Object,
		What:     fmt.Sprintf("The root filesystem of container %s is writable, though the proxy writes nothing there.", s.Container.Name),
		Evidence: quote(s.Path+".securityContext.readOnlyRootFilesystem", "not true"),
		Fix:      []finding.Step{do("Set " + s.Path + ".securityContext.readOnlyRootFilesystem: true.")},
	}
	if root {
		f.Severity = finding.Warning
	}
	c.add(s, aside, f)
}

// root reports whether the proxy runs as root: because the pod says so, or because an
// image of an old v1 does, and the pod nothing else.
func (s *subject) root() (bool, []finding.Evidence) {
	var user *int64
	field, nonRoot := "", false
	if pod := s.Template.Spec.SecurityContext; pod != nil {
		user, field, nonRoot = pod.RunAsUser, "securityContext.runAsUser of the pod", is(pod.RunAsNonRoot)
	}
	if own := s.Container.SecurityContext; own != nil {
		if own.RunAsUser != nil {
			user, field = own.RunAsUser, s.Path+".securityContext.runAsUser"
		}
		if own.RunAsNonRoot != nil {
			nonRoot = *own.RunAsNonRoot
		}
	}
	switch {
	case nonRoot: // it does not start as root
		return false, nil
	case user != nil:
		return *user == 0, quote(field, "0")
	}
	// Images of v1 have another user since 1.17, those of the others always had.
	program, official := proxy.Identify(s.Container.Image)
	return official && program.Engine == proxy.V1 && program.Version.Before(v(1, 17, 0)), quote(s.Path+".image", s.Container.Image+", whose user is root")
}

func (c *checker) checkPrivileged(s *subject, context *corev1.SecurityContext) {
	evidence := quote(s.Path+".securityContext.privileged", "true")
	if !is(context.Privileged) {
		evidence = nil
	}
	if context.Capabilities != nil {
		for _, name := range context.Capabilities.Add {
			if name != "NET_BIND_SERVICE" {
				evidence = append(evidence, finding.Evidence{Source: s.Path + ".securityContext.capabilities.add", Text: string(name)})
			}
		}
	}
	if len(evidence) == 0 || s.Spec.FUSE.Enabled { // mounting needs them
		return
	}
	c.add(s, aside, finding.Finding{
		ID: "privileged", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("Container %s has rights on its node that the proxy does not need.", s.Container.Name),
		Evidence: evidence,
		Fix:      []finding.Step{do("Leave them out, and set " + s.Path + ".securityContext.capabilities.drop: [ALL].")},
	})
}

func is(b *bool) bool { return b != nil && *b }
