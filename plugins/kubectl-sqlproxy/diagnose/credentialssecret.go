package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// secretUse is a Secret without which the container does not start.
type secretUse struct {
	name, key string // key is "" where all keys are taken
	via       string // a field of the template
	volume    bool
}

// secretUses are those of the volumes that the container mounts, and of its environment.
func (s *subject) secretUses() []secretUse {
	var all []secretUse
	add := func(name string, items []corev1.KeyToPath, optional *bool, via string) {
		if optional != nil && *optional {
			return
		}
		if len(items) == 0 {
			all = append(all, secretUse{name, "", via, true})
		}
		for _, item := range items {
			all = append(all, secretUse{name, item.Key, via, true})
		}
	}
	for i := range s.Template.Spec.Volumes {
		v := &s.Template.Spec.Volumes[i]
		if !slices.ContainsFunc(s.Container.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name }) {
			continue
		}
		via := "volume " + v.Name
		if v.Secret != nil {
			add(v.Secret.SecretName, v.Secret.Items, v.Secret.Optional, via)
		}
		if v.Projected != nil {
			for _, source := range v.Projected.Sources {
				if source.Secret != nil {
					add(source.Secret.Name, source.Secret.Items, source.Secret.Optional, via)
				}
			}
		}
	}
	return append(all, s.secretVariables()...)
}

func (s *subject) secretVariables() []secretUse {
	var all []secretUse
	for _, e := range s.Container.Env {
		if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil || e.ValueFrom.SecretKeyRef.Optional != nil && *e.ValueFrom.SecretKeyRef.Optional {
			continue
		}
		all = append(all, secretUse{e.ValueFrom.SecretKeyRef.Name, e.ValueFrom.SecretKeyRef.Key, "variable " + e.Name, false})
	}
	for _, e := range s.Container.EnvFrom {
		if e.SecretRef != nil && (e.SecretRef.Optional == nil || !*e.SecretRef.Optional) {
			all = append(all, secretUse{e.SecretRef.Name, "", "envFrom", false})
		}
	}
	return all
}

// checkSecrets finds Secrets, and keys of them, that do not exist. Where nobody could
// look, an event of a pod may say it.
func (c *checker) checkSecrets(s *subject) {
	uses := s.secretUses()
	if len(uses) == 0 {
		return
	}
	events := c.mountEvents(s)
	done := map[secretUse]bool{}
	for _, use := range uses {
		once := secretUse{name: use.name, key: use.key}
		if done[once] {
			continue
		}
		done[once] = true
		secret := c.index.secrets[key{s.Namespace, use.name}]
		switch {
		case secret != nil && use.key != "":
			c.checkSecretKey(s, secret, use, events)
		case secret == nil && !done[secretUse{name: use.name, via: "missing"}]:
			done[secretUse{name: use.name, via: "missing"}] = true
			c.checkSecret(s, use, events)
		}
	}
}

func (c *checker) checkSecret(s *subject, use secretUse, events []*snapshot.Event) {
	evidence := eventsWith(events, `secret "`+use.name+`" not found`)
	if c.Absence("Secret", s.Namespace) != snapshot.Gone && len(evidence) == 0 {
		return
	}
	key := use.key
	if from := s.keySource(); key == "" && from.secret == use.name {
		key = from.key
	}
	if key == "" {
		key = "KEY"
	}
	state := "waits for it before it starts the container"
	if use.volume {
		state = "waits for it in ContainerCreating"
	}
	c.add(s, blocks, finding.Finding{
		ID: "secret-missing", Severity: finding.Error, Object: secretObject(s.Namespace, use.name),
		What:     fmt.Sprintf("Secret %s does not exist, and container %s needs it for %s: a new pod %s.", use.name, s.Container.Name, use.via, state),
		Evidence: append(quote(s.Path, use.via+" of Secret "+use.name), evidence...),
		Fix: []finding.Step{
			do("Create it in the namespace of the pods, or name the one that exists:"),
			kubectlIn(s.Namespace, "create", "secret", "generic", use.name, "--from-file="+key+"=key.json"),
		},
		Retry: "the kubelet looks again by itself, and the pods start then",
	})
}

func secretObject(namespace, name string) finding.Object {
	return finding.Object{APIVersion: "v1", Kind: "Secret", Namespace: namespace, Name: name}
}

func (c *checker) checkSecretKey(s *subject, secret *snapshot.Secret, use secretUse, events []*snapshot.Event) {
	if _, ok := secret.Keys[use.key]; ok {
		return
	}
	evidence := eventsWith(events, "references non-existent secret key: "+use.key)
	evidence = append(evidence, eventsWith(events, "couldn't find key "+use.key+" in Secret")...)
	c.addKeyMissing(s, secret, use.key, fmt.Sprintf("%s of container %s names it, and a new pod does not start", use.via, s.Container.Name), evidence)
}

// addKeyMissing adds that a Secret does not have a key, with the keys that it has.
func (c *checker) addKeyMissing(s *subject, secret *snapshot.Secret, key, why string, evidence []finding.Evidence) {
	keys := sortedKeys(secret.Keys)
	fix := []finding.Step{do(fmt.Sprintf("Put a key %s into the Secret.", key))}
	if near := nearKey(key, keys); near != "" {
		copied := fmt.Sprintf(`[{"op":"copy","from":"/data/%s","path":"/data/%s"}]`, near, key)
		fix = []finding.Step{
			do(fmt.Sprintf("Write %s instead of %s, which may be what is meant. Or give the Secret %s, too, with the same value:", near, key, key)),
			kubectlIn(s.Namespace, "patch", "secret", secret.Name, "--type=json", "-p", copied),
		}
	}
	has := "no keys"
	if len(keys) > 0 {
		has = strings.Join(keys, ", ")
	}
	c.add(s, blocks, finding.Finding{
		ID: "secret-key-missing", Severity: finding.Error, Object: secret.Object,
		What:     fmt.Sprintf("Secret %s has no key %s: %s.", secret.Name, key, why),
		Evidence: append(quote("keys of the Secret", clip(has)), evidence...), Fix: fix,
	})
}

// nearKey is the key that may be meant: the only one, or one that differs in case, marks
// or ending alone; "" for none.
func nearKey(key string, keys []string) string {
	if len(keys) == 1 {
		return keys[0]
	}
	for _, other := range keys {
		if bare(other) == bare(key) {
			return other
		}
	}
	return ""
}

// bare is a name without what is easily mistaken.
func bare(name string) string {
	name = strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(name))
	return strings.TrimSuffix(name, "json")
}

// mountEvents are the events of a subject's pods that say why a container was not
// started, without those from before it was.
func (c *checker) mountEvents(s *subject) []*snapshot.Event {
	var all []*snapshot.Event
	for _, p := range s.Pods {
		at := s.started(p)
		for _, e := range c.EventsOf("Pod", p.Namespace, p.Name) {
			if (e.Reason == "FailedMount" || e.Reason == "Failed") && !e.Last.Before(at) {
				all = append(all, e)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *snapshot.Event) int { return a.Last.Compare(b.Last) })
	return all
}

// eventsWith is the newest of some events that has a text, as evidence.
func eventsWith(events []*snapshot.Event, text string) []finding.Evidence {
	for _, e := range slices.Backward(events) {
		if strings.Contains(e.Message, text) {
			return quote("event "+e.Reason+" of pod/"+e.Name, clip(e.Message))
		}
	}
	return nil
}
