package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// TestCompletion through what shells call.
func TestCompletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), gateway("shop", "web", "x", "web.example.com"), gateway("bank", "vault", "x", "vault.example.com"),
		`{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {namespace: shop, name: waypoint}, spec: {}}`)...)
	kubeconfig := w.KubeconfigFile(t)
	complete := func(args ...string) []string {
		t.Helper()
		m := clitest.Start(t, newCommand, "", append([]string{"__complete", "--kubeconfig", kubeconfig}, args...)...)
		if err := m.Wait(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		lines := strings.Split(strings.TrimSpace(m.Out.String()), "\n")
		return lines[:len(lines)-1] // the last is the directive
	}
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"ga"}, []string{"gateway/"}},
		{[]string{"-n", "shop", "gateway/"}, []string{"gateway/waypoint", "gateway/web"}},
		{[]string{"-n", "shop", "gateway/we"}, []string{"gateway/web"}},
		{[]string{"-n", "shop", "gw/"}, []string{"gw/waypoint", "gw/web"}},
		{[]string{"-n", "shop", "gateway.networking.istio.io/"}, []string{"gateway.networking.istio.io/web"}},
		{[]string{"-n", "shop", "gateway", ""}, []string{"waypoint", "web"}},
		{[]string{"-n", "shop", "gateway", "web", "way"}, []string{"waypoint"}},
		{[]string{"-A", "gateway/"}, []string{"gateway/vault", "gateway/waypoint", "gateway/web"}},
		{[]string{"-n", "shop", "ingress/"}, []string{"ingress/cart"}},
		{[]string{"-n", "shop", "certs/"}, []string{"certs/cart"}},
		{[]string{"-n", "shop", "secret/"}, []string{"secret/cart-tls"}},
		{[]string{"clusterissuer/"}, []string{"clusterissuer/shop-ca"}},
		{[]string{"gateway/"}, []string{}},
		{[]string{"deploy/"}, []string{}},
		{[]string{"-n", "sh"}, []string{"shop"}},
		{[]string{"--context", "ku"}, []string{"kubetest"}},
		{[]string{"-o", "t"}, []string{"table", "tree"}},
		{[]string{"--fail-on", ""}, []string{"error", "none", "warning"}},
		{[]string{"--color", "a"}, []string{"always", "auto"}},
	} {
		got := complete(tc.args...)
		slices.Sort(got)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q, want %q", tc.args, got, tc.want)
		}
	}
	w.Fault(kubetest.Fault{Status: 500})
	if got := complete("-n", "shop", "gateway/"); len(got) != 0 {
		t.Errorf("of an API that fails: %q", got)
	}
	kubeconfig = "/nonexistent"
	if got := complete("gateway/"); len(got) != 0 {
		t.Errorf("without a kubeconfig: %q", got)
	}
}

// TestCompletionThroughKubectl as a shell asks it.
func TestCompletionThroughKubectl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, healthy(t)...)
	c := kubetest.NewCompletion(t, w.Server, "certcheck", asPlugin+"=yes", "kubectl_complete-certcheck")
	for args, want := range map[string][]string{
		"certcheck -n shop ingress/": {"ingress/cart"},
		"certcheck -n sh":            {"shop"},
		"certcheck compl":            {"completion"},
		"certcheck completion ":      nil,
		"certcheck --fail-on w":      {"warning"},
	} {
		got := c.Words(strings.Split(args, " ")...)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("kubectl %s: %q, want %q", args, got, want)
		}
	}
}
