package collect

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// pods makes a Deployment of a proxy in the namespace shop.
func proxyPods(t *testing.T, srv *kubetest.Server, name string, n int, sidecar bool) []*kubetest.Container {
	t.Helper()
	opts := []kubetest.PodOption{kubetest.OnNode("node-1"), kubetest.WithContainers("proxy"), kubetest.With(func(p *corev1.Pod) { p.Spec.Containers[0].Image = "cloud-sql-proxy:2.25.3" })}
	if sidecar {
		opts[1] = kubetest.WithContainers("proxy", "app")
	}
	d := srv.Deployment("shop", name, n, opts...)
	return d.Containers("proxy")
}

// TestLongLog: of a long log the beginning and the end are kept, each line once.
func TestLongLog(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ lines, head, tail int }{
		{10, 10, 0},      // all
		{230, 230, 0},    // the two overlap
		{5000, 180, 200}, // the head has some lines less than fit, by the length of times
	} {
		srv, c := serve(t)
		container := proxyPods(t, srv, "sql", 1, false)[0]
		var want []string
		for i := range tc.lines {
			line := fmt.Sprintf("line %d %s", i, strings.Repeat("x", 40))
			want = append(want, line)
			container.Write(line)
		}
		s := read(t, c, Query{Namespaces: []string{"shop"}, Logs: true})
		if len(s.Logs) != 1 {
			t.Fatalf("%d logs, missing %s", len(s.Logs), missing(s))
		}
		got := s.Logs[0].Lines
		if tc.tail == 0 {
			if !slices.Equal(got, want) {
				t.Errorf("of %d lines: %d, from %q to %q", tc.lines, len(got), got[0], got[len(got)-1])
			}
			continue
		}
		head := len(got) - tc.tail
		if head < tc.head || head*len(want[0]) > headBytes || !slices.Equal(got[:head], want[:head]) || !slices.Equal(got[head:], want[len(want)-tc.tail:]) {
			t.Errorf("of %d lines: %d, from %q to %q", tc.lines, len(got), got[0], got[len(got)-1])
		}
	}
}

// TestRestarted: of a container that was started again, the run before is read, too; of
// one that waits for its next start, the last run once.
func TestRestarted(t *testing.T) {
	t.Parallel()
	srv, c := serve(t)
	restarted, waits, silent := proxyPods(t, srv, "restarted", 1, false)[0], proxyPods(t, srv, "waits", 1, false)[0], proxyPods(t, srv, "silent", 1, false)[0]
	restarted.Write("unable to start")
	restarted.Restart(1)
	restarted.Write("ready")
	waits.Write("unable to start, too")
	waits.Crash(1)
	_ = silent
	s := read(t, c, Query{Namespaces: []string{"shop"}, Logs: true})
	var got []string
	for _, l := range s.Logs {
		got = append(got, fmt.Sprintf("%s %t %q", l.Pod[:5], l.Previous, l.Lines))
	}
	slices.Sort(got)
	want := []string{`resta false ["ready"]`, `resta true ["unable to start"]`, `silen false []`, `waits false ["unable to start, too"]`}
	if !slices.Equal(got, want) || missing(s) != "" {
		t.Errorf("%q, want %q; missing %s", got, want, missing(s))
	}
}

// TestNotStarted: a container that never ran has no log, and nobody asks for it.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	srv, c := serve(t)
	srv.Deployment("shop", "sql", 1, kubetest.OnNode("node-1"), kubetest.WithContainers("proxy"), kubetest.With(func(p *corev1.Pod) { p.Spec.Containers[0].Image = "cloud-sql-proxy:2.25.3" }), kubetest.WithWaiting("ImagePullBackOff"))
	s := read(t, c, Query{Namespaces: []string{"shop"}, Logs: true})
	if asked := srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, "/log") }); asked != 0 || len(s.Logs) != 0 || missing(s) != "" || len(s.Pods) != 1 {
		t.Errorf("%d requests, %d logs, %d pods, missing %s", asked, len(s.Logs), len(s.Pods), missing(s))
	}
}

