package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// keySecret is the name of the Secret that the proxy's key is mounted from; "" where it
// is none. What is projected of tokens is no key.
func (s *subject) keySecret() string {
	file := s.Spec.Credentials.File
	if file == "" {
		file = s.Spec.Credentials.Default
	}
	if file == "" {
		return ""
	}
	var at *corev1.VolumeMount
	for i := range s.Container.VolumeMounts {
		m := &s.Container.VolumeMounts[i]
		dir := path.Clean(m.MountPath)
		if (path.Clean(file) == dir || strings.HasPrefix(path.Clean(file), strings.TrimSuffix(dir, "/")+"/")) && (at == nil || len(dir) > len(at.MountPath)) {
			at = m
		}
	}
	for i := range s.Template.Spec.Volumes {
		if volume := &s.Template.Spec.Volumes[i]; at != nil && volume.Name == at.Name && volume.Secret != nil {
			return volume.Secret.SecretName
		}
	}
	return ""
}

// readSecrets are the Secrets that the proxy reads once, when it starts: its key, and what
// its variables come from.
func (s *subject) readSecrets() []string {
	names := []string{s.keySecret()}
	for _, e := range s.Container.Env {
		if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
			names = append(names, e.ValueFrom.SecretKeyRef.Name)
		}
	}
	for _, from := range s.Container.EnvFrom {
		if from.SecretRef != nil {
			names = append(names, from.SecretRef.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// checkKeyAge judges whether the pods have read what is in their Secrets now.
func (c *checker) checkKeyAge(s *subject) {
	for _, name := range s.readSecrets() {
		secret := c.index.secrets[key{s.Namespace, name}]
		if secret == nil || secret.Changed.IsZero() {
			continue
		}
		var old []string
		var since time.Time
		for _, p := range s.Pods {
			if started := s.started(p); !started.IsZero() && started.Before(secret.Changed) {
				old = append(old, p.Name)
				if since.IsZero() || started.Before(since) {
					since = started
				}
			}
		}
		if len(old) == 0 {
			continue
		}
		c.add(s, aside, finding.Finding{
			ID: "secret-newer-than-pods", Severity: finding.Warning, Object: s.Object,
			What: fmt.Sprintf("%s of %s started before Secret %s was last changed, and goes on with what it held before.", counted(len(old), "pod"), s.ref(), name),
			Evidence: []finding.Evidence{
				{Source: "Secret " + name + ", changed", Text: secret.Changed.UTC().Format(time.RFC3339)},
				{Source: "pods, the first started " + since.UTC().Format(time.RFC3339), Text: listed(old)},
			},
			Cause: "The proxy reads its key and its variables once, when it starts.",
			Fix:   []finding.Step{s.anew()},
		})
	}
}

// anew says how the pods are made anew.
func (s *subject) anew() finding.Step {
	switch s.Kind {
	case "Deployment", "StatefulSet", "DaemonSet":
		return kubectlIn(s.Namespace, "rollout", "restart", s.ref())
	}
	return do("Make the pods of " + s.ref() + " anew.")
}

// started is when the proxy's container in a pod did; zero if it does not run.
func (s *subject) started(p *snapshot.Pod) time.Time {
	for _, status := range slices.Concat(p.Value.Status.ContainerStatuses, p.Value.Status.InitContainerStatuses) {
		if status.Name == s.Container.Name && status.State.Running != nil {
			return status.State.Running.StartedAt.Time
		}
	}
	return time.Time{}
}

// checkKeyless judges a key in a cluster that could do without.
func (c *checker) checkKeyless(s *subject) {
	email, source := c.whoseKey(s)
	if email == "" || !c.metadataServer() {
		return
	}
	account := s.account()
	o := c.index.accounts[key{s.Namespace, account}]
	if o == nil && c.Absence("ServiceAccount", s.Namespace) != snapshot.Gone || o != nil && o.Value.Annotations[accountAnnotation] != "" {
		return // both at once is a matter of credentials
	}
	f := finding.Finding{
		ID: "key-file-with-wi-available", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("The proxy of %s uses a key that never expires, though its nodes offer Workload Identity.", s.ref()),
		Evidence: []finding.Evidence{{Source: source, Text: "a key of " + email}, {Source: "nodes, label " + metadataLabel, Text: "true"}},
	}
	if account == "default" {
		f.Fix = append(f.Fix, do("Give the proxy a ServiceAccount of its own: with the default one, all pods of the namespace would have its rights."))
		account = s.Name
	}
	f.Fix = append(f.Fix, do("Let it act as "+email+":"), c.letActAs(s.Namespace, account, email),
		kubectlIn(s.Namespace, "annotate", "serviceaccount", account, accountAnnotation+"="+email),
		do("Then leave the key out of the proxy's arguments, and delete it."))
	f.Docs = "https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity"
	c.add(s, aside, f)
}

// whoseKey is whose key the proxy uses, and where that is; "" where it is none, or is not
// known to be of use.
func (c *checker) whoseKey(s *subject) (email, source string) {
	from := s.keySource()
	if from.literal != nil {
		return from.literal.Email, from.option
	}
	if secret := c.index.secrets[key{s.Namespace, from.secret}]; secret != nil {
		return secret.Keys[from.key].Email, "Secret " + from.secret + ", " + from.key
	}
	return "", ""
}

// metadataServer reports whether all nodes that are known offer Workload Identity.
func (c *checker) metadataServer() bool {
	for _, o := range c.Nodes {
		if o.Value.Labels[metadataLabel] != "true" {
			return false
		}
	}
	return len(c.Nodes) > 0
}
