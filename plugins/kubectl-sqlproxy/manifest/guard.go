package manifest

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/netpolicy"
)

// addBudget lets drains take one pod at a time. A single pod has none: its budget would
// keep its node from ever being drained.
func (p *plan) addBudget() {
	if p.Replicas < 2 {
		return
	}
	b := &policyv1.PodDisruptionBudget{
		TypeMeta: typeOf("policy/v1", "PodDisruptionBudget"), ObjectMeta: p.meta(p.Name),
		Spec: policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromInt32(1)), Selector: p.labelSelector()},
	}
	if p.Server.has(unhealthyEvictionSince) {
		b.Spec.UnhealthyPodEvictionPolicy = new(policyv1.AlwaysAllow) // a broken proxy holds no drain up
	}
	p.add(b.TypeMeta, b.Name, b)
}

// addPolicy lets clients to the databases' ports, and who scrapes to the metrics. Probes
// come from the node, which no policy keeps out.
func (p *plan) addPolicy() {
	var databases []netpolicy.Port
	for _, s := range p.served {
		databases = append(databases, portOf(s.port))
	}
	n := &netpolicy.NetworkPolicy{
		TypeMeta: typeOf("networking.k8s.io/v1", "NetworkPolicy"), ObjectMeta: p.meta(p.Name),
		Spec: netpolicy.Spec{
			PodSelector: *p.labelSelector(),
			PolicyTypes: []string{netpolicy.Ingress},
			Ingress:     []netpolicy.IngressRule{{From: p.peers(), Ports: databases}},
		},
	}
	if p.Monitoring != "" {
		scraper := netpolicy.Peer{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{namespaceLabel: p.Monitoring}}}
		n.Spec.Ingress = append(n.Spec.Ingress, netpolicy.IngressRule{
			From: []netpolicy.Peer{scraper}, Ports: []netpolicy.Port{portOf(httpPort)}})
	}
	p.add(n.TypeMeta, n.Name, n)
}

func portOf(port int) netpolicy.Port {
	return netpolicy.Port{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(int32(port)))}
}

// peers are who may connect; nil is everybody.
func (p *plan) peers() []netpolicy.Peer {
	if p.open() {
		return nil
	}
	var peers []netpolicy.Peer
	for _, c := range p.Clients {
		peers = append(peers, c.peer())
	}
	for _, r := range p.Exposure.Ranges {
		peers = append(peers, netpolicy.Peer{IPBlock: &netpolicy.IPBlock{CIDR: r}})
	}
	return peers
}

// open reports whether everybody may connect.
func (p *plan) open() bool {
	return slices.ContainsFunc(p.Clients, func(c Client) bool { return c.Any })
}

// addMonitor adds a PodMonitor, of which there is no type in k8s.io/api.
func (p *plan) addMonitor() {
	if p.Monitoring == "" {
		return
	}
	t := typeOf("monitoring.coreos.com/v1", "PodMonitor")
	p.add(t, p.Name, &podMonitor{TypeMeta: t, ObjectMeta: p.meta(p.Name), Spec: podMonitorSpec{
		Selector: *p.labelSelector(), Endpoints: []podMetricsEndpoint{{Port: httpPortName, Path: "/metrics"}},
	}})
}

// podMonitor is as much of the Prometheus operator's type as is used here.
type podMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              podMonitorSpec `json:"spec"`
}

type podMonitorSpec struct {
	Selector  metav1.LabelSelector `json:"selector"`
	Endpoints []podMetricsEndpoint `json:"podMetricsEndpoints"`
}

type podMetricsEndpoint struct {
	Port string `json:"port"`
	Path string `json:"path"`
}

// addAutoscaler scales by CPU: connections stay where they are, so that a new pod takes
// none off the old ones. It measures what is used and not the share of the request,
// which is far below what a busy proxy takes.
func (p *plan) addAutoscaler() {
	if !p.HPA {
		return
	}
	h := &autoscaler{
		TypeMeta: typeOf("autoscaling/v2", "HorizontalPodAutoscaler"), ObjectMeta: p.meta(p.Name),
		Spec: autoscalerSpec{
			Target: targetRef{APIVersion: "apps/v1", Kind: "Deployment", Name: p.Name}, MinReplicas: p.Replicas, MaxReplicas: 3 * p.Replicas,
		},
	}
	h.Spec.Behavior.ScaleDown.Window = 600 // each pod that goes cuts connections
	cpu := resourceMetric{Name: corev1.ResourceCPU}
	cpu.Target.Type, cpu.Target.AverageValue = "AverageValue", resource.MustParse("500m") // some 180 MB/s, both directions counted
	h.Spec.Metrics = []metric{{Type: "Resource", Resource: cpu}}
	p.add(h.TypeMeta, h.Name, h)
}

// autoscaler is as much of autoscaling/v2's type as is used here: the group is an eighth
// of a megabyte.
type autoscaler struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              autoscalerSpec `json:"spec"`
}

type autoscalerSpec struct {
	Target      targetRef `json:"scaleTargetRef"`
	MinReplicas int32     `json:"minReplicas"`
	MaxReplicas int32     `json:"maxReplicas"`
	Metrics     []metric  `json:"metrics"`
	Behavior    struct {
		ScaleDown struct {
			Window int32 `json:"stabilizationWindowSeconds"`
		} `json:"scaleDown"`
	} `json:"behavior"`
}

type targetRef struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

type metric struct {
	Type     string         `json:"type"`
	Resource resourceMetric `json:"resource"`
}

type resourceMetric struct {
	Name   corev1.ResourceName `json:"name"`
	Target struct {
		Type         string            `json:"type"`
		AverageValue resource.Quantity `json:"averageValue"`
	} `json:"target"`
}
