package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// world is a cluster with a healthy shared proxy, sql-proxy in the namespace shop, with
// two pods and the Service orders: a scripted API server.
type world struct {
	*kubetest.Server
	t *testing.T
}

// newWorld makes a world. Texts in healthy are replaced before: old, new, old, new.
func newWorld(t *testing.T, replace ...string) *world {
	t.Helper()
	w := emptyWorld(t)
	w.apply(healthy(t, replace...))
	return w
}

func emptyWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Server: kubetest.Start(t), t: t}
	w.AddResource(kubetest.Resource{Group: "cloudsql.cloud.google.com", Version: "v1", Kind: "AuthProxyWorkload", Plural: "authproxyworkloads", Namespaced: true})
	for _, namespace := range []string{"default", "shop", "bank"} {
		w.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ` + namespace + `}}`)
	}
	return w
}

// healthy is the fixture of the rules in which nothing is wrong.
func healthy(t *testing.T, replace ...string) string {
	t.Helper()
	raw, err := os.ReadFile("diagnose/testdata/ok.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the healthy proxy has no %q", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return text
}

// apply stores objects, given as YAML with --- between them, and writes the lines of
// documents of the kind Log.
func (w *world) apply(documents ...string) {
	w.t.Helper()
	for document := range strings.SplitSeq(strings.Join(documents, "\n---\n"), "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			w.t.Fatal(err)
		}
		switch {
		case len(o.Object) == 0:
		case o.GetKind() == "Log":
			text := func(field string) string { s, _, _ := unstructured.NestedString(o.Object, field); return s }
			lines, _, _ := unstructured.NestedStringSlice(o.Object, "lines")
			for _, line := range lines {
				w.Container(text("namespace"), text("pod"), text("container")).Write(line)
			}
		default:
			startContainers(o)
			w.Must(w.Apply(o))
		}
	}
}

// startContainers gives the containers of a pod their IDs, without which they have no
// log.
func startContainers(pod *unstructured.Unstructured) {
	statuses, _, _ := unstructured.NestedSlice(pod.Object, "status", "containerStatuses")
	for i := range statuses {
		statuses[i].(map[string]any)["containerID"] = fmt.Sprintf("containerd://%s-%d", pod.GetName(), i)
	}
	if len(statuses) > 0 {
		_ = unstructured.SetNestedSlice(pod.Object, statuses, "status", "containerStatuses")
	}
}

// start runs sqlproxy with args until its end or Stop.
func (w *world) start(args ...string) *clitest.Invocation {
	w.t.Helper()
	return clitest.Start(w.t, newCommand, "", append(slices.Clone(args), "--kubeconfig", w.KubeconfigFile(w.t))...)
}

// run runs sqlproxy to its end.
func (w *world) run(args ...string) (out, talk string, err error) {
	w.t.Helper()
	return w.start(args...).Run()
}

// offline runs sqlproxy without any cluster.
func offline(t *testing.T, stdin string, args ...string) (out, talk string, err error) {
	t.Helper()
	return clitest.Start(t, newCommand, stdin, append(slices.Clone(args), "--kubeconfig", filepath.Join(t.TempDir(), "none"))...).Run()
}

// process is the plugin as a process of its own.
func (w *world) process(args ...string) (cmd *exec.Cmd, out, talk *clitest.Buffer) {
	w.t.Helper()
	return clitest.Process(w.t, asPlugin, append(slices.Clone(args), "--kubeconfig", w.KubeconfigFile(w.t))...)
}

// check runs check and returns what it found: "id severity kind/name".
func (w *world) check(args ...string) (found []string, code int) {
	w.t.Helper()
	out, talk, err := w.run(append([]string{"check", "-o", "json"}, args...)...)
	if code = clitest.ExitCode(err); code == cli.CodeError {
		w.t.Fatalf("%v\n%s", err, talk)
	}
	return foundIn(w.t, out), code
}

func foundIn(t *testing.T, out string) []string {
	t.Helper()
	var report struct{ Findings []finding.Finding }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	found := []string{}
	for _, f := range report.Findings {
		found = append(found, fmt.Sprintf("%s %s %s/%s", f.ID, f.Severity, strings.ToLower(f.Object.Kind), f.Object.Name))
	}
	slices.Sort(found)
	return found
}

// write makes a file in a folder.
func write(t testing.TB, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
