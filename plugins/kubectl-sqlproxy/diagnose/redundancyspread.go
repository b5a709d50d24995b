package diagnose

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/pkg/finding"
)

const hostname = "kubernetes.io/hostname"

// checkSpread judges whether the pods are on different nodes, and whether anything keeps
// them there.
func (c *checker) checkSpread(s *subject) {
	if s.Kind == "DaemonSet" || s.Kind == "Pod" {
		return
	}
	spreads := s.spreads()
	if !c.checkOneNode(s, spreads) && !spreads && s.fewest() > 1 {
		c.add(s, aside, finding.Finding{
			ID: "no-spread", Severity: finding.Warning, Object: s.Object,
			What:     "Nothing keeps the pods on different nodes: one node that goes may take all of them with it.",
			Evidence: quote("spec.template.spec", "no topologySpreadConstraints and no podAntiAffinity that count these pods"),
			Fix:      spreadFix(c, s),
		})
	}
}

// checkOneNode finds that all pods are on one node.
func (c *checker) checkOneNode(s *subject, spreads bool) bool {
	pods := s.livePods()
	if len(pods) < 2 || pods[0].Value.Spec.NodeName == "" {
		return false
	}
	node := pods[0].Value.Spec.NodeName
	for _, p := range pods[1:] {
		if p.Value.Spec.NodeName != node {
			return false
		}
	}
	f := finding.Finding{
		ID: "both-on-one-node", Severity: finding.Error, Object: s.Object,
		What:     fmt.Sprintf("All %d pods are on node %s: when that goes, no client reaches the databases.", len(pods), node),
		Evidence: []finding.Evidence{},
	}
	for _, p := range pods[:min(len(pods), 5)] {
		f.Evidence = append(f.Evidence, quote("pod/"+p.Name+", spec.nodeName", node)...)
	}
	if spreads {
		f.Cause = "Their constraint is a wish only, or there was no other node when they were scheduled; nobody moves them later."
		f.Fix = []finding.Step{kubectlIn(s.Namespace, "delete", "pod", pods[0].Name), do("If it comes back to the same node, look for what keeps it off the others: kubectl describe node.")}
	} else {
		f.Cause = "Nothing keeps them on different nodes."
		f.Fix = spreadFix(c, s)
	}
	c.add(s, aside, f)
	return true
}

func spreadFix(c *checker, s *subject) []finding.Step {
	keys := ""
	if c.Minor == 0 || c.Minor >= 27 {
		keys = " with matchLabelKeys: [pod-template-hash],"
	}
	if keys == "" || s.Kind != "Deployment" {
		return []finding.Step{do(fmt.Sprintf("Add a topologySpreadConstraint to the pod template: topologyKey %s, maxSkew 1, whenUnsatisfiable ScheduleAnyway, with a labelSelector for %s.", hostname, labels.FormatLabels(s.Template.Labels)))}
	}
	return []finding.Step{do(fmt.Sprintf("Add a topologySpreadConstraint to the pod template: topologyKey %s, maxSkew 1, whenUnsatisfiable DoNotSchedule,%s and a labelSelector for %s.", hostname, keys, labels.FormatLabels(s.Template.Labels)))}
}

// spreads reports whether the pods ask for different nodes or zones, be it as a wish. A
// constraint that does not count these pods does nothing.
func (s *subject) spreads() bool {
	spec := &s.Template.Spec
	for _, constraint := range spec.TopologySpreadConstraints {
		if selects(constraint.LabelSelector, s.Template.Labels) {
			return true
		}
	}
	if spec.Affinity == nil || spec.Affinity.PodAntiAffinity == nil {
		return false
	}
	for _, term := range spec.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		if selects(term.PodAffinityTerm.LabelSelector, s.Template.Labels) {
			return true
		}
	}
	return slices.ContainsFunc(spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, func(term corev1.PodAffinityTerm) bool {
		return selects(term.LabelSelector, s.Template.Labels)
	})
}

func selects(selector *metav1.LabelSelector, set map[string]string) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(set))
}
