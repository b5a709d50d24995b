// Package netpolicy is as much of a NetworkPolicy of networking.k8s.io/v1 as is about who
// may connect to pods, with its names. That group's own types, with those of Ingresses, are
// a quarter of a megabyte in the binary.
package netpolicy

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Ingress is the type of a policy that is about who may connect to the pods.
const Ingress = "Ingress"

// NetworkPolicy lets only some peers connect to the pods that it selects.
type NetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              Spec `json:"spec,omitempty"`
}

// Spec is a policy's pods and rules. Without types it is one of Ingress.
type Spec struct {
	PodSelector metav1.LabelSelector `json:"podSelector"`
	Ingress     []IngressRule        `json:"ingress,omitempty"`
	PolicyTypes []string             `json:"policyTypes,omitempty"`
}

// IngressRule lets peers connect to ports; no peers are all, and no ports are all.
type IngressRule struct {
	Ports []Port `json:"ports,omitempty"`
	From  []Peer `json:"from,omitempty"`
}

// Port is a port of the pods by number or name, or from there to EndPort. Without a
// protocol it is one of TCP.
type Port struct {
	Protocol *corev1.Protocol    `json:"protocol,omitempty"`
	Port     *intstr.IntOrString `json:"port,omitempty"`
	EndPort  *int32              `json:"endPort,omitempty"`
}

// Peer is pods, by their labels and those of their namespaces, or addresses.
type Peer struct {
	PodSelector       *metav1.LabelSelector `json:"podSelector,omitempty"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	IPBlock           *IPBlock              `json:"ipBlock,omitempty"`
}

// IPBlock is a range of addresses without some of them, in CIDR notation.
type IPBlock struct {
	CIDR   string   `json:"cidr"`
	Except []string `json:"except,omitempty"`
}
