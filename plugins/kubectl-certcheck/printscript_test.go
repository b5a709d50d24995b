package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
)

// TestPrintScript: a script that bash can read, of what is asked for, without a Secret's
// contents and without a token.
func TestPrintScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), gatewayPod, gateway("shop", "web", "web-tls", "web.example.com"))...)
	token := w.RESTConfig().BearerToken
	out, talk, err := w.run("-n", "shop", "--print-script", "--token", token)
	if err != nil || talk != "" {
		t.Fatalf("%v, %q", err, talk)
	}
	clitest.ExpectTexts(t, out, "#!/usr/bin/env bash\n", "door 'Ingress shop/cart'\nsecret shop cart-tls tls.crt tls.key cart.example.com\n",
		"object certificates.cert-manager.io shop cart ready\n", "door 'Gateway shop/web'\nsecret istio-system web-tls ", "--kubeconfig=")
	if strings.Contains(out, token) {
		t.Error("the token is in the script")
	}
	check := exec.CommandContext(t.Context(), "bash", "-n")
	check.Stdin = strings.NewReader(out)
	if said, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	out, _, err = w.run("-n", "shop", "ingress/cart", "--print-script", "--context", "kubetest")
	if err != nil || strings.Contains(out, "web-tls") || !strings.Contains(out, "--context=kubetest") {
		t.Errorf("of one door: %v\n%s", err, out)
	}
	out, _, err = w.run("-n", "shop", "gateway/web", "--print-script", "--live")
	if err != nil || !strings.Contains(out, "served istio-system ingress-1 ") {
		t.Errorf("with --live: %v\n%s", err, out)
	}
	out, _, err = w.run("-n", "istio-system", "--print-script")
	clitest.ExpectError(t, err, "no script: there is no door, certificate or TLS Secret to look at")
	if out != "" {
		t.Errorf("%q", out)
	}
}
