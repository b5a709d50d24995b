package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/klog/v2"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// keepsAway says what keeps a workload's pods off a node, apart from its state and its
// room; empty when nothing does.
func keepsAway(w *pool.Workload, n *pool.Node) string {
	for i := range n.Taints {
		t := &n.Taints[i]
		if keepsOff(t) && !passing(t) && !tolerates(w.Tolerations, t) {
			return "its taint " + taintText(t) + " is not tolerated"
		}
	}
	for _, key := range sortedKeys(w.NodeSelector) {
		if value, ok := n.Labels[key]; !ok || value != w.NodeSelector[key] {
			return "nodeSelector wants " + key + "=" + w.NodeSelector[key]
		}
	}
	if terms := required(w); terms != nil && !slices.ContainsFunc(terms, func(t corev1.NodeSelectorTerm) bool { return matches(&t, n) }) {
		return "the required node affinity does not match"
	}
	return ""
}

// required are the terms of a required node affinity; nil where there is none.
func required(w *pool.Workload) []corev1.NodeSelectorTerm {
	if w.Affinity == nil || w.Affinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil
	}
	return w.Affinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
}

func tolerates(tolerations []corev1.Toleration, taint *corev1.Taint) bool {
	return slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool {
		return t.ToleratesTaint(klog.Logger{}, taint, false)
	})
}

// matches reports whether a term matches a node: all of its expressions do. A term
// without any matches nothing, and neither does one that is not valid.
func matches(term *corev1.NodeSelectorTerm, n *pool.Node) bool {
	if len(term.MatchExpressions)+len(term.MatchFields) == 0 {
		return false
	}
	all := func(expressions []corev1.NodeSelectorRequirement, set map[string]string) bool {
		for _, e := range expressions {
			r, err := labels.NewRequirement(e.Key, operator(e.Operator), e.Values)
			if err != nil || !r.Matches(labels.Set(set)) {
				return false
			}
		}
		return true
	}
	return all(term.MatchExpressions, n.Labels) && all(term.MatchFields, map[string]string{"metadata.name": n.Name})
}

// operator is the label selectors' word for a node selector's operator.
func operator(o corev1.NodeSelectorOperator) selection.Operator {
	switch o {
	case corev1.NodeSelectorOpIn:
		return selection.In
	case corev1.NodeSelectorOpNotIn:
		return selection.NotIn
	case corev1.NodeSelectorOpExists:
		return selection.Exists
	case corev1.NodeSelectorOpDoesNotExist:
		return selection.DoesNotExist
	case corev1.NodeSelectorOpGt:
		return selection.GreaterThan
	case corev1.NodeSelectorOpLt:
		return selection.LessThan
	}
	return selection.Operator(o)
}

// open reports whether new pods may come to a node now.
func open(n *pool.Node) bool { return n.Ready && !n.Unschedulable }

// lasting reports whether a node is not of the short-lived kind.
func lasting(n *pool.Node) bool {
	return n.Lifetime != pool.Preemptible && n.Lifetime != pool.Spot
}

// less takes s away from r; false when r is not enough.
func less(r, s pool.Resources) (pool.Resources, bool) {
	r = pool.Resources{MilliCPU: r.MilliCPU - s.MilliCPU, Memory: r.Memory - s.Memory, Pods: r.Pods - s.Pods}
	return r, (r.MilliCPU >= 0 || s.MilliCPU == 0) && (r.Memory >= 0 || s.Memory == 0) && (r.Pods >= 0 || s.Pods == 0)
}
