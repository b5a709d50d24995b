package diagnose

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// redundancyCatalogue is what can be wrong with what happens when a pod or a node goes.
func redundancyCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "single-replica", Severity: finding.Error, Title: "One pod serves all clients"},
		{ID: "both-on-one-node", Severity: finding.Error, Title: "All pods are on one node"},
		{ID: "no-spread", Severity: finding.Warning, Title: "Nothing keeps the pods on different nodes"},
		{ID: "no-pdb", Severity: finding.Warning, Title: "Drains may evict all pods at once"},
		{ID: "pdb-blocks", Severity: finding.Error, Title: "A disruption budget lets no pod be evicted"},
		{ID: "pdb-selector-mismatch", Severity: finding.Warning, Title: "A disruption budget selects no pods"},
		{ID: "pdb-unhealthy", Severity: finding.Info, Title: "Pods that are not ready may block a drain"},
		{ID: "all-on-preemptible", Severity: finding.Error, Title: "All pods are on nodes that the cloud may take away"},
		{ID: "all-same-birth", Severity: finding.Warning, Title: "The pods' preemptible nodes end at about the same time"},
		{ID: "tolerates-preemptible", Severity: finding.Info, Title: "The pods may run on preemptible nodes"},
		{ID: "grace-over-15s-on-preemptible", Severity: finding.Warning, Title: "Pods on preemptible nodes have less time to end than they need"},
		{ID: "hpa-and-replicas", Severity: finding.Info, Title: "A manifest sets the replicas that an autoscaler decides"},
		{ID: "dead-peer", Severity: finding.Info, Title: "Connections of clients on preempted nodes stay open"},
	}
}

// checkRedundancy judges what happens when a pod or a node goes. What is scaled to nothing
// has no redundancy to judge.
func (c *checker) checkRedundancy(s *subject) {
	if !s.Shared || s.Replicas == 0 {
		return
	}
	c.checkReplicas(s)
	c.checkSpread(s)
	c.checkBudgets(s)
	c.checkNodes(s)
	c.checkDeadPeer(s)
}

// fewest is how many pods there are to be at least; -1 where no number says it.
func (s *subject) fewest() int {
	if len(s.Autoscalers) == 0 {
		return s.Replicas
	}
	if least := s.Autoscalers[0].Value.Spec.MinReplicas; least != nil {
		return int(*least)
	}
	return 1
}

// livePods are the pods that count: those that have ended, as preempted nodes leave them,
// and those that are on their way out are history.
func (s *subject) livePods() []*snapshot.Pod {
	var all []*snapshot.Pod
	for _, p := range s.Pods {
		phase := p.Value.Status.Phase
		if p.Value.DeletionTimestamp == nil && phase != corev1.PodSucceeded && phase != corev1.PodFailed {
			all = append(all, p)
		}
	}
	return all
}