// TestManyPods: logs are read of some pods only, those with trouble before the others.
func TestManyPods(t *testing.T) {
	t.Parallel()
	srv, c := serve(t)
	shared, sidecars := proxyPods(t, srv, "shared", podsOfShared+5, false), proxyPods(t, srv, "sidecar", podsOfSidecar+5, true)
	for _, containers := range [][]*kubetest.Container{shared, sidecars} {
		containers[0].Write("failed")
		containers[0].Restart(1)
	}
	s := read(t, c, Query{Namespaces: []string{"shop"}, Logs: true})
	count := map[string]int{}
	for _, l := range s.Logs {
		name, _, _ := strings.Cut(l.Pod, "-")
		if l.Previous {
			name += " before"
		}
		count[name]++
	}
	expect(t, "logs", fmt.Sprint(count), fmt.Sprint(map[string]int{"shared": podsOfShared, "shared before": 1, "sidecar": podsOfSidecar, "sidecar before": 1}))
	if p := s.Proxies[1]; p.Name != "sidecar" || len(p.Pods) != podsOfSidecar+5 {
		t.Errorf("%s has %d pods", p.Name, len(p.Pods))
	}
}

// TestCutLog: what was read of a log that breaks off is kept, and that it breaks off is
// said.
func TestCutLog(t *testing.T) {
	t.Parallel()
	srv, c := serve(t)
	container := proxyPods(t, srv, "sql", 1, false)[0]
	for i := range 20 {
		container.Write(fmt.Sprintf("line %d", i))
	}
	srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "", ""), AfterLines: 5, End: kubetest.Reset})
	s := read(t, c, Query{Namespaces: []string{"shop"}, Logs: true})
	if len(s.Logs) != 1 || len(s.Logs[0].Lines) < 5 || s.Logs[0].Lines[4] != "line 4" || missing(s) != "Log pods/log shop" {
		t.Errorf("%+v, missing %s", s.Logs, missing(s))
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", lineBytes)
	for text, want := range map[string]struct {
		lines []string
		cut   bool
	}{
		"":                      {nil, false},
		"a\nb\n":                {[]string{"a", "b"}, false},
		"a\r\n\nb":              {[]string{"a", "", "b"}, true},
		long + "yy\nb\n":        {[]string{long, "b"}, false},
		long + long + long:      {[]string{long}, true},
		"a\n" + long + "\n":     {[]string{"a", long}, false},
		"a\n" + long[1:] + "\n": {[]string{"a", long[1:]}, false},
	} {
		for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			lines, cut, err := split(in)
			if !slices.Equal(lines, want.lines) || cut != want.cut || err != nil {
				t.Errorf("%.20q: %.40q, cut %t, %v", text, lines, cut, err)
			}
		}
	}
	if lines, _, err := split(io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(io.ErrUnexpectedEOF))); len(lines) != 1 || err == nil {
		t.Errorf("%q, %v", lines, err)
	}
}

// TestManyObjects: lists come in pages, no pod of others is asked for, and one request
// serves all that can share it.
func TestManyObjects(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, healthy(t))
	for i := range 1100 {
		srv.Must(srv.Create(&unstructured.Unstructured{Object: map[string]any{"apiVersion": "apps/v1", "kind": "Deployment",
			"metadata": map[string]any{"namespace": "shop", "name": fmt.Sprintf("app-%d", i)},
			"spec":     map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "app", "image": "app:1"}}}}}}}))
	}
	for i := range 600 {
		srv.Must(srv.Create(&unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Pod",
			"metadata": map[string]any{"namespace": "shop", "name": fmt.Sprintf("app-%d", i), "labels": map[string]any{"pod-template-hash": "x"}}}}))
	}
	srv.ForgetRequests()
	s := read(t, c, Query{Namespaces: []string{"shop"}})
	count := func(plural string) int {
		return srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, "/namespaces/shop/"+plural) })
	}
	if len(s.Workloads) != 1101 || len(s.Pods) != 2 || count("deployments") != 3 || count("pods") != 2 {
		t.Errorf("%d workloads in %d pages, %d pods in %d lists", len(s.Workloads), count("deployments"), len(s.Pods), count("pods"))
	}
	if n := srv.CountRequests(func(kubetest.RequestRecord) bool { return true }); n > 30 {
		t.Errorf("%d requests", n)
	}
}
