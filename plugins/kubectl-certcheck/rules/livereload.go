package rules

import (
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// liveWhyOld says why a pod has not loaded what the Secret holds.
func (c *checker) liveWhyOld(door finding.Object, v liveView) string {
	file, subPath := c.liveFile(door, v.from)
	p := c.livePod(v.Pod)
	if p != nil && !file && !liveIstio(door) {
		subPath = liveSubPath(p, v.from.Name)
	}
	switch {
	case subPath:
		return "The Secret is mounted by subPath, which the kubelet never updates: the pod has what was there when it started."
	case file:
		return "The Secret is mounted as files, which Istio up to 1.6 reads once and does not watch: the pod has what was there when it started."
	case liveIstio(door):
		return "The gateway gets the Secret from Istio by its name (SDS), within seconds: the connection between the two is broken, or stuck."
	}
	return "The program has read the files when it started, and does not watch them."
}

// liveFile reports whether an Istio Gateway takes a Secret from files.
func (c *checker) liveFile(door finding.Object, secret chain.Name) (file, subPath bool) {
	for _, g := range c.IstioGateways {
		if g.Object != door {
			continue
		}
		for i := range g.Servers {
			for _, source := range c.Sources(g, i) {
				if source.Secret == secret && source.File() {
					file, subPath = true, subPath || source.SubPath
				}
			}
		}
	}
	return file, subPath
}

func liveSubPath(p *chain.Pod, secret string) bool {
	for _, v := range p.Volumes {
		for _, one := range p.Containers {
			for _, m := range one.Mounts {
				if v.Secret == secret && m.Volume == v.Name && m.SubPath != "" {
					return true
				}
			}
		}
	}
	return false
}

// liveRestart makes the pods' owners start new ones. A pod that is gone by now is deleted
// by name, in case it is not.
func (c *checker) liveRestart(pods []chain.Name) []finding.Step {
	var steps []finding.Step
	for _, n := range pods {
		more := []finding.Step{inNamespace(n.Namespace, "delete", "pod", n.Name)}
		if p := c.livePod(n); p != nil {
			more = restartPod(p)
		}
		for _, step := range more {
			if !slices.Contains(steps, step) {
				steps = append(steps, step)
			}
		}
	}
	return steps[:min(len(steps), 5)]
}

func liveSecret(n chain.Name) finding.Step {
	return run(script.Command("kubectl", "-n", n.Namespace, "get", "secret", n.Name, "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields}"))
}
