package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

func TestTargets(t *testing.T) {
	t.Parallel()
	gateway := rules.Target{Kind: "gateway", Name: "web"}
	host := rules.Target{Host: "shop.example.com"}
	for _, tc := range []struct {
		args string
		want []rules.Target
	}{
		{"gateway/web", []rules.Target{gateway}},
		{"gw/web gtw/web Gateway/web gateways/web", []rules.Target{gateway, gateway, gateway, gateway}},
		{"gateway web", []rules.Target{gateway}},
		{"gw web pay", []rules.Target{gateway, {Kind: "gateway", Name: "pay"}}},
		{"gateways.networking.istio.io/web", []rules.Target{{Kind: "gateway.networking.istio.io", Name: "web"}}},
		{"Gateway.gateway.networking.k8s.io web", []rules.Target{{Kind: "gateway.gateway.networking.k8s.io", Name: "web"}}},
		{"ing/a cert/b certs/c po/d ingresses/e", []rules.Target{
			{Kind: "ingress", Name: "a"}, {Kind: "certificate", Name: "b"}, {Kind: "certificate", Name: "c"}, {Kind: "pod", Name: "d"}, {Kind: "ingress", Name: "e"},
		}},
		{"crd certificates.cert-manager.io", []rules.Target{{Kind: "customresourcedefinition", Name: "certificates.cert-manager.io"}}},
		{"gateway/web shop.example.com", []rules.Target{gateway, host}},
		{"Shop.Example.com shop.example.com. shop.example.com:443 https://shop.example.com https://shop.example.com:8443/cart?x=1",
			[]rules.Target{host, host, host, host, host}},
		{"*.example.com", []rules.Target{{Host: "*.example.com"}}},
		// A host is no TYPE of the form TYPE NAME, and may begin as one.
		{"gateway.example.com secret.example.com", []rules.Target{{Host: "gateway.example.com"}, {Host: "secret.example.com"}}},
		{"", nil},
	} {
		o := &options{}
		if err := o.complete(strings.Fields(tc.args)); err != nil {
			t.Errorf("%s: %v", tc.args, err)
			continue
		}
		same := slices.EqualFunc(o.targets, tc.want, func(a, b rules.Target) bool { return a.Kind == b.Kind && a.Name == b.Name && a.Host == b.Host })
		if !same {
			t.Errorf("%s: %v, want %v", tc.args, o.targets, tc.want)
		}
	}
}

func TestWrongTargets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"deploy/web"}, `deploy/web: certcheck knows no type "deploy"; it knows gateway, ingress,`},
		{[]string{"gateway.example.com/web"}, `knows no type "gateway.example.com"`},
		{[]string{"/web"}, `knows no type ""`},
		{[]string{"gateway/"}, "gateway/: want TYPE/NAME"},
		{[]string{"gateway/shop/web"}, "the namespace is told by -n"},
		{[]string{"gateway"}, "which gateway? Want gateway/NAME"},
		{[]string{"certs.cert-manager.io"}, "which certs.cert-manager.io?"},
		{[]string{"gateway", ""}, "gateway/: want TYPE/NAME"},
		{[]string{""}, "an argument is empty"},
		{[]string{"web"}, `"web" is neither TYPE/NAME (of gateway, ingress,`},
		{[]string{"a b.example.com"}, "neither TYPE/NAME"},
		{[]string{"me@example.com"}, "neither TYPE/NAME"},
		{[]string{"shop.example.com:99999"}, "neither TYPE/NAME"},
		{[]string{"https://"}, "neither TYPE/NAME"},
		{[]string{"a.example.com\x1b[31m"}, "neither TYPE/NAME"},
	} {
		o := &options{}
		if err := o.complete(tc.args); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %q", tc.args, err, tc.want)
		}
	}
}

// TestWorldTargets: what targets mean to a cluster.
func TestWorldTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), gatewayPod, gateway("shop", "web", "lost-tls", "*.example.com"), ingress("bank", "vault", "lost", "vault.example.com"), webhook(t))...)
	const lost = "GWC02 error gateway/web"
	const private = "SEC09 info secret/cart-tls"
	for _, tc := range []struct {
		args string
		want []string
	}{
		{"-n shop ingress/cart", []string{private}},
		{"-n shop ing cart", []string{private}},
		{"-n shop secret/cart-tls", []string{}}, // nobody serves it: who trusts it is of no account
		{"-n shop certificate/cart", []string{}},
		{"-n shop gateway/web", []string{lost}},
		{"-n shop gateway.networking.istio.io/web", []string{lost}},
		{"-n shop blog.example.com", []string{lost}},
		{"-n shop *.example.com", []string{lost}},
		{"-n shop cart.example.com", []string{lost, private}},
		{"-n shop gateway/web ingress/cart", []string{lost, private}},
		// Its Secret is in a namespace that is not asked for.
		{"clusterissuer/shop-ca", []string{}},
		{"-n bank validatingwebhookconfiguration/hook", []string{}},
	} {
		found, _ := w.check(strings.Fields(tc.args)...)
		if !slices.Equal(found, tc.want) {
			t.Errorf("%s: %q, want %q", tc.args, found, tc.want)
		}
	}
	for args, want := range map[string]string{
		"-n shop ingress/vault":                         "there is no ingress vault in namespace shop",
		"-n shop gateway.gateway.networking.k8s.io/web": "there is no gateway.gateway.networking.k8s.io web in namespace shop",
		"-A ingress/nope":                               "there is no ingress nope in any namespace",
		"-n bank other.example.com":                     "no gateway, Ingress or certificate is for the host other.example.com",
	} {
		out, _, err := w.run(strings.Fields(args)...)
		clitest.ExpectError(t, err, want)
		if clitest.ExitCode(err) != 1 || out != "" {
			t.Errorf("%s: exit code %d, stdout %q", args, clitest.ExitCode(err), out)
		}
	}
}
