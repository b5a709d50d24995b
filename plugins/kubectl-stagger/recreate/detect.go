package recreate

import (
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// The kinds of providers that Detect tells apart.
const (
	KindGCE        = "gce"
	KindKarpenter  = "karpenter"
	KindClusterAPI = "capi"
)

// Annotations that Cluster API writes on Nodes.
const (
	machineAnnotation   = "cluster.x-k8s.io/machine"
	namespaceAnnotation = "cluster.x-k8s.io/cluster-namespace"
)

// Detect says who makes the nodes' machines: a Kind constant, or "" where that is
// not known, or differs between the nodes. Karpenter and Cluster API come first: their
// machines may be of Compute Engine, but they do not want them deleted there.
func Detect(nodes []pool.Node) string {
	kind := ""
	for i, n := range nodes {
		is := kindOf(n)
		if is == "" || (i > 0 && is != kind) {
			return ""
		}
		kind = is
	}
	return kind
}

func kindOf(n pool.Node) string {
	switch {
	case n.Labels["karpenter.sh/nodepool"] != "" || n.Labels["karpenter.sh/provisioner-name"] != "":
		return KindKarpenter
	case n.Annotations[machineAnnotation] != "":
		return KindClusterAPI
	case strings.HasPrefix(n.Machine.ProviderID, gcePrefix):
		return KindGCE
	}
	return ""
}
