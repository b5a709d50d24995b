package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// TestWaitHeals: what is waited for is not there yet, then broken, then well.
func TestWaitHeals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, controller, issuerCA(t))
	m := w.start("-n", "shop", "certificate/cart", "--wait", "--timeout", "30s")
	m.Says("certcheck: waiting: nothing to check: there is no certificate cart in namespace shop")
	w.apply(newCertificate)
	m.Says("certcheck: waiting: Certificate shop/cart is not Ready")
	outdated := strings.Replace(certificate("shop", "cart", "cart-tls", 60*day, "cart.example.com"), "generation: 1}", "generation: 2}", 1)
	w.apply(outdated, issue(t, 60*day, "cart.example.com").secret("shop", "cart-tls", issuedFor("cart")))
	time.Sleep(2 * time.Second)
	if m.Out.String() != "" {
		t.Errorf("Ready of an earlier generation is taken for Ready:\n%s", m.Out.String())
	}
	w.apply(certificate("shop", "cart", "cart-tls", 60*day, "cart.example.com"))
	if err := m.Wait(); err != nil {
		t.Errorf("%v\n%s", err, m.Err.String())
	}
	clitest.ExpectTexts(t, m.Out.String(), "✓ certificate/cart")
	if n := strings.Count(m.Err.String(), "waiting: nothing to check"); n != 1 {
		t.Errorf("it is told %d times that there is nothing:\n%s", n, m.Err.String())
	}
}

// newCertificate is one that no controller has looked at yet.
const newCertificate = `{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {namespace: shop, name: cart, generation: 1},
 spec: {secretName: cart-tls, dnsNames: [cart.example.com], issuerRef: {name: shop-ca, kind: ClusterIssuer, group: cert-manager.io}}}`

func TestWaitTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ingress("shop", "cart", "lost", "cart.example.com"))
	out, talk, err := w.run("-n", "shop", "--wait", "--timeout", "10s")
	if clitest.ExitCode(err) != cli.CodeFinding {
		t.Errorf("%v", err)
	}
	clitest.ExpectTexts(t, talk, "certcheck: after 10s still waiting: ING01 ")
	clitest.ExpectTexts(t, out, "ING01")
	out, talk, err = w.run("-n", "shop", "ingress/nope", "--wait", "--timeout", "10s")
	clitest.ExpectError(t, err, "after 10s: nothing to check: there is no ingress nope in namespace shop")
	if clitest.ExitCode(err) != cli.CodeError || out != "" {
		t.Errorf("exit code %d, %q, %q", clitest.ExitCode(err), out, talk)
	}
	out, _, err = w.run("-n", "bank", "--wait", "--timeout", "10s")
	clitest.ExpectError(t, err, "there is nothing to check yet")
	if out != "" {
		t.Errorf("%q", out)
	}
}

// TestWaitSilentAPI: an API that does not answer does not hold it up.
func TestWaitSilentAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, healthy(t)...)
	w.Fault(kubetest.Fault{Match: kubetest.Lists("secrets"), Stall: true})
	began := time.Now()
	_, _, err := w.run("-n", "shop", "--wait", "--timeout", "2s")
	clitest.ExpectError(t, err, "after 2s: ")
	if took := time.Since(began); took > 40*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestWaitAPIAway: an API that is away is waited for, and what could not be read
// meanwhile is not taken for healthy.
func TestWaitAPIAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, healthy(t)...)
	w.Down()
	m := w.start("-n", "shop", "--wait", "--timeout", "55s")
	m.Says("connection refused")
	failing := w.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/namespaces/shop/") }, Status: 503})
	w.Must(w.Up())
	m.Says("could be read: ")
	failing.Remove()
	failing = w.Fault(kubetest.Fault{Match: kubetest.Lists("secrets"), Status: 503})
	m.Says("no secrets could be read: ")
	failing.Remove()
	if err := m.Wait(); err != nil || !strings.Contains(m.Out.String(), "ingress/cart ") {
		t.Errorf("%v\n%s\n%s", err, m.Out.String(), m.Err.String())
	}
	// Until the end, it is a failure.
	w.Fault(kubetest.Fault{Match: kubetest.Lists("secrets"), Status: 503})
	out, talk, err := w.run("-n", "shop", "--wait", "--timeout", "10s")
	if clitest.ExitCode(err) != cli.CodeFinding || !strings.Contains(out, "ENV08") {
		t.Errorf("%v\n%s\n%s", err, out, talk)
	}
}

// TestWaitRights: a right that is missing is not waited for, nor are credentials.
func TestWaitRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, healthy(t)...)
	w.Forbid("list", "events")
	if out, talk, err := w.run("-n", "shop", "--wait", "--timeout", "20s"); err != nil || talk != "" || !strings.Contains(out, "ENV08") {
		t.Errorf("%v, %q\n%s", err, talk, out)
	}
	if _, talk, err := w.run("-n", "shop", "--wait", "--timeout", "10s", "--fail-on", "warning"); clitest.ExitCode(err) != cli.CodeFinding || !strings.Contains(talk, "waiting: ENV08") {
		t.Errorf("%v, %q", err, talk)
	}
	w.Fault(kubetest.Fault{Status: 401})
	began := time.Now()
	_, _, err := w.run("-n", "shop", "--wait", "--timeout", "60s")
	if clitest.ExitCode(err) != cli.CodeError || time.Since(began) > 40*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// TestWaitInterrupted: while it rests, and while it reads.
func TestWaitInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ingress("shop", "cart", "lost", "cart.example.com"))
	m := w.start("-n", "shop", "--wait")
	m.Says("waiting: ING01")
	if err := m.Stop(); !errors.Is(err, context.Canceled) || m.Out.String() != "" {
		t.Errorf("%v, %q", err, m.Out.String())
	}
	stalled := w.Fault(kubetest.Fault{Match: kubetest.Lists("secrets"), Stall: true})
	m = w.start("-n", "shop", "--wait")
	for stalled.Count() == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := m.Stop(); !errors.Is(err, context.Canceled) || m.Out.String() != "" {
		t.Errorf("%v, %q", err, m.Out.String())
	}
}
