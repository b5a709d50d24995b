package netpolicy

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// What the API's own type says about ingress is read and written as that type does it.
func TestSameAsTheAPI(t *testing.T) {
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}}
	for name, policy := range map[string]networkingv1.NetworkPolicy{
		"nothing": {},
		"everything": {
			TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "sql-proxy", Labels: map[string]string{"app": "sql-proxy"}},
			Spec: networkingv1.NetworkPolicySpec{
				PodSelector: *selector,
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
				Ingress: []networkingv1.NetworkPolicyIngressRule{{}, {
					Ports: []networkingv1.NetworkPolicyPort{
						{}, {Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromString("postgres"))},
						{Port: new(intstr.FromInt32(3306)), EndPort: new(int32(3310))},
					},
					From: []networkingv1.NetworkPolicyPeer{
						{PodSelector: selector}, {NamespaceSelector: selector},
						{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8", Except: []string{"10.1.0.0/16"}}},
					},
				}},
			},
		},
	} {
		want, err := json.Marshal(policy)
		if err != nil {
			t.Fatal(err)
		}
		var ours NetworkPolicy
		if err := json.Unmarshal(want, &ours); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(ours)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}
