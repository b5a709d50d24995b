package diagnose

import (
	"fmt"
	"path"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// checkPath finds a key file that is not where the proxy looks for it.
func (c *checker) checkPath(s *subject, from keySource) {
	if from.kind != sourceFile || s.hasRead(from.path) {
		return
	}
	f := finding.Finding{ID: "credentials-path", Severity: finding.Error, Object: s.Object, Evidence: from.told(s)}
	switch from.file.State {
	case snapshot.FileUnmounted:
		if _, official := proxy.Identify(s.Container.Image); !official {
			return // the image may have the file
		}
		f.What = fmt.Sprintf("Container %s looks for its key in %s, where no volume is mounted.", s.Container.Name, from.path)
		f.Evidence = append(f.Evidence, quote(s.Path+".volumeMounts", s.mountPaths())...)
		f.Fix = s.mountFix(from)
	case snapshot.FileDirectory:
		f.What = fmt.Sprintf("Container %s is told %s for its key, which is a directory: the proxy needs the file in it.", s.Container.Name, from.path)
		f.Fix = []finding.Step{do(fmt.Sprintf("Write %s=%s.", from.option, path.Join(from.path, c.oneKey(s, from))))}
		if from.file.Mount.SubPath != "" {
			f.Fix = []finding.Step{do("Mount the volume without subPath, and name the file in it.")}
		}
	case snapshot.FileNotListed:
		f.What = fmt.Sprintf("Container %s looks for its key in %s, and volume %s has no such file.", s.Container.Name, from.path, from.file.Mount.Name)
		f.Evidence = append(f.Evidence, quote("items of the volume", clip(strings.Join(from.file.Items, ", ")))...)
		f.Fix = []finding.Step{do("Name a file that the volume has, or add an item with this path to the volume.")}
	case snapshot.FileOfKey:
		c.checkPathKey(s, from)
		return
	default:
		return
	}
	c.add(s, blocks, f)
}

// checkPathKey finds a Secret that does not have the key which the path names.
func (c *checker) checkPathKey(s *subject, from keySource) {
	if from.secret == "" {
		return
	}
	secret := c.index.secrets[key{s.Namespace, from.secret}]
	if secret == nil {
		if from.file.Optional && c.Absence("Secret", s.Namespace) == snapshot.Gone {
			c.add(s, blocks, finding.Finding{
				ID: "secret-missing", Severity: finding.Error, Object: secretObject(s.Namespace, from.secret),
				What:     fmt.Sprintf("Secret %s does not exist, and container %s looks for its key in it: the pod starts, as the volume is optional, and the proxy does not.", from.secret, s.Container.Name),
				Evidence: from.told(s), Fix: []finding.Step{do("Create the Secret, and restart the pods.")},
			})
		}
		return
	}
	if _, ok := secret.Keys[from.key]; ok || len(from.file.Items) > 0 { // of items, checkSecrets has said it
		return
	}
	c.addKeyMissing(s, secret, from.key, fmt.Sprintf("container %s looks for its key in %s, and does not find it", s.Container.Name, from.path), from.told(s))
}

// hasRead reports whether a log says that the proxy has started with a key file, so that
// the file must be there.
func (s *subject) hasRead(file string) bool {
	for _, l := range s.podLogs() {
		read := false
		for i := range l.lines {
			line := &l.lines[i]
			read = read || strings.Contains(line.message, fmt.Sprintf("the credentials file at %q", file)) || strings.HasPrefix(line.message, "using credential file for authentication; ")
			if read && hasStarted(line) && !l.Previous {
				return true
			}
		}
	}
	return false
}

func (s *subject) mountPaths() string {
	if len(s.Container.VolumeMounts) == 0 {
		return "none"
	}
	var paths []string
	for _, m := range s.Container.VolumeMounts {
		paths = append(paths, m.MountPath)
	}
	return clip(strings.Join(paths, ", "))
}

// mountFix is how to get a file where it is looked for.
func (s *subject) mountFix(from keySource) []finding.Step {
	dir := path.Dir(from.path)
	for i := range s.Template.Spec.Volumes {
		v := &s.Template.Spec.Volumes[i]
		if v.Secret == nil {
			continue
		}
		for _, m := range s.Container.VolumeMounts {
			if m.Name == v.Name {
				return []finding.Step{do(fmt.Sprintf("Secret %s is mounted at %s: write %s=%s, or mount it at %s.", v.Secret.SecretName, m.MountPath, from.option, path.Join(m.MountPath, path.Base(from.path)), dir))}
			}
		}
		return []finding.Step{do(fmt.Sprintf("Mount volume %s, which is of Secret %s, at %s in container %s.", v.Name, v.Secret.SecretName, dir, s.Container.Name))}
	}
	return []finding.Step{do(fmt.Sprintf("Mount a Secret with a key %s at %s in container %s; or leave %s out, and use Workload Identity.", path.Base(from.path), dir, s.Container.Name, from.option))}
}

// oneKey is the file that may be meant in a directory.
func (c *checker) oneKey(s *subject, from keySource) string {
	if len(from.file.Items) == 1 {
		return path.Base(from.file.Items[0])
	}
	if secret := c.index.secrets[key{s.Namespace, from.file.Name}]; secret != nil && len(secret.Keys) == 1 {
		return sortedKeys(secret.Keys)[0]
	}
	return "KEY"
}
