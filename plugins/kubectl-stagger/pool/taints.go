package pool

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
)

// lasting are the sets of taints that keep pods off the pool's nodes for good, each
// once. Those that Kubernetes and clouds put on for a while (cordoned, not ready,
// not yet initialised) are left out, and nodes without any.
func lasting(nodes []candidate) [][]corev1.Taint {
	var sets [][]corev1.Taint
	for i := range nodes {
		var set []corev1.Taint
		for _, t := range nodes[i].Taints {
			if t.Effect != corev1.TaintEffectPreferNoSchedule && !passing(t.Key) {
				set = append(set, corev1.Taint{Key: t.Key, Value: t.Value, Effect: t.Effect})
			}
		}
		same := func(other []corev1.Taint) bool { return slices.Equal(other, set) }
		if len(set) > 0 && !slices.ContainsFunc(sets, same) {
			sets = append(sets, set)
		}
	}
	return sets
}

func passing(key string) bool {
	return strings.HasPrefix(key, "node.kubernetes.io/") || strings.HasPrefix(key, "node.cloudprovider.kubernetes.io/") ||
		strings.HasPrefix(key, suitePrefix) || key == "karpenter.sh/disrupted"
}

// toleratesAny says whether pods with the tolerations may run under one of the sets.
func toleratesAny(tolerations []corev1.Toleration, sets [][]corev1.Taint) bool {
	return slices.ContainsFunc(sets, func(set []corev1.Taint) bool {
		return !slices.ContainsFunc(set, func(taint corev1.Taint) bool { return !tolerates(tolerations, &taint) })
	})
}

func tolerates(tolerations []corev1.Toleration, taint *corev1.Taint) bool {
	for i := range tolerations {
		if tolerations[i].ToleratesTaint(klog.Logger{}, taint, false) {
			return true
		}
	}
	return false
}
