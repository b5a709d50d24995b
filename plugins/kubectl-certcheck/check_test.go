package main

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// TestDefaultOutput: a table of all doors, and a tree of one.
func TestDefaultOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), gatewayPod, gateway("shop", "web", "lost-tls", "web.example.com"))...)
	out, talk, err := w.run("-n", "shop")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if clitest.ExitCode(err) != cli.CodeFinding || talk != "" || len(lines) != 3 || !strings.HasPrefix(lines[0], "SUBJECT ") {
		t.Errorf("%v, %q\n%s", err, talk, out)
	}
	clitest.ExpectTexts(t, lines[1], "gateway/web ", "web.example.com", "istio-system/lost-tls", " error ", "GWC02")
	clitest.ExpectTexts(t, lines[2], "ingress/cart ", "cart-tls ", "59d", "29d", " info ")
	if out, _, err := w.run("-n", "shop", "ingress/cart"); err != nil || !strings.Contains(out, "└─ ✓ certificate/cart  Ready=True") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestFormats: each is what its readers read.
func TestFormats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), ingress("shop", "lost", "lost-tls", "lost.example.com"))...)
	for format, valid := range map[string]func(string) error{
		"table": func(string) error { return nil },
		"wide":  func(string) error { return nil },
		"tree":  func(string) error { return nil },
		"json":  func(out string) error { return json.Unmarshal([]byte(out), &map[string]any{}) },
		"yaml":  func(out string) error { return yaml.UnmarshalStrict([]byte(out), &map[string]any{}) },
		"junit": func(out string) error { return xml.Unmarshal([]byte(out), &struct{ XMLName xml.Name }{}) },
		"prom":  func(string) error { return nil },
	} {
		out, talk, err := w.run("-n", "shop", "-o", format)
		if clitest.ExitCode(err) != cli.CodeFinding || talk != "" {
			t.Errorf("%s: %v, %q", format, err, talk)
		}
		if err := valid(out); err != nil {
			t.Errorf("%s: %v in\n%s", format, err, out)
		}
		clitest.ExpectTexts(t, out, "ING01", "lost")
	}
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), ingress("bank", "vault", "lost-tls", "vault.example.com"), ingress("default", "home", "gone-tls", "home.example.com"))...)
	const cart, vault, home = "SEC09 info secret/cart-tls", "ING01 error ingress/vault", "ING01 error ingress/home"
	for args, want := range map[string][]string{
		"": {home}, "-n shop": {cart}, "-n shop,bank": {vault, cart}, "-n shop -n bank": {vault, cart}, "-A": {home, vault, cart},
	} {
		found, _ := w.check(strings.Fields(args)...)
		if !slices.Equal(found, want) {
			t.Errorf("%q: %q, want %q", args, found, want)
		}
	}
	out, talk, err := w.run("-n", "istio-system")
	if out != "" || err != nil || talk != "certcheck: namespace istio-system has no gateway, Ingress, certificate or TLS Secret; -A looks into all namespaces\n" {
		t.Errorf("nothing to check: %v, %q, %q", err, out, talk)
	}
	if _, talk, err = w.run("-n", "istio-system", "-n", "cert-managr"); clitest.ExitCode(err) != 1 || talk != "" {
		t.Errorf("exit code %d, %q", clitest.ExitCode(err), talk)
	}
	clitest.ExpectError(t, err, `namespaces "cert-managr" not found (--namespace)`)
	if _, talk, err = w.run("-n", "istio-system,cert-manager"); err != nil || !strings.Contains(talk, "namespaces istio-system, cert-manager have no gateway") {
		t.Errorf("%v, %q", err, talk)
	}
	w.Forbid("get", "namespaces")
	if _, talk, err = w.run("-n", "cert-managr"); err != nil || !strings.Contains(talk, "namespace cert-managr has no gateway") {
		t.Errorf("who may not look is not believed: %v, %q", err, talk)
	}
}

