package main

import (
	"encoding/json"
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
	items := []any{}
	for _, gvr := range []schema.GroupVersionResource{
		{Group: "apps", Version: "v1", Resource: "deployments"}, {Version: "v1", Resource: "pods"}, {Version: "v1", Resource: "services"},
		{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}, {Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
		{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}, {Version: "v1", Resource: "serviceaccounts"}, {Version: "v1", Resource: "nodes"},
		{Version: "v1", Resource: "secrets"}, {Version: "v1", Resource: "events"}, {Version: "v1", Resource: "namespaces"},
	} {
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

// faulty is a world with faults that objects show, and logs do not.
func faulty(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "        - --address=0.0.0.0\n", "", "replicas: 2\n  minReady", "replicas: 1\n  minReady")
	w.apply(lonely("bank", "vault"), `{apiVersion: v1, kind: Event, metadata: {name: e1, namespace: shop}, involvedObject: {kind: Pod, namespace: shop, name: sql-proxy-7d4f9c6b5-aaaaa}, type: Warning, reason: Unhealthy, message: "Readiness probe failed"}`)
	return w
}

// TestDump: a dump of a cluster is judged as the cluster is, without one.
func TestDump(t *testing.T) {
	t.Parallel()
	w := faulty(t)
	dump := w.dump()
	for _, args := range []string{"-n shop", "-n shop sql-proxy", "-n shop svc/orders", "-n shop pod/sql-proxy-7d4f9c6b5-aaaaa"} {
		want, code := w.check(strings.Fields(args)...)
		if len(want) == 0 {
			t.Fatalf("%s: nothing is found in the cluster", args)
		}
		out, talk, err := offline(t, dump, append([]string{"check", "-f", "-", "-o", "json"}, strings.Fields(args)...)...)
		if got := foundIn(t, out); !slices.Equal(got, want) || clitest.ExitCode(err) != code || talk != "" {
			t.Errorf("%s: found\n%s\nwant\n%s\nexit code %d, want %d; %q", args, strings.Join(got, "\n"), strings.Join(want, "\n"), clitest.ExitCode(err), code, talk)
		}
	}
}

// TestFolders: which files are read, and into which namespace goes what names none.
func TestFolders(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "a.yaml", strings.Replace(lonely("x", "web"), ", namespace: x", "", 1))
	write(t, folder, "deep/b.yml", lonely("shop", "pay"))
	write(t, folder, "deep/c.txt", lonely("shop", "txt"))
	for args, want := range map[string][]string{
		"-f " + folder:                              {"default/web"},
		"-R -f " + folder:                           {"default/web", "shop/pay"},
		"-n shop -f " + folder:                      {"shop/web"},
		"-n shop -R -f " + folder:                   {"shop/pay", "shop/web"},
		"-n default -R -f " + folder:                {"default/web"},
		"-A -R -f " + folder:                        {"default/web", "shop/pay"},
		"-f " + filepath.Join(folder, "deep/c.txt"): {"shop/txt"},
		"-R pay -f " + folder:                       {"shop/pay"},
	} {
		out, _, _ := offline(t, "", append([]string{"check", "-o", "json"}, strings.Fields(args)...)...)
		var report struct{ Findings []finding.Finding }
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatalf("%s: %v", args, err)
		}
		var got []string
		for _, f := range report.Findings {
			if f.ID == "single-replica" {
				got = append(got, f.Object.Namespace+"/"+f.Object.Name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", args, got, want)
		}
	}
	for args, want := range map[string]string{
		"-f " + filepath.Join(folder, "no.yaml"): "no.yaml: no such file",
		"-f " + t.TempDir():                      "there is no .yaml, .yml or .json file",
		"-f - -f -":                              "standard input can be read only once",
		"wbe -f " + folder:                       "there is no proxy wbe in any namespace; did you mean web?",
		"pay -n default -R -f " + folder:         "there is no proxy pay in namespace default",
	} {
		_, _, err := offline(t, "", append([]string{"check"}, strings.Fields(args)...)...)
		clitest.ExpectError(t, err, want)
	}
}

// TestFilesWithoutProxy: files that hold none are not healthy ones.
func TestFilesWithoutProxy(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "a.yaml", cart)
	for args, want := range map[string]string{
		"":        "sqlproxy: there is no proxy in the files\n",
		"-n bank": "sqlproxy: there is no proxy in the files, in namespace bank\n",
	} {
		if _, talk, err := offline(t, "", append([]string{"check", "-f", path}, strings.Fields(args)...)...); err != nil || talk != want {
			t.Errorf("%q: %v, %q", args, err, talk)
		}
	}
}

// TestBrokenFiles: what cannot be read is a finding with its place, and the rest is read.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	text := "a: [\n---\n" + lonely("shop", "web") + "\n---\n{apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: {ports: 5432}}\n---\n" + lonely("shop", "web")
	path := write(t, t.TempDir(), "a.yaml", text)
	out, _, err := offline(t, "", "check", "-f", path, "-o", "tree", "--fail-on", "warning")
	if clitest.ExitCode(err) != cli.CodeFinding {
		t.Errorf("%v", err)
	}
	clitest.ExpectTexts(t, out, "deployment/shop/web", "single-replica", "a.yaml:1", "not-readable", "spec.ports is a number", "The object is there twice", "the other is at "+path+":3")
}

// TestHostileFile: control characters of a file reach no terminal.
func TestHostileFile(t *testing.T) {
	t.Parallel()
	text := strings.Replace(lonely("shop", "web"), `"p-1:europe-west1:db?port=5432"`, `"p-1:europe-west1:db\u001b[31m?port=5432", "--ad\u001b]0;dress"`, 1)
	for _, format := range []string{"table", "wide", "tree", "junit", "yaml"} {
		out, talk, err := offline(t, text, "check", "-f", "-", "-o", format)
		if clitest.ExitCode(err) == 0 || strings.Contains(out+talk, "\x1b") {
			t.Errorf("%s: %v\n%q", format, err, out)
		}
	}
}
