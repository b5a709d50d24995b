package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// shortLived are the labels that platforms give to short-lived nodes, with the values
// that mean it.
func shortLived() map[string][]string {
	return map[string][]string{
		"cloud.google.com/gke-preemptible":      {"true"},
		"cloud.google.com/gke-spot":             {"true"},
		"cloud.google.com/gke-provisioning":     {"preemptible", "spot"},
		"yandex.cloud/preemptible":              {"true"},
		"karpenter.sh/capacity-type":            {"spot"},
		"eks.amazonaws.com/capacityType":        {"SPOT"},
		"kubernetes.azure.com/scalesetpriority": {"spot"},
		"cluster.x-k8s.io/interruptible":        {"true", ""},
	}
}

// checkFallback finds workloads that stay down when the pool has no nodes.
func (c *checker) checkFallback(w *workload) {
	if by := c.pinnedBy(&w.Workload); by != "" {
		c.add(finding.Finding{
			ID: Pinned, Severity: finding.Warning, Object: w.object,
			What:     "Its pods ask for short-lived nodes, so when there are none they cannot go elsewhere and stay Pending.",
			Evidence: []finding.Evidence{{Source: "template", Text: by}},
			Cause:    "A toleration lets pods onto the pool; a node selector or a required affinity keeps them off all other nodes.",
			Fix:      []finding.Step{{Do: "Make it a wish: preferredDuringSchedulingIgnoredDuringExecution of nodeAffinity with the same label, instead of the selector or the required affinity."}},
		})
		return
	}
	if c.Pool == nil || w.system || w.Kind == "Pod" || len(c.Pool.Elsewhere) == 0 {
		return
	}
	why := map[string]int{}
	for i := range c.Pool.Elsewhere {
		n := &c.Pool.Elsewhere[i]
		reason := keepsAway(&w.Workload, n)
		switch {
		case reason == "" && lasting(n):
			return
		case reason == "":
			reason = "it is short-lived, too"
		}
		why[reason]++
	}
	f := finding.Finding{
		ID: NowhereElse, Severity: finding.Warning, Object: w.object,
		What:  "None of the cluster's other nodes would take its pods when the pool has none.",
		Cause: c.unseenGroups(),
		Fix:   []finding.Step{{Do: "Have a pool of lasting nodes that its pods may go to, without a taint or with one that they tolerate; with cluster autoscaling it may be small."}},
	}
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: count(why[reason], "other node"), Text: reason})
	}
	c.add(f)
}

// unseenGroups says what the API does not show.
func (c *checker) unseenGroups() string {
	switch c.Autoscaler {
	case AutoscalerSeen:
		return "The cluster has an autoscaler; whether it may make nodes of a group that has none now is not seen from the API."
	case AutoscalerNone:
		return "There is no sign of an autoscaler that would make nodes of another group."
	default:
		return "Whether an autoscaler would make nodes of another group could not be looked at."
	}
}

// pinnedBy says which selector or affinity asks for short-lived nodes; empty when
// none does.
func (c *checker) pinnedBy(w *pool.Workload) string {
	marks := shortLived()
	if c.Pool != nil && c.Pool.Label != "" {
		marks[c.Pool.Label] = []string{c.Pool.Name}
	}
	for _, key := range sortedKeys(w.NodeSelector) {
		if slices.Contains(marks[key], w.NodeSelector[key]) {
			return "nodeSelector: " + key + "=" + w.NodeSelector[key]
		}
	}
	terms := required(w)
	var by string
	for i := range terms {
		at := slices.IndexFunc(terms[i].MatchExpressions, func(e corev1.NodeSelectorRequirement) bool { return c.asks(e, marks[e.Key]) })
		if at < 0 {
			return "" // this term lets them go elsewhere
		}
		e := terms[i].MatchExpressions[at]
		by = strings.TrimSpace(fmt.Sprintf("required nodeAffinity: %s %s %s", e.Key, e.Operator, strings.Join(e.Values, ",")))
	}
	return by
}

// asks reports whether an expression is true on nodes with one of the values only.
func (c *checker) asks(e corev1.NodeSelectorRequirement, values []string) bool {
	switch {
	case values == nil:
		return false
	case e.Operator == corev1.NodeSelectorOpExists:
		// Other nodes have these labels, too, with other values.
		return !slices.Contains(poolOrKind(), e.Key) && !c.isPoolLabel(e.Key)
	case e.Operator != corev1.NodeSelectorOpIn || len(e.Values) == 0:
		return false
	}
	return !slices.ContainsFunc(e.Values, func(v string) bool { return !slices.Contains(values, v) })
}

// poolOrKind are labels of all nodes, of which a value means short-lived ones.
func poolOrKind() []string {
	return []string{"karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType", "cloud.google.com/gke-provisioning"}
}

func (c *checker) isPoolLabel(key string) bool { return c.Pool != nil && c.Pool.Label == key }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
