package collect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// shop is a Gateway of the namespace shop, whose pods and Secret are in istio-system and
// whose issuer's credentials are in cert-manager.
const shop = `
{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: web, namespace: shop}, spec: {selector: {istio: ingressgateway}, servers: [
  {port: {number: 443, protocol: HTTPS}, hosts: [shop.example.com], tls: {mode: SIMPLE, credentialName: web-tls}},
  {port: {number: 8443, protocol: HTTPS}, hosts: [old.example.com], tls: {mode: SIMPLE, credentialName: lost-tls}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: ingress-1, namespace: istio-system, labels: {istio: ingressgateway}}, spec: {containers: [{name: istio-proxy}]}, status: {phase: Running}}
---
{apiVersion: v1, kind: Pod, metadata: {name: other, namespace: istio-system}, spec: {containers: [{name: other}]}, status: {phase: Running}}
---
{apiVersion: v1, kind: Service, metadata: {name: ingress, namespace: istio-system}, spec: {selector: {istio: ingressgateway}, ports: [{port: 443, targetPort: 8443}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: web-tls, namespace: istio-system}, type: kubernetes.io/tls, data: {tls.crt: eA==, tls.key: eA==}}
---
{apiVersion: v1, kind: Secret, metadata: {name: lost-tls, namespace: elsewhere}, type: kubernetes.io/tls, data: {tls.crt: eA==, tls.key: eA==}}
---
{apiVersion: v1, kind: Secret, metadata: {name: helm, namespace: istio-system}, type: helm.sh/release.v1, data: {release: eA==}}
---
{apiVersion: v1, kind: Secret, metadata: {name: route53, namespace: cert-manager}, type: Opaque, data: {key: eA==}}
---
{apiVersion: v1, kind: Secret, metadata: {name: unrelated, namespace: bank}, type: kubernetes.io/tls, data: {tls.crt: eA==, tls.key: eA==}}
---
{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: web, namespace: istio-system}, spec: {secretName: web-tls, dnsNames: [shop.example.com], issuerRef: {name: le, kind: ClusterIssuer}}}
---
{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: le}, spec: {acme: {server: x, privateKeySecretRef: {name: account}, solvers: [{dns01: {route53: {secretAccessKeySecretRef: {name: route53, key: key}}}}]}}}
---
{apiVersion: v1, kind: Event, metadata: {name: e1, namespace: istio-system}, involvedObject: {kind: Certificate, namespace: istio-system, name: web}, reason: Issuing, message: hello}
---
{apiVersion: v1, kind: Event, metadata: {name: e2, namespace: istio-system}, involvedObject: {kind: Node, name: n}, reason: Rebooted, message: no}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cert-manager, namespace: cert-manager}, spec: {template: {spec: {containers: [{name: c, image: "cert-manager-controller:v1.21.2", args: ["--cluster-resource-namespace=$(POD_NAMESPACE)"]}]}}}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: certificates.cert-manager.io}, spec: {group: cert-manager.io, names: {kind: Certificate}, versions: [{name: v1, served: true}]}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: things.example.com}, spec: {group: example.com}}
`

func serve(t *testing.T, documents string) (*kubetest.Server, *kube.Cluster) {
	t.Helper()
	srv := kubetest.Start(t)
	srv.AddResource(
		kubetest.Resource{Group: chain.IstioGroup, Version: "v1", Kind: "Gateway", Plural: "gateways", Namespaced: true},
		kubetest.Resource{Group: chain.IstioGroup, Version: "v1", Kind: "VirtualService", Plural: "virtualservices", Namespaced: true},
		kubetest.Resource{Group: chain.Group, Version: "v1", Kind: "Certificate", Plural: "certificates", Namespaced: true},
		kubetest.Resource{Group: chain.Group, Version: "v1", Kind: "CertificateRequest", Plural: "certificaterequests", Namespaced: true},
		kubetest.Resource{Group: chain.Group, Version: "v1", Kind: "Issuer", Plural: "issuers", Namespaced: true},
		kubetest.Resource{Group: chain.Group, Version: "v1", Kind: "ClusterIssuer", Plural: "clusterissuers"},
		kubetest.Resource{Group: chain.ACMEGroup, Version: "v1", Kind: "Order", Plural: "orders", Namespaced: true},
		kubetest.Resource{Group: chain.ACMEGroup, Version: "v1", Kind: "Challenge", Plural: "challenges", Namespaced: true},
	)
	for document := range strings.SplitSeq(documents, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			t.Fatal(err)
		}
		srv.Must(srv.Create(o))
	}
	c, err := kube.NewCluster("test", "shop", srv.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return srv, c
}

