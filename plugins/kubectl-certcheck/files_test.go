package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/finding"
)

// dump is what kubectl get -A -o json prints of the world.
func (w *world) dump() string {
	w.t.Helper()
	gvrs := []schema.GroupVersionResource{
		{Version: "v1", Resource: "secrets"}, {Version: "v1", Resource: "pods"}, {Version: "v1", Resource: "services"}, {Version: "v1", Resource: "namespaces"},
		{Group: "apps", Version: "v1", Resource: "deployments"}, {Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"},
	}
	for _, r := range kindsServed() {
		gvrs = append(gvrs, schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Plural})
	}
	items := []any{}
	for _, gvr := range gvrs {
		all, err := w.List(gvr, "")
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range all {
			items = append(items, all[i].Object)
		}
	}
	raw, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

// TestDump: a dump of a cluster is judged as the cluster is, without one.
func TestDump(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), gatewayPod, gateway("shop", "web", "lost-tls", "web.example.com"), ingress("bank", "vault", "lost-tls", "vault.example.com"),
		issue(t, -day, "old.example.com").secret("bank", "old-tls", ""), issue(t, 60*day, "x.example.com").secret("istio-system", "x-tls", ""), ingress("bank", "old", "old-tls", "old.example.com"))...)
	dump := w.dump()
	for _, args := range [][]string{{"-A"}, {"-n", "shop"}, {"-n", "bank"}, {"-n", "bank", "ingress/old"}} {
		want, code := w.check(args...)
		if len(want) == 0 {
			t.Fatalf("%v: nothing is found in the cluster", args)
		}
		out, talk, err := offline(t, dump, append(slices.Clone(args), "-f", "-", "-o", "json")...)
		expectFound(t, foundIn(t, out), want...)
		if clitest.ExitCode(err) != code || talk != "" {
			t.Errorf("%v: exit code %d, want %d; %q", args, clitest.ExitCode(err), code, talk)
		}
	}
	path := write(t, t.TempDir(), "dump.json", dump)
	if out, _, err := offline(t, "", "-f", path, "vault.example.com"); clitest.ExitCode(err) != cli.CodeFinding || !strings.HasPrefix(out, "✗ ingress/bank/vault") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestFoldersAndNamespaces(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "a.yaml", strings.ReplaceAll(expired(t, "x", "web"), "namespace: x, ", ""))
	write(t, folder, "deep/b.yml", expired(t, "shop", "pay"))
	write(t, folder, "deep/c.txt", expired(t, "shop", "txt"))
	const web, pay = "default/web", "shop/pay"
	for args, want := range map[string][]string{
		"-f " + folder:                              {web},
		"-R -f " + folder:                           {web, pay},
		"-n shop -f " + folder:                      {"shop/web"},
		"-n shop -R -f " + folder:                   {pay, "shop/web"},
		"-n default -R -f " + folder:                {web},
		"-A -R -f " + folder:                        {web, pay},
		"-f " + filepath.Join(folder, "deep/c.txt"): {"shop/txt"},
		"-f " + filepath.Join(folder, "a.yaml") + " -f " + filepath.Join(folder, "deep"): {web, pay},
	} {
		out, _, _ := offline(t, "", append(strings.Fields(args), "-o", "json")...)
		if got := objects(t, out, "SEC05"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", args, got, want)
		}
	}
	for args, want := range map[string]string{
		"-f " + filepath.Join(folder, "no.yaml"): "no.yaml: no such file",
		"-f " + t.TempDir():                      "there is no .yaml, .yml or .json file",
		"-f - -f -":                              "standard input can be read only once",
		"ingress/nope -f " + folder:              "there is no ingress nope in any namespace",
		"ingress/pay -n default -R -f " + folder: "there is no ingress pay in namespace default",
	} {
		_, _, err := offline(t, "", strings.Fields(args)...)
		clitest.ExpectError(t, err, want)
	}
}

// objects are those of the findings of an id, as NAMESPACE/NAME.
func objects(t *testing.T, out, id string) []string {
	t.Helper()
	var report struct{ Findings []finding.Finding }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	var all []string
	for _, f := range report.Findings {
		if f.ID == id {
			all = append(all, f.Object.Namespace+"/"+f.Object.Name)
		}
	}
	slices.Sort(all)
	return all
}

// expired is an Ingress with a Secret of its name, whose certificate has ended.
func expired(t *testing.T, namespace, name string) string {
	t.Helper()
	return ingress(namespace, name, name, name+".example.com") + "\n---\n" + issue(t, -day, name+".example.com").secret(namespace, name, "")
}

