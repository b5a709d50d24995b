package rules

import (
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
)

// checkPods judges pods that no workload stands for.
func (c *checker) checkPods() {
	for i := range c.Pool.Pods {
		p := &c.Pool.Pods[i]
		if p.Workload >= 0 || p.Mirror || p.Daemon || !c.judged(p.Namespace) {
			continue
		}
		o := finding.Object{APIVersion: "v1", Kind: "Pod", Namespace: p.Namespace, Name: p.Name}
		c.add(finding.Finding{
			ID: BarePod, Severity: finding.Error, Object: o,
			What:     "When its node dies the pod is gone for good: no controller makes it anew.",
			Evidence: []finding.Evidence{{Source: "spec.nodeName", Text: c.Pool.Nodes[p.Node].Name}, {Source: "metadata.ownerReferences", Text: "none"}},
			Fix:      bareFix(),
		})
		if len(p.Budgets) > 1 {
			c.add(c.manyBudgets(o, p.Budgets))
		}
	}
}

func bareFix() []finding.Step {
	return []finding.Step{{Do: "Make it a Deployment, a StatefulSet or a Job, or keep it off the pool: without a toleration of the pool's taint it is placed elsewhere."}}
}

// checkWorkload judges one workload by all the rules that are about one.
func (c *checker) checkWorkload(w *workload) {
	c.checkReplicas(w)
	if !w.file && w.served() && w.replicas() > 1 && !w.onOneNode() {
		c.checkWindow(w)
	}
	c.checkDNS(w)
	c.checkGuards(w)
	c.checkFallback(w)
	c.checkGrace(w)
}

// checkReplicas finds workloads that one death takes down.
func (c *checker) checkReplicas(w *workload) {
	switch {
	case w.Kind == "Pod":
		c.add(finding.Finding{
			ID: BarePod, Severity: finding.Error, Object: w.object,
			What: "When its node dies the pod is gone for good: no controller makes it anew.", Fix: bareFix(),
		})
	case !w.served() || w.replicas() < 1:
	case w.replicas() == 1:
		c.add(c.oneReplica(w))
	case w.onOneNode():
		c.add(c.oneNode(w))
	}
}

// onOneNode reports whether all that is ready of a workload is on one node of the pool.
func (w *workload) onOneNode() bool { return len(w.ready) == 1 && w.InPool == w.Ready }

func (c *checker) oneReplica(w *workload) finding.Finding {
	f := finding.Finding{
		ID: OneReplica, Severity: finding.Error, Object: w.object,
		What:     "There is one replica: whenever its node dies, nobody does its work until it is ready elsewhere.",
		Evidence: []finding.Evidence{{Source: "spec.replicas", Text: fmt.Sprint(w.Desired)}},
		Cause:    c.untainted(w),
	}
	if w.Desired < 0 {
		f.Evidence[0] = finding.Evidence{Source: "ready pods", Text: fmt.Sprintf("%d; how many are wanted is not known", w.Ready)}
	}
	if w.system {
		f.Severity = finding.Info
		f.Fix = []finding.Step{{Do: "It is a part of the cluster. A taint on the pool keeps it off, if it does not tolerate all taints."}}
		return f
	}
	if !w.file && w.InPool == 0 {
		f.Severity = finding.Warning
		f.What = "There is one replica, and it may be placed in the pool: whenever its node dies there, nobody does its work until it is ready elsewhere."
	}
	f.Fix = c.redundant(w)
	return f
}

func (c *checker) oneNode(w *workload) finding.Finding {
	f := finding.Finding{
		ID: OneNode, Severity: finding.Error, Object: w.object, Cause: c.untainted(w),
		Fix: []finding.Step{spreadConstraints(), {Do: "Then let the pods be placed anew:"}, onObject(w.object, "rollout restart")},
	}
	for node, n := range w.ready {
		name := c.Pool.Nodes[node].Name
		f.What = fmt.Sprintf("All %s are on the node %s, and go when it dies.", count(n, "ready replica"), name)
		if n == 1 {
			f.What = fmt.Sprintf("The only ready replica is on the node %s, and goes when it dies.", name)
		}
		f.Evidence = []finding.Evidence{{Source: "ready pods", Text: fmt.Sprintf("%d of %d wanted, all on %s", n, w.replicas(), name)}}
	}
	if !slices.Contains([]string{"Deployment", "StatefulSet"}, w.Kind) {
		f.Fix = f.Fix[:1]
	}
	if w.system {
		f.Severity = finding.Info
	}
	return f
}

// redundant says how a workload comes to have a second replica.
func (c *checker) redundant(w *workload) []finding.Step {
	off := finding.Step{Do: "Or keep it off the pool: take out what tolerates the pool's taint, and what selects the pool's nodes."}
	if w.file {
		return []finding.Step{{Do: "Set spec.replicas to 2 or more, if it can run more than once."}, off}
	}
	return []finding.Step{{Do: "If it can run more than once, let it:"}, onObject(w.object, "scale", "--replicas=2"), off}
}

// untainted says that a taint would have kept the workload off, where that is so.
func (c *checker) untainted(w *workload) string {
	if w.file || c.tainted || slices.ContainsFunc(c.marks, func(m Mark) bool { return m.tolerated(w.Tolerations) }) {
		return ""
	}
	return "It does not say that its pods may die; the pool has no taint to keep it off (" + NoTaint + ")."
}

// checkDNS finds a cluster that could lose its name resolution with the pool.
func (c *checker) checkDNS(w *workload) {
	if w.file || !w.system || !slices.Contains([]string{"kube-dns", "coredns"}, w.Name) || w.Ready == 0 || w.InPool < w.Ready {
		return
	}
	c.add(finding.Finding{
		ID: ClusterDNS, Severity: finding.Error, Object: w.object, Cause: c.untainted(w),
		What:     "All ready replicas of the cluster's DNS are in the pool: when it has no nodes for a while, no name resolves in the whole cluster.",
		Evidence: []finding.Evidence{{Source: "ready pods", Text: fmt.Sprintf("%d, all in the pool", w.Ready)}},
		Fix: []finding.Step{
			{Do: "Have nodes that are not short-lived, and let the pods be placed anew there; a taint on the pool keeps them there, if they do not tolerate it."},
			onObject(w.object, "rollout restart"),
		},
	})
}
