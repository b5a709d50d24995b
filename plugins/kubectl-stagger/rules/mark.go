package rules

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Mark is a taint that says that nodes are short-lived, and keeps pods off that do not
// say that they may die.
type Mark struct {
	Key    string
	Value  string             // empty: any
	Effect corev1.TaintEffect // empty: NoSchedule or NoExecute
}

// DefaultMarks are those that people and platforms use: the key of the recipe of 2018,
// GKE's own labels as keys, and what AKS puts on Spot pools by itself.
func DefaultMarks() []Mark {
	return []Mark{
		{"gke-preemptible", "true", corev1.TaintEffectNoSchedule},
		{"cloud.google.com/gke-preemptible", "true", ""},
		{"cloud.google.com/gke-spot", "true", ""},
		{"kubernetes.azure.com/scalesetpriority", "spot", ""},
	}
}

// ParseMark reads key[=value][:effect], as kubectl taint writes it. PreferNoSchedule
// is an error, as it keeps no pod off.
func ParseMark(text string) (Mark, error) {
	var m Mark
	rest, effect, given := strings.Cut(text, ":")
	m.Key, m.Value, _ = strings.Cut(rest, "=")
	if given {
		m.Effect = corev1.TaintEffect(effect)
		switch m.Effect {
		case corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute:
		case corev1.TaintEffectPreferNoSchedule:
			return Mark{}, fmt.Errorf("the effect of %q keeps no pod off: it must be NoSchedule or NoExecute", text)
		default:
			return Mark{}, fmt.Errorf("the effect of %q must be NoSchedule or NoExecute", text)
		}
	}
	if wrong := validation.IsQualifiedName(m.Key); len(wrong) > 0 {
		return Mark{}, fmt.Errorf("%q is no key of a taint: %s; want key[=value][:effect]", m.Key, wrong[0])
	}
	if wrong := validation.IsValidLabelValue(m.Value); len(wrong) > 0 {
		return Mark{}, fmt.Errorf("%q is no value of a taint: %s", m.Value, wrong[0])
	}
	return m, nil
}

// String is the mark as kubectl taint writes it.
func (m Mark) String() string {
	text := m.Key
	if m.Value != "" {
		text += "=" + m.Value
	}
	if m.Effect != "" {
		text += ":" + string(m.Effect)
	}
	return text
}

// is reports whether a taint is this mark.
func (m Mark) is(t *corev1.Taint) bool {
	return m.Key == t.Key && (m.Value == "" || m.Value == t.Value) && keepsOff(t) && (m.Effect == "" || m.Effect == t.Effect)
}

// keepsOff reports whether pods that do not tolerate the taint stay off.
func keepsOff(t *corev1.Taint) bool {
	return t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute
}

// tolerated reports whether pods with the tolerations may run on nodes with the mark.
func (m Mark) tolerated(by []corev1.Toleration) bool {
	return slices.ContainsFunc(by, func(t corev1.Toleration) bool {
		return (t.Key == "" || t.Key == m.Key) && m.misses(&t) == ""
	})
}

// misses says why a toleration of the same key does not tolerate the mark; empty when
// it does.
func (m Mark) misses(t *corev1.Toleration) string {
	effect := m.Effect
	if effect == "" && t.Effect == corev1.TaintEffectPreferNoSchedule {
		effect = corev1.TaintEffectNoSchedule
	}
	switch {
	case t.Effect != "" && effect != "" && t.Effect != effect:
		return fmt.Sprintf("the effect is %s, not %s", t.Effect, effect)
	case t.Operator != corev1.TolerationOpExists && m.Value != "" && t.Value != m.Value:
		return fmt.Sprintf("the value is %q, not %q", t.Value, m.Value)
	}
	return ""
}

// taintText is a taint as kubectl taint writes it.
func taintText(t *corev1.Taint) string { return Mark{t.Key, t.Value, t.Effect}.String() }

// passing reports whether a taint is put on for a while, by Kubernetes, a cloud, an
// autoscaler or this suite; it says nothing of the pool.
func passing(t *corev1.Taint) bool {
	for _, prefix := range []string{"node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "stagger.kubechores.io/", "karpenter.sh/"} {
		if strings.HasPrefix(t.Key, prefix) {
			return true
		}
	}
	return t.Key == "ToBeDeletedByClusterAutoscaler" || t.Key == "DeletionCandidateOfClusterAutoscaler"
}
