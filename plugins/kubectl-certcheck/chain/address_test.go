package chain

import (
	"slices"
	"testing"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	s := snapshotOf(t, `
apiVersion: v1
kind: Pod
metadata: {name: gw-1, namespace: istio-system, labels: {istio: ingressgateway, app: gw}}
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: gw-2, namespace: istio-system, labels: {istio: ingressgateway, app: gw}}
status: {phase: Running}
---
apiVersion: v1
kind: Service
metadata: {name: gw, namespace: istio-system}
spec: {type: LoadBalancer, selector: {app: gw}}
status: {loadBalancer: {ingress: [{ip: 203.0.113.10}, {hostname: a.elb.example.net}]}}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere, namespace: shop}
spec: {type: LoadBalancer, selector: {app: gw}}
status: {loadBalancer: {ingress: [{ip: 203.0.113.11}]}}
---
apiVersion: v1
kind: Service
metadata: {name: by-hand, namespace: istio-system}
spec: {type: LoadBalancer}
status: {loadBalancer: {ingress: [{ip: 203.0.113.12}]}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec: {selector: {istio: ingressgateway}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
status: {loadBalancer: {ingress: [{ip: 198.51.100.7}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
status: {addresses: [{type: Hostname, value: b.elb.example.net}]}
`)
	if got := s.Addresses(s.IstioGateways[0].Object); !slices.Equal(got, []string{"203.0.113.10", "a.elb.example.net"}) {
		t.Errorf("Istio: %v", got)
	}
	if got := s.Addresses(s.Ingresses[0].Object); !slices.Equal(got, []string{"198.51.100.7"}) {
		t.Errorf("Ingress: %v", got)
	}
	if got := s.Addresses(s.Gateways[0].Object); !slices.Equal(got, []string{"b.elb.example.net"}) {
		t.Errorf("Gateway: %v", got)
	}
}