func TestFailOn(t *testing.T) {
	t.Parallel()
	late := []string{controller, issuerCA(t), ingress("shop", "cart", "cart-tls", "cart.example.com"), certificate("shop", "cart", "cart-tls", 26*day, "cart.example.com"),
		issue(t, 26*day, "cart.example.com").secret("shop", "cart-tls", issuedFor("cart"))}
	for _, tc := range []struct {
		name    string
		objects []string
		args    string
		code    int
	}{
		{"healthy", healthy(t), "--fail-on warning", 0},
		{"a warning", late, "", 0},
		{"a warning", late, "--fail-on warning", 3},
		{"an error", []string{ingress("shop", "cart", "lost", "cart.example.com")}, "", 3},
		{"an error", []string{ingress("shop", "cart", "lost", "cart.example.com")}, "--fail-on none", 0},
	} {
		w := newWorld(t, tc.objects...)
		found, code := w.check(append([]string{"-n", "shop"}, strings.Fields(tc.args)...)...)
		if code != tc.code {
			t.Errorf("%s, %s: exit code %d, want %d: %q", tc.name, tc.args, code, tc.code, found)
		}
	}
}

// TestTimes: --at is the time of the judgement, --warn-days how early it warns.
func TestTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, healthy(t)...)
	const private = "SEC09 info secret/cart-tls"
	for _, tc := range []struct {
		args string
		id   string // what is found beside that its CA is private
		code int
	}{
		{"", "", 0},
		{"--at 29d", "", 0},
		{"--at 45d --fail-on warning", "CRT18 warning", 3},
		{"--at 61d", "SEC05 error", 3},
		{"--at -100d", "SEC05 error", 3},
	} {
		found, code := w.check(append([]string{"-n", "shop", "ingress/cart"}, strings.Fields(tc.args)...)...)
		has := tc.id == "" && len(found) == 1 && found[0] == private || tc.id != "" && slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, tc.id) })
		if !has || code != tc.code {
			t.Errorf("%q: %q, exit code %d; want %q, %d", tc.args, found, code, tc.id, tc.code)
		}
	}
	late := certificate("shop", "cart", "cart-tls", 25*day, "cart.example.com")
	renewal := time.Now().Add(-5 * day).UTC().Format("2006-01-02T")
	if !strings.Contains(late, renewal) {
		t.Fatal(late)
	}
	late = strings.ReplaceAll(late, renewal, time.Now().Add(15*day).UTC().Format("2006-01-02T"))
	w = newWorld(t, controller, issuerCA(t), ingress("shop", "cart", "cart-tls", "cart.example.com"), late, issue(t, 25*day, "cart.example.com").secret("shop", "cart-tls", issuedFor("cart")))
	for args, want := range map[string]int{"": 0, "--warn-days 20": 0, "--warn-days 28": 3} {
		if found, code := w.check(append([]string{"-n", "shop", "--fail-on", "warning"}, strings.Fields(args)...)...); code != want {
			t.Errorf("%q: exit code %d, want %d: %q", args, code, want, found)
		}
	}
}

// TestRights: what may not be looked at is skipped, and not taken for healthy.
func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, healthy(t)...)
	w.Forbid("list", "secrets")
	found, code := w.check("-n", "shop")
	if !slices.Contains(found, "ENV08 skipped secret/") || slices.Contains(found, "ING01 error ingress/cart") || code != 0 {
		t.Errorf("%q, exit code %d", found, code)
	}
	if _, code = w.check("-n", "shop", "--fail-on", "warning"); code != cli.CodeFinding {
		t.Errorf("exit code %d with --fail-on warning", code)
	}
	out, _, _ := w.run("-n", "shop", "ingress/cart")
	clitest.ExpectTexts(t, out, "skipped ENV08", "--resource=secrets", "--user=kubetest")
	w.Forbid("list", "*")
	if found, code = w.check("-n", "shop"); len(found) == 0 || code != 0 {
		t.Errorf("with no rights: %q, exit code %d", found, code)
	}
}

