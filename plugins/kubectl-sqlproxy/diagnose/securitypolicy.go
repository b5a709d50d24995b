package diagnose

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/netpolicy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

type (
	policyItem  = snapshot.Item[netpolicy.NetworkPolicy]
	ingressRule = netpolicy.IngressRule
	policyPeer  = netpolicy.Peer
)

// covers reports whether a rule is for a TCP port of the proxy's pods. Port 0, which is
// not known, may be any.
func (s *subject) covers(r *ingressRule, port int) bool {
	if len(r.Ports) == 0 {
		return true
	}
	for _, p := range r.Ports {
		if p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP {
			continue
		}
		if p.Port == nil || port == 0 {
			return true
		}
		from := int(p.Port.IntVal)
		if p.Port.StrVal != "" {
			from, _ = s.TargetPort(corev1.ServicePort{TargetPort: *p.Port})
		}
		to := from
		if p.EndPort != nil {
			to = int(*p.EndPort)
		}
		if from != 0 && from <= port && port <= to {
			return true
		}
	}
	return false
}

// peersOf are those that a rule lets in. None is everybody, which is said as a peer here.
func peersOf(r *ingressRule) []policyPeer {
	if len(r.From) == 0 {
		return []policyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}
	}
	return r.From
}

// everybody reports whether a peer is all pods of the cluster, or all of the world.
func everybody(p policyPeer) bool {
	if p.IPBlock != nil {
		return len(p.IPBlock.Except) == 0 && (p.IPBlock.CIDR == "0.0.0.0/0" || p.IPBlock.CIDR == "::/0")
	}
	return p.NamespaceSelector != nil && selectsAll(p.NamespaceSelector) && (p.PodSelector == nil || selectsAll(p.PodSelector))
}

func selectsAll(s *metav1.LabelSelector) bool {
	return len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}

// admits reports whether a policy may let the pods of a workload in to a port. It is in
// doubt true: addresses, and labels of namespaces that nobody has seen, may be theirs.
func (c *checker) admits(s *subject, o *policyItem, port int, client *snapshot.Workload) bool {
	for i := range o.Value.Spec.Ingress {
		r := &o.Value.Spec.Ingress[i]
		if !s.covers(r, port) {
			continue
		}
		for _, p := range peersOf(r) {
			if p.IPBlock != nil || c.isPeer(&p, o.Namespace, client) {
				return true
			}
		}
	}
	return false
}

func (c *checker) isPeer(p *policyPeer, namespace string, client *snapshot.Workload) bool {
	if p.PodSelector != nil && !selects(p.PodSelector, client.Template.Labels) {
		return false
	}
	if p.NamespaceSelector == nil {
		return client.Namespace == namespace
	}
	if ns := snapshot.Find(c.Namespaces, "", client.Namespace); ns != nil {
		return selects(p.NamespaceSelector, ns.Value.Labels)
	}
	// The API server gives each namespace this label.
	known := map[string]string{corev1.LabelMetadataName: client.Namespace}
	for name := range p.NamespaceSelector.MatchLabels {
		if name != corev1.LabelMetadataName {
			return true
		}
	}
	for _, e := range p.NamespaceSelector.MatchExpressions {
		if e.Key != corev1.LabelMetadataName {
			return true
		}
	}
	return selects(p.NamespaceSelector, known)
}

// enforcers are DaemonSets that make NetworkPolicies work, or may do so.
func enforcers() []string {
	return []string{"calico", "canal", "cilium", "anetd", "antrea", "weave-net", "kube-router", "kube-ovn", "ovnkube", "azure-npm", "kindnet", "aws-node", "romana", "netpol"}
}

// unenforcing are DaemonSets of clusters whose nodes enforce nothing by themselves: those
// of GKE, and of flannel. Others may do it in a way that no DaemonSet shows.
func unenforcing() []string {
	return []string{"fluentbit-gke", "gke-metadata-server", "gke-metrics-agent", "pdcsi-node", "kube-flannel-ds"}
}

// enforced reports whether NetworkPolicies work, as far as is known.
func (c *checker) enforced() (bool, string) {
	seen := ""
	for _, w := range c.Workloads {
		if w.Kind != "DaemonSet" {
			continue
		}
		for _, name := range enforcers() {
			if strings.Contains(w.Name, name) {
				return true, ""
			}
		}
		for _, name := range unenforcing() {
			if w.Name == name && (w.Namespace == "kube-system" || w.Namespace == "kube-flannel") {
				seen = w.Namespace + "/" + w.Name
			}
		}
	}
	return seen == "", seen
}
