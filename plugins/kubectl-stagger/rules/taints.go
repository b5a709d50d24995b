package rules

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
)

// checkTaints finds a pool that anything may run on.
func (c *checker) checkTaints() {
	var without []string
	open := false // whether a node lets everything on
	var others []corev1.Taint
	for i := range c.Pool.Nodes {
		n := &c.Pool.Nodes[i]
		if !slices.ContainsFunc(n.Taints, func(t corev1.Taint) bool { return c.isMark(&t) }) {
			without = append(without, n.Name)
		}
		open = open || !slices.ContainsFunc(n.Taints, func(t corev1.Taint) bool { return keepsOff(&t) && !passing(&t) })
		for _, t := range n.Taints {
			same := func(o corev1.Taint) bool { return o.Key == t.Key && o.Value == t.Value && o.Effect == t.Effect }
			if !c.isMark(&t) && !passing(&t) && !slices.ContainsFunc(others, same) {
				others = append(others, t)
			}
		}
	}
	switch {
	case len(without) == 0:
	case c.tainted:
		c.add(c.someTaint(without))
	default:
		c.add(c.noTaint(others, open))
	}
}

func (c *checker) noTaint(others []corev1.Taint, open bool) finding.Finding {
	f := finding.Finding{
		ID: NoTaint, Severity: finding.Warning, Object: c.poolObject(),
		What:  "The pool has no taint that keeps other pods off, so pods that are not redundant may be placed there.",
		Cause: "The taint has to be asked for when a pool is made.",
		Fix:   c.taintFix(),
	}
	if c.Pool.Platform.Name == "GKE" {
		f.Cause = "GKE puts no taint on preemptible and Spot pools by itself, but for Autopilot and node auto-provisioning."
	}
	if !open {
		f.Severity = finding.Info
		f.What = "The pool has none of the taints that mean short-lived nodes, though another one."
	}
	for _, t := range others {
		text := "keeps off what does not tolerate it; if it means that nodes are short-lived, say --taint " + t.Key
		if !keepsOff(&t) {
			text = "only discourages: it keeps no pod off"
		}
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "taint " + taintText(&t), Text: text})
	}
	return f
}

func (c *checker) someTaint(without []string) finding.Finding {
	return finding.Finding{
		ID: SomeTaint, Severity: finding.Warning, Object: c.poolObject(),
		What:     fmt.Sprintf("%d of %s of the pool have no taint that keeps other pods off: %s.", len(without), count(len(c.Pool.Nodes), "node"), some(without)),
		Evidence: []finding.Evidence{{Source: "the other nodes", Text: c.marks[0].String()}},
		Cause:    "A taint that kubectl taint puts on a node is gone when its machine is made anew; those of the pool itself are put on each time.",
		Fix:      c.taintFix(),
	}
}

// taintFix says how the taint is put on, for good and at once.
func (c *checker) taintFix() []finding.Step {
	taint := c.marks[0]
	if taint.Effect == "" {
		taint.Effect = corev1.TaintEffectNoSchedule
	}
	steps := []finding.Step{{Do: "First give the toleration to the workloads that may die, and let them roll out: key " + taint.Key + ", value " + fmt.Sprintf("%q", taint.Value) + ", effect " + string(taint.Effect) + "."}}
	if c.Pool.Platform.Name == "GKE" && c.Pool.Label != "" {
		steps = append(steps,
			finding.Step{Do: "Then set it in the pool, with the names of your cluster and its location; it replaces the pool's other taints, so name these, too. Where gcloud or an old GKE refuses, make a new pool with --node-taints and delete this one."},
			finding.Step{Run: "gcloud container node-pools update " + quote(c.Pool.Name) + " --cluster CLUSTER --location LOCATION --node-taints " + quote(taint.String())})
	} else {
		steps = append(steps, finding.Step{Do: "Then set it where the pool's nodes are described (" + c.platform() + "), so that new ones have it, too."})
	}
	return append(steps, finding.Step{Do: "For the nodes of now, until their machines are made anew:"},
		command("kubectl", "taint", "nodes", "-l", c.selector(), taint.String(), "--overwrite"))
}

func (c *checker) platform() string {
	switch name := c.Pool.Platform.Name; name {
	case "":
		return "the platform's node group"
	case "Karpenter":
		return "spec.template.spec.taints of Karpenter's NodePool"
	default:
		return "the node group of " + name
	}
}

// selector selects the pool's nodes.
func (c *checker) selector() string {
	if c.Pool.Label == "" {
		return c.Pool.Name
	}
	return c.Pool.Label + "=" + c.Pool.Name
}