// TestBadFiles: what cannot be read is a finding with its place, and the rest is checked.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	good := expired(t, "shop", "web")
	for name, tc := range map[string]struct {
		text string
		line int // of the problem; 0 is that of the whole file
		more int // problems beside the first
	}{
		"garbage":     {"\x00\x01\x02\xff garbage\n---\n" + good, 0, 0},
		"truncated":   {good + "\n---\n{apiVersion: v1, kind: Secret, metadata: {name: x", 7, 0},
		"a template":  {"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}\n---\n" + good, 4, 0},
		"a block":     {"{{- if .Values.tls }}\nkind: Secret\n{{- end }}\n---\n" + good, 1, 0},
		"wrong types": {"apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: x, namespace: shop}\nspec: {dnsNames: 7}\n---\n" + good, 1, 0},
		"not base64":  {"apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: shop}\ndata: {tls.crt: '!!!'}\n---\n" + good, 1, 0},
		"deep":        {strings.Repeat("[", 200_000) + "\n---\n" + good, 1, 0},
		"an alias":    {"a: &a [x,x]\nb: *c\n---\n" + good, 1, 0},
		"an item":     {`{"apiVersion": "v1", "kind": "List", "items": [7]}` + "\n---\n" + good, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, t.TempDir(), "x.yaml", tc.text)
			out, talk, err := offline(t, "", "-f", path, "-o", "json")
			var report struct{ Findings []finding.Finding }
			if bad := json.Unmarshal([]byte(out), &report); bad != nil || clitest.ExitCode(err) != cli.CodeFinding || talk != "" {
				t.Fatalf("%v, %v, %q", bad, err, talk)
			}
			var unread []finding.Finding
			for _, f := range report.Findings {
				if f.ID == "ENV09" {
					unread = append(unread, f)
				}
			}
			if len(unread) != 1+tc.more || unread[0].Object.File != path || unread[0].Severity != finding.Error {
				t.Fatalf("%+v", unread)
			}
			if tc.line > 0 && unread[0].Object.Line != tc.line {
				t.Errorf("line %d, want %d: %+v", unread[0].Object.Line, tc.line, unread[0])
			}
			if got := objects(t, out, "SEC05"); !slices.Equal(got, []string{"shop/web"}) {
				t.Errorf("the rest is not checked: %v", got)
			}
			if out, _, _ = offline(t, "", "-f", path); strings.Count(out, "ENV09") != 1+tc.more || !strings.Contains(out, "SEC05") {
				t.Errorf("table:\n%s", out)
			}
		})
	}
}

// TestLargeSecret: 10 MB of anything are neither printed nor in the way.
func TestLargeSecret(t *testing.T) {
	t.Parallel()
	large := fmt.Sprintf("{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: large, namespace: shop}, data: {tls.crt: %s, tls.key: %s}}",
		strings.Repeat("QUFB", 2_500_000), strings.Repeat("QkJC", 10))
	out, _, err := offline(t, large+"\n---\n"+ingress("shop", "web", "large", "web.example.com")+"\n---\n"+expired(t, "shop", "more"), "-f", "-", "-o", "json")
	if clitest.ExitCode(err) != cli.CodeFinding || len(out) > 1<<16 {
		t.Errorf("%v, %d bytes", err, len(out))
	}
	if got := objects(t, out, "SEC05"); !slices.Equal(got, []string{"shop/more"}) {
		t.Errorf("the rest is not checked: %v", got)
	}
	expectFound(t, foundIn(t, out), "ENV09 error /", "SEC05 error secret/more")
}

// TestNothingInFiles: that there was nothing to judge is said.
func TestNothingInFiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "kind: Service\napiVersion: v1\nmetadata: {name: x}\n", "---\n---\n"} {
		out, talk, err := offline(t, text, "-f", "-")
		if err != nil || out != "" || talk != "certcheck: the files hold no gateway, Ingress, certificate or TLS Secret\n" {
			t.Errorf("%q: %v, %q, %q", text, err, out, talk)
		}
	}
	out, talk, err := offline(t, ingress("shop", "web", "lost", "web.example.com"), "-f", "-", "-n", "bank")
	if err != nil || out != "" || !strings.Contains(talk, "the files hold no gateway, Ingress, certificate or TLS Secret of namespace bank") {
		t.Errorf("%v, %q, %q", err, out, talk)
	}
}

// TestUnreadableFile: one of several is a finding.
func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "a.yaml", expired(t, "shop", "web"))
	if err := os.Symlink("nowhere", filepath.Join(folder, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	out, _, _ := offline(t, "", "-f", folder, "-o", "json")
	if found := foundIn(t, out); !slices.Contains(found, "ENV09 error /") || !slices.Contains(found, "SEC05 error secret/web") {
		t.Errorf("%q", found)
	}
}
