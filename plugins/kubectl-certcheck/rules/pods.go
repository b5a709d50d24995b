package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func podCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "POD01", Severity: finding.Warning, Title: "A container is older than the certificate that it mounts"},
		{ID: "POD02", Severity: finding.Error, Title: "A pod waits for a Secret, or for a key of it"},
	}
}

func (c *checker) checkPods() {
	for _, p := range c.Pods {
		if !c.reaches(p.Object) || !p.Running() {
			continue
		}
		for i := range p.Volumes {
			c.checkVolume(p, &p.Volumes[i])
		}
		c.checkRenewedMounts(p)
	}
}

// checkVolume finds a Secret, or keys of it, without which the pod does not start.
func (c *checker) checkVolume(p *chain.Pod, v *chain.SecretVolume) {
	n := chain.Name{Namespace: p.Namespace, Name: v.Secret}
	o := c.Secret(n)
	f := finding.Finding{ID: "POD02", Severity: finding.Error, Object: p.Object, Evidence: quote("spec.volumes["+v.Name+"]", v.Secret)}
	switch {
	case v.Optional || n.Name == "":
		return
	case o == nil && c.Absence("Secret", n.Namespace) == chain.Gone:
		f.What = fmt.Sprintf("The pod cannot start: it mounts the Secret %s, which does not exist.", n)
		f.Cause = c.elsewhere(n)
		f.Fix = c.fillSecret(n)
	case o != nil && len(missingKeys(v, o)) > 0:
		keys := missingKeys(v, o)
		f.What = fmt.Sprintf("The pod cannot start: it mounts %s of the Secret %s, which has no such key.", some(keys), n)
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "keys of the Secret", Text: orNoKeys(o.Names())})
		f.Fix = []finding.Step{do("Name one of the keys that are there in the volume's items, or have the Secret filled with the others.")}
	default:
		return
	}
	if pastVolumes(p) {
		f.Severity = finding.Warning
		f.What = strings.Replace(f.What, "The pod cannot start:", "The pod runs, but will not start again:", 1)
	} else if p.Waiting != "" {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "state.waiting.reason", Text: p.Waiting})
	}
	if e := c.LastEvent(&p.Meta, "FailedMount"); e != nil && strings.Contains(e.Message, `"`+v.Secret+`"`) {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "event FailedMount", Text: e.Message})
	}
	f.Retry = "The kubelet tries again by itself, within two minutes."
	c.add(symptom, f)
}

// pastVolumes reports whether the pod got past its volumes.
func pastVolumes(p *chain.Pod) bool {
	for i := range p.Containers {
		if !p.Containers[i].Started.IsZero() {
			return true
		}
	}
	return p.Ready
}

func missingKeys(v *chain.SecretVolume, o *chain.Secret) []string {
	var keys []string
	for _, item := range v.Items {
		if o.Value(item.Key) == nil {
			keys = append(keys, item.Key)
		}
	}
	return keys
}

func orNoKeys(keys []string) string {
	if len(keys) == 0 {
		return "none"
	}
	return some(keys)
}

// checkRenewedMounts finds containers that started before the certificate that is in
// their volume was made. That is of no account to a program that reads its files
// again; a mount with subPath never changes.
func (c *checker) checkRenewedMounts(p *chain.Pod) {
	for i := range p.Containers {
		container := &p.Containers[i]
		for n := range container.Mounts {
			m := &container.Mounts[n]
			for v := range p.Volumes {
				if p.Volumes[v].Name == m.Volume && c.checkRenewedMount(p, container, m, p.Volumes[v].Secret) {
					return // one says what is to be done
				}
			}
		}
	}
}

func (c *checker) checkRenewedMount(p *chain.Pod, container *chain.Container, m *chain.Mount, secret string) bool {
	n := chain.Name{Namespace: p.Namespace, Name: secret}
	o := c.Secret(n)
	if o == nil || o.Leaf() == nil || container.Started.IsZero() || !container.Started.Before(o.Leaf().NotBefore) {
		return false
	}
	leaf := o.Leaf()
	f := finding.Finding{
		ID: "POD01", Severity: finding.Info, Object: p.Object,
		What: fmt.Sprintf("Container %s is older than the certificate in Secret %s: if it reads the files only when it starts, it serves the one before.", container.Name, n),
		Evidence: []finding.Evidence{
			{Source: "status.containerStatuses[" + container.Name + "].state.running.startedAt", Text: container.Started.Format(time.RFC3339)},
			{Source: "notBefore of the certificate", Text: leaf.NotBefore.UTC().Format(time.RFC3339)},
		},
	}
	if m.SubPath != "" {
		f.Severity = finding.Warning
		f.What = fmt.Sprintf("Container %s mounts Secret %s by subPath, which is never updated: it still has the certificate from before %s.", container.Name, n, day(leaf.NotBefore))
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "spec.containers[" + container.Name + "].volumeMounts", Text: m.Path + ", subPath " + m.SubPath})
	}
	f.Fix = restartPod(p)
	if m.SubPath != "" {
		f.Fix = append(f.Fix, do("For good: mount the whole volume, without subPath."))
	}
	c.add(aside, f)
	return true
}

// restartPod makes a pod start again, by its owner where there is one.
func restartPod(p *chain.Pod) []finding.Step {
	for _, owner := range p.Owners {
		switch owner.Kind {
		case "ReplicaSet":
			if name, hash := owner.Name, p.Labels["pod-template-hash"]; hash != "" && strings.HasSuffix(name, "-"+hash) {
				return []finding.Step{inNamespace(p.Namespace, "rollout", "restart", "deployment", strings.TrimSuffix(name, "-"+hash))}
			}
		case "DaemonSet", "StatefulSet":
			return []finding.Step{inNamespace(p.Namespace, "rollout", "restart", strings.ToLower(owner.Kind), owner.Name)}
		}
	}
	if len(p.Owners) == 0 {
		return []finding.Step{do("Make the pod again: it has no owner that would.")}
	}
	return []finding.Step{inNamespace(p.Namespace, "delete", "pod", p.Name)}
}
