package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli"
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

// lockedBuffer is a stream that a test reads while the command writes it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// invocation is a kubectl sqlproxy that runs in the test's process.
type invocation struct {
	t        *testing.T
	out, err lockedBuffer
	done     chan error
}

// start runs sqlproxy with args until its end or stop.
func (w *world) start(args ...string) *invocation {
	w.t.Helper()
	return start(w.t, "", append(slices.Clone(args), "--kubeconfig", w.KubeconfigFile(w.t))...)
}

func start(t *testing.T, stdin string, args ...string) *invocation {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	m := &invocation{t: t, done: make(chan error, 1)}
	cmd := newCommand(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &m.out, ErrOut: &m.err})
	cmd.SetArgs(args)
	cmd.SetOut(&m.out)
	cmd.SetErr(&m.err)
	go func() { m.done <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = m.wait()
	})
	return m
}

// run runs sqlproxy to its end.
func (w *world) run(args ...string) (out, talk string, err error) {
	w.t.Helper()
	m := w.start(args...)
	err = m.wait()
	return m.out.String(), m.err.String(), err
}

// offline runs sqlproxy without any cluster.
func offline(t *testing.T, stdin string, args ...string) (out, talk string, err error) {
	t.Helper()
	m := start(t, stdin, append(slices.Clone(args), "--kubeconfig", filepath.Join(t.TempDir(), "none"))...)
	err = m.wait()
	return m.out.String(), m.err.String(), err
}

func (m *invocation) wait() error {
	m.t.Helper()
	select {
	case err := <-m.done:
		m.done <- err
		return err
	case <-time.After(60 * time.Second):
		m.t.Fatalf("sqlproxy did not end; stderr:\n%s", m.err.String())
		return nil
	}
}

// process is the plugin as a process of its own.
func (w *world) process(args ...string) (cmd *exec.Cmd, out, talk *lockedBuffer) {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	out, talk = &lockedBuffer{}, &lockedBuffer{}
	cmd = exec.CommandContext(w.t.Context(), self, append(slices.Clone(args), "--kubeconfig", w.KubeconfigFile(w.t))...)
	cmd.Env = append(os.Environ(), asPlugin+"=yes", "NO_COLOR=1")
	cmd.Stdout, cmd.Stderr = out, talk
	return cmd, out, talk
}

// check runs check and returns what it found: "id severity kind/name".
func (w *world) check(args ...string) (found []string, code int) {
	w.t.Helper()
	out, talk, err := w.run(append([]string{"check", "-o", "json"}, args...)...)
	if code = exitCode(err); code == cli.CodeError {
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

// expectError fails unless the error has all the texts.
func expectError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	expectTexts(t, err.Error(), texts...)
}

// expectTexts fails unless the text has all the texts.
func expectTexts(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

func exitCode(err error) int {
	var exit *cli.Exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.Code
	}
	return 1
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
