package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// podNodes are the nodes of a subject's pods, as far as they are known.
type podNodes struct {
	all []string
	// without are those of Google Cloud without Workload Identity, elsewhere those that are
	// not of Google Cloud.
	without, elsewhere []string
}

// podNodesOf looks at the nodes on which a subject's pods are.
func (c *checker) podNodesOf(s *subject) podNodes {
	wanted := map[string]bool{}
	for _, p := range s.Pods {
		if p.Value.Spec.NodeName != "" {
			wanted[p.Value.Spec.NodeName] = true
		}
	}
	var nodes podNodes
	if len(wanted) == 0 {
		return nodes
	}
	for name := range wanted {
		n := c.index.nodes[name]
		if n == nil {
			continue
		}
		nodes.all = append(nodes.all, n.Name)
		switch {
		case n.Value.Labels[metadataLabel] == "true":
		case isGoogles(n):
			nodes.without = append(nodes.without, n.Name)
		case n.Value.Spec.ProviderID != "": // of another cloud; a node that says nothing may be anywhere
			nodes.elsewhere = append(nodes.elsewhere, n.Name)
		}
	}
	return nodes
}

func isGoogles(n *snapshot.Item[corev1.Node]) bool {
	if strings.HasPrefix(n.Value.Spec.ProviderID, "gce://") {
		return true
	}
	for name := range n.Value.Labels {
		if strings.HasPrefix(name, "cloud.google.com/gke-") || name == metadataLabel {
			return true
		}
	}
	return false
}

// checkMetadata finds nodes on which the annotation does nothing.
func (c *checker) checkMetadata(s *subject, account *snapshot.Item[corev1.ServiceAccount], nodes podNodes) {
	idle := append(slices.Clone(nodes.without), nodes.elsewhere...)
	if len(idle) == 0 {
		return
	}
	c.add(s, aside, finding.Finding{
		ID: "wi-nodes-without-metadata", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("%d of %d nodes with pods of the proxy have no Workload Identity: there the proxy asks as the account of the node, or as nobody, and not as ServiceAccount %s says.", len(idle), len(nodes.all), account.Name),
		Evidence: quote("nodes without "+metadataLabel, listed(slices.Sorted(slices.Values(idle)))),
		Fix: []finding.Step{
			do("Turn the metadata server on for the node pool (its nodes are made anew):"),
			run("gcloud container node-pools update POOL --cluster=CLUSTER --location=LOCATION --workload-metadata=GKE_METADATA"),
			do("Or keep the proxy on nodes that have it, by nodeSelector " + metadataLabel + `: "true".`),
		},
	})
}
