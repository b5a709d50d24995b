//go:build linux

package main

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/scripts/bench/tlsfleet"
)

// newDoors is a server with what kubectl-certcheck looks at.
func newDoors(size tlsfleet.Size) (*lean, error) {
	server, err := kubetest.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	const istio, issuance, acme = "networking.istio.io", "cert-manager.io", "acme.cert-manager.io"
	server.AddResource(
		kubetest.Resource{Group: istio, Version: "v1", Kind: "Gateway", Plural: "gateways", Namespaced: true},
		kubetest.Resource{Group: istio, Version: "v1", Kind: "VirtualService", Plural: "virtualservices", Namespaced: true},
		kubetest.Resource{Group: issuance, Version: "v1", Kind: "Certificate", Plural: "certificates", Namespaced: true},
		kubetest.Resource{Group: issuance, Version: "v1", Kind: "CertificateRequest", Plural: "certificaterequests", Namespaced: true},
		kubetest.Resource{Group: issuance, Version: "v1", Kind: "Issuer", Plural: "issuers", Namespaced: true},
		kubetest.Resource{Group: issuance, Version: "v1", Kind: "ClusterIssuer", Plural: "clusterissuers"},
		kubetest.Resource{Group: acme, Version: "v1", Kind: "Order", Plural: "orders", Namespaced: true},
		kubetest.Resource{Group: acme, Version: "v1", Kind: "Challenge", Plural: "challenges", Namespaced: true},
	)
	err = tlsfleet.Each(size, time.Now().Truncate(time.Second), func(raw []byte) error {
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(raw); err != nil {
			return err
		}
		return server.Create(o)
	})
	return &lean{server: server}, err
}