func names[T any](all []*T, meta func(*T) chain.Meta) string {
	found := map[string]bool{}
	for _, o := range all {
		m := meta(o)
		found[strings.TrimPrefix(m.Namespace+"/"+m.Name, "/")] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), " ")
}

func secretNames(s *chain.Snapshot) string {
	return names(s.Secrets, func(o *chain.Secret) chain.Meta { return o.Meta })
}

func podNames(s *chain.Snapshot) string {
	return names(s.Pods, func(o *chain.Pod) chain.Meta { return o.Meta })
}

// TestOneNamespace: what a Gateway leads to is read wherever it is, and nothing else.
func TestOneNamespace(t *testing.T) {
	t.Parallel()
	_, c := serve(t, shop)
	s, err := Cluster(t.Context(), c, Query{Namespaces: []string{"shop"}})
	if err != nil || len(s.Missing) != 0 || len(s.Problems) != 0 {
		t.Fatalf("%v, missing %v, problems %v", err, s.Missing, s.Problems)
	}
	if got, want := secretNames(s), "cert-manager/route53 elsewhere/lost-tls istio-system/web-tls"; got != want {
		t.Errorf("Secrets %s, want %s", got, want)
	}
	if got, want := podNames(s), "istio-system/ingress-1"; got != want {
		t.Errorf("pods %s, want %s", got, want)
	}
	if len(s.Services) != 1 || len(s.Events) != 1 || s.Events[0].Message != "hello" {
		t.Errorf("services %v, events %v", s.Services, s.Events)
	}
	if len(s.CRDs) != 1 || s.Controller() == nil || len(s.Consumers()) != 1 {
		t.Errorf("CRDs %v, controller %v, consumers %v", s.CRDs, s.Controller(), s.Consumers())
	}
}

func TestAllNamespaces(t *testing.T) {
	t.Parallel()
	_, c := serve(t, shop)
	s, err := Cluster(t.Context(), c, Query{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := secretNames(s), "bank/unrelated cert-manager/route53 elsewhere/lost-tls istio-system/web-tls"; got != want {
		t.Errorf("Secrets %s, want %s", got, want)
	}
	if got, want := podNames(s), "istio-system/ingress-1 istio-system/other"; got != want {
		t.Errorf("pods %s, want %s", got, want)
	}
}

// TestForbidden: what may not be read is noted, and the rest is read.
func TestForbidden(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		forbid     func(*kubetest.Server)
		namespaces []string
		missing    string // resource in namespace
		secrets    string
	}{
		{"secrets", func(s *kubetest.Server) { s.Forbid("list", "secrets") }, nil, "secrets in , secrets in shop", ""},
		{"secrets of one namespace", func(s *kubetest.Server) {
			s.ForbidAtClusterScope("list", "secrets")
			s.Forbid("list", "secrets", "istio-system")
		}, []string{"shop"}, "secrets in istio-system", "cert-manager/route53"},
		{"all namespaces at once", func(s *kubetest.Server) { s.ForbidAtClusterScope("list", "*") }, []string{"istio-system"},
			"certificaterequests.cert-manager.io in , certificates.cert-manager.io in , challenges.acme.cert-manager.io in , clusterissuers.cert-manager.io in , deployments.apps in , issuers.cert-manager.io in , orders.acme.cert-manager.io in , virtualservices.networking.istio.io in ", "istio-system/web-tls"},
		{"events", func(s *kubetest.Server) { s.Forbid("list", "events") }, []string{"istio-system"}, "events in cert-manager, events in istio-system", "cert-manager/route53 istio-system/web-tls"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			srv, c := serve(t, shop)
			tc.forbid(srv)
			s, err := Cluster(t.Context(), c, Query{Namespaces: tc.namespaces})
			if err != nil {
				t.Fatal(err)
			}
			var missing []string
			for _, m := range s.Missing {
				missing = append(missing, m.Resource+" in "+m.Namespace)
				if !m.Forbidden || !strings.Contains(m.Reason, "is forbidden") {
					t.Errorf("%+v", m)
				}
			}
			slices.Sort(missing)
			if got := strings.Join(missing, ", "); got != tc.missing {
				t.Errorf("missing %s\nwant %s", got, tc.missing)
			}
			if tc.name == "all namespaces at once" && (s.Absence("Certificate", "istio-system") != chain.Gone || s.Absence("Certificate", "shop") != chain.Unseen || len(s.Certificates) != 1) {
				t.Errorf("what may be read is taken for unseen, or the other way round: %v", s.Missing)
			}
			if got := secretNames(s); got != tc.secrets {
				t.Errorf("Secrets %s, want %s", got, tc.secrets)
			}
		})
	}
}

