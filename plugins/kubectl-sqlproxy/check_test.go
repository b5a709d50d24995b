package main

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// single is a proxy with one replica: an error that a manifest alone shows.
const single = "single-replica error deployment/"

// lonely is a Deployment of one replica with a proxy in it, and no Service.
func lonely(namespace, name string) string {
	return `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ` + name + `, namespace: ` + namespace + `}, spec: {replicas: 1, selector: {matchLabels: {app: ` + name + `}},
 template: {metadata: {labels: {app: ` + name + `}}, spec: {containers: [{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["--address=0.0.0.0", "p-1:europe-west1:db?port=5432"]}]}}}}`
}

// cart is a workload without a proxy.
const cart = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, namespace: shop}, spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: app, image: "cart:1"}]}}}}`

// TestDefaultOutput: a table of all proxies, and a tree of one.
func TestDefaultOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(lonely("shop", "old-proxy"), cart)
	out, talk, err := w.run("check", "-n", "shop")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if clitest.ExitCode(err) != cli.CodeFinding || talk != "" || !strings.HasPrefix(lines[0], "SUBJECT ") {
		t.Errorf("%v, %q\n%s", err, talk, out)
	}
	clitest.ExpectTexts(t, out, "deployment/old-proxy ", "deployment/sql-proxy ", "orders ", "shop-prod:europe-west1:orders", "2/2 ", " error ", "single-replica")
	out, talk, err = w.run("check", "-n", "shop", "sql-proxy")
	if err != nil || talk != "" || !strings.Contains(out, "deployment/sql-proxy  shared, v2 2.25.3, 2/2 ready") || strings.Contains(out, "old-proxy") {
		t.Errorf("%v, %q\n%s", err, talk, out)
	}
}

// TestHealthy: nothing is wrong with the healthy proxy, and nothing could not be looked
// at.
func TestHealthy(t *testing.T) {
	t.Parallel()
	found, code := newWorld(t).check("-n", "shop")
	// Its image gets old as time goes by.
	found = slices.DeleteFunc(found, func(f string) bool { return strings.HasPrefix(f, "image-") })
	if code != 0 || len(found) != 0 {
		t.Errorf("exit code %d: %q", code, found)
	}
}

// TestFormats: each is what its readers read.
func TestFormats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(lonely("shop", "old-proxy"))
	for format, valid := range map[string]func(string) error{
		"table": func(string) error { return nil },
		"wide":  func(string) error { return nil },
		"tree":  func(string) error { return nil },
		"json":  func(out string) error { return json.Unmarshal([]byte(out), &map[string]any{}) },
		"yaml":  func(out string) error { return yaml.UnmarshalStrict([]byte(out), &map[string]any{}) },
		"junit": func(out string) error { return xml.Unmarshal([]byte(out), &struct{ XMLName xml.Name }{}) },
	} {
		out, talk, err := w.run("check", "-n", "shop", "-o", format)
		if clitest.ExitCode(err) != cli.CodeFinding || talk != "" {
			t.Errorf("%s: %v, %q", format, err, talk)
		}
		if err := valid(out); err != nil {
			t.Errorf("%s: %v in\n%s", format, err, out)
		}
		clitest.ExpectTexts(t, out, "single-replica", "old-proxy")
	}
	if out, _, _ := w.run("check", "-n", "shop", "--color", "always"); !strings.Contains(out, "\x1b[") {
		t.Error("no colour")
	}
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.apply(lonely("default", "home"), lonely("shop", "web"), lonely("bank", "vault"))
	for args, want := range map[string][]string{
		"": {"home"}, "-n shop": {"web"}, "-n shop,bank": {"vault", "web"}, "-n shop -n bank": {"vault", "web"}, "-A": {"home", "vault", "web"},
		"-n shop,bank vault": {"vault"}, "-A deploy web home": {"home", "web"},
	} {
		found, code := w.check(strings.Fields(args)...)
		var got []string
		for _, f := range found {
			if name, ok := strings.CutPrefix(f, single); ok {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) || code != cli.CodeFinding {
			t.Errorf("%q: %q, want %q; exit code %d", args, got, want, code)
		}
	}
}

// TestNothing: that there is nothing to judge is said, and a namespace that does not
// exist is an error.
func TestNothing(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	for args, want := range map[string]string{
		"":             "sqlproxy: there is no proxy in namespace default; -A looks into all namespaces\n",
		"-n shop,bank": "sqlproxy: there is no proxy in namespaces shop, bank; -A looks into all namespaces\n",
		"-A":           "sqlproxy: there is no proxy in any namespace\n",
	} {
		if _, talk, err := w.run(append([]string{"check"}, strings.Fields(args)...)...); err != nil || talk != want {
			t.Errorf("%q: %v, %q", args, err, talk)
		}
	}
	_, talk, err := w.run("check", "-n", "shpo")
	if clitest.ExitCode(err) != 1 || talk != "" {
		t.Errorf("exit code %d, %q", clitest.ExitCode(err), talk)
	}
	clitest.ExpectError(t, err, `namespaces "shpo" not found (--namespace)`)
	w.Forbid("get", "namespaces")
	w.Forbid("list", "namespaces")
	if _, talk, err := w.run("check", "-n", "shpo", "--fail-on", "none"); err != nil || !strings.Contains(talk, "there is no proxy in namespace shpo") {
		t.Errorf("who may not look is not believed: %v, %q", err, talk)
	}
}

// TestTargets: what arguments mean to a cluster.
func TestTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(lonely("shop", "old-proxy"), cart, lonely("bank", "vault"))
	for _, args := range []string{
		"sql-proxy", "deploy/sql-proxy", "Deployments.apps/sql-proxy", "deployment sql-proxy", "orders", "svc/orders", "service orders", "pod/sql-proxy-7d4f9c6b5-aaaaa", "sql-proxy orders",
	} {
		out, talk, err := w.run(append([]string{"check", "-n", "shop", "-o", "table"}, strings.Fields(args)...)...)
		if err != nil || talk != "" || !strings.Contains(out, "deployment/sql-proxy") || strings.Contains(out, "old-proxy") {
			t.Errorf("%s: %v, %q\n%s", args, err, talk, out)
		}
	}
	for args, want := range map[string]string{
		"-n shop sql-prxy":             "there is no proxy sql-prxy in namespace shop; did you mean sql-proxy",
		"-n shop sts/sql-proxy":        "there is no proxy statefulset/sql-proxy in namespace shop",
		"-n shop vault":                "there is no proxy vault in namespace shop",
		"-n default gone":              "there is no proxy gone in namespace default; kubectl sqlproxy check -A shows all",
		"-n shop,bank nothing-at-all":  "there is no proxy nothing-at-all in namespaces shop, bank",
		"-A svc/nothing":               "there is no proxy service/nothing in any namespace",
		"-n shop cart":                 "deployment/cart in namespace shop runs no proxy",
		"-n shop sql-proxy gone":       "there is no proxy gone in namespace shop",
		"-n shop deploy/":              "deploy/: want TYPE/NAME",
		"-n shop deploy/a/b":           "the namespace is told by -n",
		"-n shop secret/a":             `sqlproxy knows no type "secret"`,
		"-n shop deployments.argo.x/a": `knows no type "deployments.argo.x"`,
		"-n shop deploy":               "which deploy? Want deploy/NAME",
		"-n shop /a":                   `knows no type ""`,
	} {
		out, _, err := w.run(append([]string{"check"}, strings.Fields(args)...)...)
		clitest.ExpectError(t, err, want)
		if clitest.ExitCode(err) != 1 || out != "" {
			t.Errorf("%s: exit code %d, stdout %q", args, clitest.ExitCode(err), out)
		}
	}
	_, _, err := w.run("check", "")
	clitest.ExpectError(t, err, "an argument is empty")
}

func TestFailOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		world *world
		args  string
		code  int
	}{
		{newWorld(t), "", 0},
		{newWorld(t, "maxUnavailable: 1\n  unhealthy", "maxUnavailable: [1]\n  unhealthy"), "", 0}, // cannot be read: a warning
		{newWorld(t, "maxUnavailable: 1\n  unhealthy", "maxUnavailable: [1]\n  unhealthy"), "--fail-on warning", 3},
		{newWorld(t, "replicas: 2\n  minReady", "replicas: 1\n  minReady"), "", 3},
		{newWorld(t, "replicas: 2\n  minReady", "replicas: 1\n  minReady"), "--fail-on none", 0},
	} {
		found, code := tc.world.check(append([]string{"-n", "shop"}, strings.Fields(tc.args)...)...)
		if code != tc.code {
			t.Errorf("%s: exit code %d, want %d: %q", tc.args, code, tc.code, found)
		}
	}
}

// TestForbidden: what may not be read is skipped, and never ok.
func TestForbidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Forbid("list", "poddisruptionbudgets.policy")
	found, code := w.check("-n", "shop", "--fail-on", "warning")
	if code != cli.CodeFinding || !slices.Contains(found, "not-looked-at skipped poddisruptionbudget/") {
		t.Errorf("exit code %d: %q", code, found)
	}
	w.Fault(kubetest.Fault{Match: kubetest.Request("GET", "/apis"), Status: 401})
	_, _, err := w.run("check", "-n", "shop")
	if clitest.ExitCode(err) != 1 {
		t.Errorf("without the API: %v", err)
	}
}

// TestWrongFlags: what does not go together is said before anything is read.
func TestWrongFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-n shop -A":                     "-n and -A exclude each other",
		"-n shop,":                       "-n: a namespace is empty",
		"-R":                             "-R goes with -f",
		"-f x.yaml --live":               "-f reads files",
		"--connection-test":              "--connection-test goes with --live",
		"-o prom":                        "a check of proxies has no metrics",
		"-o xml":                         "xml",
		"--fail-on info":                 "info",
		"--context a --context b":        "--context: one cluster at a time",
		"-f " + t.TempDir() + "/no.yaml": "no.yaml",
	} {
		out, _, err := offline(t, "", append([]string{"check"}, strings.Fields(args)...)...)
		clitest.ExpectError(t, err, want)
		if out != "" || clitest.ExitCode(err) != 1 {
			t.Errorf("%s: exit code %d, stdout %q", args, clitest.ExitCode(err), out)
		}
	}
}
