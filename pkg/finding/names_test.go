package finding

import "testing"

func TestNames(t *testing.T) {
	other := Object{APIVersion: "gateway.networking.k8s.io/v1", Kind: "Gateway", Namespace: "shop", Name: "web"}
	oldGateway := Object{APIVersion: "networking.istio.io/v1alpha3", Kind: "Gateway", Namespace: "pay", Name: "old"}
	r := &Report{
		Subjects: []Subject{{Link: Link{Object: gateway, Links: []Link{{Object: oldGateway}, {Object: secret}, {Object: Object{Kind: "Secret", Name: "x"}}}}}},
		Findings: []Finding{{Object: other}},
	}
	alone := &Report{Subjects: []Subject{{Link: Link{Object: gateway, Links: []Link{{Object: oldGateway}}}}}}
	for _, tc := range []struct {
		report    *Report
		namespace string
		object    Object
		want      string
	}{
		{r, "shop", gateway, "gateway.networking.istio.io/web"},
		{r, "shop", other, "gateway.gateway.networking.k8s.io/web"},
		{alone, "shop", gateway, "gateway/web"}, // two versions are one kind
		{alone, "", gateway, "gateway/shop/web"},
		{r, "shop", secret, "secret/istio-system/web-tls"},
		{r, "shop", issuer, "clusterissuer/letsencrypt"},
		{r, "shop", Object{Kind: "Secret", Namespace: "pay"}, "secret/pay/*"},
		{r, "shop", Object{Kind: "Secret"}, "secret/*"},
		{r, "shop", document, "deployment/proxy"},
		{r, "shop", file, "broken.yaml:3"},
		{r, "shop", Object{File: "a.yaml"}, "a.yaml"},
		{r, "shop", Object{Kind: "Pod", Name: "a\n\x1b"}, `pod/a\n\u001b`},
	} {
		if got := newView(tc.report).names(Options{Namespace: tc.namespace}).of(tc.object); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.object, got, tc.want)
		}
	}
}