// TestTrouble: a resource that cannot be read for another reason is no end, either.
func TestTrouble(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, shop)
	srv.Fault(kubetest.Fault{Match: kubetest.Lists("certificates"), Status: 500, Message: "conversion webhook failed"})
	s, err := Cluster(t.Context(), c, Query{Namespaces: []string{"istio-system"}})
	if err != nil || len(s.Missing) != 1 || s.Missing[0].Forbidden || !strings.Contains(s.Missing[0].Reason, "conversion webhook failed") {
		t.Errorf("%v, %+v", err, s)
	}
	srv.Fault(kubetest.Fault{Match: kubetest.Request("GET", "/apis"), Status: 401})
	if _, err := Cluster(t.Context(), c, Query{}); !apierrors.IsUnauthorized(err) {
		t.Errorf("without the API: %v", err)
	}
}

// TestReviews: whether a gateway's ServiceAccount may read Secrets is asked, and where
// that may not be asked, nothing is known.
func TestReviews(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, shop)
	account := chain.Name{Namespace: "istio-system", Name: "default"}
	for _, allowed := range []bool{true, false} {
		srv.Reviewer(func(spec authorizationv1.SubjectAccessReviewSpec) bool {
			a := spec.ResourceAttributes
			if spec.User != "system:serviceaccount:istio-system:default" || a.Namespace != "istio-system" || a.Verb != "list" || a.Resource != "secrets" {
				t.Errorf("asked for %+v", spec)
			}
			return allowed
		})
		s, err := Cluster(t.Context(), c, Query{Namespaces: []string{"shop"}})
		if want := map[bool]material.Answer{true: material.Yes, false: material.No}[allowed]; err != nil || s.Reviews[account] != want {
			t.Errorf("%v, %v, want %s", err, s.Reviews, want)
		}
	}
	srv.Forbid("create", "subjectaccessreviews")
	if s, err := Cluster(t.Context(), c, Query{Namespaces: []string{"shop"}}); err != nil || len(s.Reviews) != 0 {
		t.Errorf("%v, %v", err, s.Reviews)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, shop)
	ctx, cancel := context.WithCancel(t.Context())
	srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool {
		if kubetest.Lists("secrets")(r) {
			cancel()
			return true
		}
		return false
	}, Stall: true})
	if _, err := Cluster(ctx, c, Query{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestManySecrets: they come in pages.
func TestManySecrets(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, shop)
	for i := range 2*secretPage + 1 {
		srv.Must(srv.Create(&unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret",
			"metadata": map[string]any{"namespace": "many", "name": fmt.Sprintf("s-%d", i)}}}))
	}
	srv.ForgetRequests()
	s, err := Cluster(t.Context(), c, Query{Namespaces: []string{"many"}})
	if err != nil || len(s.Secrets) != 2*secretPage+1 {
		t.Errorf("%d Secrets, %v", len(s.Secrets), err)
	}
	pages := srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, "/namespaces/many/secrets") })
	if pages != 3 {
		t.Errorf("%d pages, want 3", pages)
	}
}