// TestNoAPI: one that cannot be reached is an error that says so.
func TestNoAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, healthy(t)...)
	w.Down()
	out, _, err := w.run("-n", "shop")
	if clitest.ExitCode(err) != 1 || out != "" {
		t.Errorf("exit code %d, stdout %q", clitest.ExitCode(err), out)
	}
	clitest.ExpectTexts(t, cli.Explain(err), "the connection to the server 127.0.0.1:", "was refused; is it up")
	w = newWorld(t)
	w.Fault(kubetest.Fault{Status: 401})
	_, _, err = w.run("-n", "shop")
	clitest.ExpectTexts(t, cli.Explain(err), "You must be logged in")
}

// TestHelp touches no cluster.
func TestHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, args := range [][]string{{"--help"}, {"-h"}, {"iam-policy", "--help"}, {"--version"}, {"-A", "--help"}} {
		m := clitest.Start(t, newCommand, "", append([]string{"--server", w.URL()}, args...)...)
		if args[0] == "iam-policy" {
			m = clitest.Start(t, newCommand, "", args...)
		}
		if err := m.Wait(); err != nil || m.Out.String() == "" || m.Err.String() != "" {
			t.Errorf("%v: %v, %q", args, err, m.Err.String())
		}
	}
	if n := len(w.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestLive: what is served is compared, and is a part of the report.
func TestLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), ingress("bank", "vault", "lost", "vault.example.com"))...)
	found, code := w.check("-n", "shop", "ingress/cart", "--live", "--connect", listenTLS(t))
	if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, "LIVE") && strings.Contains(f, " error ") }) || code != cli.CodeFinding {
		t.Errorf("%q, exit code %d", found, code)
	}
	if found, _ := w.check("-n", "shop", "ingress/cart"); slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, "LIVE") }) {
		t.Errorf("without --live: %q", found)
	}
}

// TestGauges: after the report, when what a door serves ends and is renewed.
func TestGauges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), ingress("shop", "more", "cart-tls", "cart.example.com"), ingress("shop", "lost", "lost-tls", "lost.example.com"),
		ingress("shop", "by-hand", "hand-tls", "hand.example.com"), issue(t, 9*day, "hand.example.com").secret("shop", "hand-tls", ""))...)
	out, _, _ := w.run("-n", "shop", "-o", "prom")
	series := map[string]int{}
	for line := range strings.Lines(out) {
		name, _, _ := strings.Cut(line, " ")
		series[name]++
	}
	const ends, renews = "certcheck_certificate_not_after_timestamp_seconds", "certcheck_certificate_renewal_timestamp_seconds"
	labels := func(door, secret string) string {
		return `{api_version="networking.k8s.io/v1",kind="Ingress",namespace="shop",name="` + door + `",secret_namespace="shop",secret="` + secret + `"}`
	}
	for one, want := range map[string]int{
		ends + labels("cart", "cart-tls"): 1, ends + labels("more", "cart-tls"): 1, ends + labels("by-hand", "hand-tls"): 1, ends + labels("lost", "lost-tls"): 0,
		renews + labels("cart", "cart-tls"): 1, renews + labels("by-hand", "hand-tls"): 0, "certcheck_checked_timestamp_seconds": 1,
	} {
		if series[one] != want {
			t.Errorf("%s: %d times, want %d in\n%s", one, series[one], want, out)
		}
	}
	if strings.Index(out, ends) < strings.Index(out, "certcheck_checked_timestamp_seconds") {
		t.Error("the gauges are not after the report")
	}
	out, _, _ = w.run("-n", "shop", "ingress/lost", "-o", "prom")
	if strings.Contains(out, ends) {
		t.Errorf("gauges without a certificate:\n%s", out)
	}
}
