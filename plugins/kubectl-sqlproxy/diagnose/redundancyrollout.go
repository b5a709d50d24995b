package diagnose

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// rolloutCatalogue is what can be wrong with how a new version takes the place of an old.
func rolloutCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "max-unavailable", Severity: finding.Warning, Title: "A rollout leaves one pod, or none"},
		{ID: "antiaffinity-deadlock", Severity: finding.Warning, Title: "A rollout finds no node for its new pod"},
		{ID: "recreate-strategy", Severity: finding.Warning, Title: "A rollout ends all pods before it starts new ones"},
	}
}

// checkRollout judges what a new version of a Deployment does to its clients.
func (c *checker) checkRollout(s *subject) {
	if s.Deployment == nil || !s.Shared || s.Replicas == 0 {
		return
	}
	if s.Deployment.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		c.add(s, aside, finding.Finding{
			ID: "recreate-strategy", Severity: finding.Warning, Object: s.Object,
			What:     "With the strategy Recreate a rollout ends all pods before it starts new ones: meanwhile no client reaches the databases.",
			Evidence: quote("spec.strategy.type", "Recreate"),
			Fix: []finding.Step{kubectlIn(s.Namespace, "patch", s.ref(), "--type=merge", "-p",
				`{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}}}`)},
		})
		return
	}
	replicas := s.fewest()
	unavailable, said := maxUnavailable(s.Deployment, replicas)
	if unavailable > 0 && replicas-unavailable < 2 {
		left := "one pod for all clients"
		if unavailable >= replicas {
			left = "no pod"
		}
		c.add(s, aside, finding.Finding{
			ID: "max-unavailable", Severity: finding.Warning, Object: s.Object,
			What:     fmt.Sprintf("A rollout of %s may leave %s for a while.", counted(replicas, "replica"), left),
			Evidence: quote("spec.strategy.rollingUpdate", said),
			Fix: []finding.Step{kubectlIn(s.Namespace, "patch", s.ref(), "--type=merge", "-p",
				`{"spec":{"strategy":{"rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}}}`)},
		})
	}
	if unavailable == 0 {
		c.checkDeadlock(s, replicas)
	}
}

// maxUnavailable is how many pods may be missing in a rollout, as the controller counts:
// rounded down, and one where neither a pod more nor one less is allowed.
func maxUnavailable(d *appsv1.Deployment, replicas int) (int, string) {
	quarter := intstr.FromString("25%")
	unavailable, surge := &quarter, &quarter
	if rolling := d.Spec.Strategy.RollingUpdate; rolling != nil {
		if rolling.MaxUnavailable != nil {
			unavailable = rolling.MaxUnavailable
		}
		if rolling.MaxSurge != nil {
			surge = rolling.MaxSurge
		}
	}
	said := fmt.Sprintf("maxUnavailable %s, maxSurge %s", unavailable.String(), surge.String())
	n, err := intstr.GetScaledValueFromIntOrPercent(unavailable, replicas, false)
	more, errMore := intstr.GetScaledValueFromIntOrPercent(surge, replicas, true)
	if err != nil || errMore != nil {
		return 0, said
	}
	if n == 0 && more == 0 {
		n = 1
	}
	return n, said
}

// checkDeadlock finds a rollout that needs a node without a pod of the Deployment's, where
// all nodes have one and none may go before.
func (c *checker) checkDeadlock(s *subject, replicas int) {
	index := requiredApart(s)
	if index < 0 {
		return
	}
	field := fmt.Sprintf("spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[%d]", index)
	f := finding.Finding{
		ID: "antiaffinity-deadlock", Severity: finding.Warning, Object: s.Object,
		Evidence: append(quote(field+".topologyKey", hostname), quote("spec.strategy.rollingUpdate", "maxUnavailable 0")...),
		Cause:    "The pods must not be on one node, and no old pod may go before a new one is ready: the new pod needs a node more than there are replicas.",
		Fix: []finding.Step{
			do("Replace the anti-affinity by a topologySpreadConstraint with maxSkew 1 and matchLabelKeys: [pod-template-hash], which counts the pods of one version only."),
			do("Or have maxUnavailable: 1 and at least three replicas."),
		},
	}
	for _, p := range s.livePods() {
		if message := unschedulable(p); strings.Contains(message, "anti-affinity") {
			f.What = fmt.Sprintf("The new pod %s finds no node, as each has one of the pods already: the rollout does not go on.", p.Name)
			f.Evidence = append(f.Evidence, quote("pod/"+p.Name+", condition PodScheduled", message)...)
			c.add(s, blocks, f)
			return
		}
	}
	nodes := c.nodesFor(s)
	if nodes == 0 || nodes > replicas {
		return
	}
	f.What = fmt.Sprintf("A rollout will find no node for its first new pod: there are %s for %s, and each may have one pod only.", counted(nodes, "node"), counted(replicas, "replica"))
	f.Evidence = append(f.Evidence, quote("nodes on which the pods can be", fmt.Sprint(nodes))...)
	c.add(s, aside, f)
}

// requiredApart is the index of the term by which no two of the pods may be on one node;
// -1 if there is none. One that counts the pods of a version only is as it should be.
func requiredApart(s *subject) int {
	affinity := s.Template.Spec.Affinity
	if affinity == nil || affinity.PodAntiAffinity == nil {
		return -1
	}
	return slices.IndexFunc(affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, func(t corev1.PodAffinityTerm) bool {
		return t.TopologyKey == hostname && len(t.MatchLabelKeys) == 0 && selects(t.LabelSelector, s.Template.Labels)
	})
}

// nodesFor counts the nodes on which the pods can be, as far as labels and taints say it;
// 0 where that is not known.
func (c *checker) nodesFor(s *subject) int {
	if c.Absence("Node", "") != snapshot.Gone || s.Template.Spec.Affinity.NodeAffinity != nil {
		return 0
	}
	n := 0
	for _, o := range c.Nodes {
		spec := &o.Value.Spec
		if spec.Unschedulable || !hasLabels(o.Value.Labels, s.Template.Spec.NodeSelector) {
			continue
		}
		if !slices.ContainsFunc(spec.Taints, func(t corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule && !tolerated(s, t) }) {
			n++
		}
	}
	return n
}

func tolerated(s *subject, taint corev1.Taint) bool {
	return slices.ContainsFunc(s.Template.Spec.Tolerations, func(t corev1.Toleration) bool {
		return (t.Key == "" && t.Operator == corev1.TolerationOpExists || t.Key == taint.Key) &&
			(t.Effect == "" || t.Effect == taint.Effect) &&
			(t.Operator == corev1.TolerationOpExists || t.Value == taint.Value)
	})
}
