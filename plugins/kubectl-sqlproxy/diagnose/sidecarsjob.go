package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// checkEnds judges whether the pods of a job end with what they are for. Native sidecars
// are ended by Kubernetes, others only by the application.
func (c *checker) checkEnds(s *subject) bool {
	if !s.toEnd() || s.Init || s.ended() {
		return false
	}
	f := finding.Finding{
		ID: "sidecar-in-job", Severity: finding.Error, Object: s.Object,
		What:     fmt.Sprintf("The pods of %s never end: when the rest of the pod has, its proxy in container %s goes on.", s.ref(), s.Container.Name),
		Evidence: append(quote(s.Path, s.Container.Name+", "+s.Container.Image), s.lingering()...),
		Docs:     "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
	}
	served := slices.ContainsFunc(s.Spec.Instances, func(i proxy.Instance) bool { return len(c.around().shared[i.Name]) > 0 })
	if served {
		f.Fix = append(f.Fix, do("Let this plugin write it without the sidecar, for the shared proxy:"), s.convert())
	}
	if c.Minor == 0 || c.Minor >= 29 {
		f.Fix = append(f.Fix, do("Make the proxy a native sidecar: among the initContainers, with restartPolicy: Always."))
	}
	if s.Spec.Engine == "v2" && !s.Spec.Version.Before(v(2, 1, 0)) || s.Spec.Engine == "alloydb" {
		f.Fix = append(f.Fix, do("Or give it --quitquitquit, and have the application send POST to http://localhost:9091/quitquitquit when it is done."))
	}
	c.add(s, aside, f)
	return true
}

// toEnd reports whether the pods are to end, with other containers than the proxy.
func (s *subject) toEnd() bool {
	ends := s.RunsToEnd() || s.Kind == "Pod" && (s.Template.Spec.RestartPolicy == corev1.RestartPolicyNever || s.Template.Spec.RestartPolicy == corev1.RestartPolicyOnFailure)
	return ends && len(s.Template.Spec.Containers) > 1
}

// ended reports whether something in the pod may end the proxy: its own server, a signal
// of another container, or a shell around it.
func (s *subject) ended() bool {
	if s.Spec.Admin.QuitQuitQuit || is(s.Template.Spec.ShareProcessNamespace) {
		return true
	}
	if command := s.Container.Command; len(command) > 0 && slices.Contains([]string{"sh", "bash", "ash", "dash", "busybox", "timeout", "env", "tini", "dumb-init"}, path.Base(command[0])) {
		return true
	}
	for i := range s.Template.Spec.Containers {
		other := &s.Template.Spec.Containers[i]
		if other.Name == s.Container.Name {
			continue
		}
		for _, text := range slices.Concat(other.Command, other.Args) {
			if strings.Contains(text, "quitquitquit") || strings.Contains(text, "cloud-sql-proxy shutdown") {
				return true
			}
		}
	}
	return false
}

// lingering are pods in which the rest has ended.
func (s *subject) lingering() []finding.Evidence {
	for _, p := range s.Pods {
		started, last, others := s.started(p), time.Time{}, 0
		for _, status := range p.Value.Status.ContainerStatuses {
			switch ended := status.State.Terminated; {
			case status.Name == s.Container.Name:
			case ended == nil:
				others++
			case ended.FinishedAt.After(last):
				last = ended.FinishedAt.Time
			}
		}
		if !started.IsZero() && others == 0 && !last.IsZero() {
			return quote("pod "+p.Name, fmt.Sprintf("all but %s ended by %s, and it runs", s.Container.Name, last.UTC().Format(time.RFC3339)))
		}
	}
	return nil
}
