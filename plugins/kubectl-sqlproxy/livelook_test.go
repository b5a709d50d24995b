package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/collect"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// look reads the snapshot of shop and looks live.
func (w *hopWorld) look(test bool) (s *snapshot.Snapshot, talk string) {
	w.t.Helper()
	s, err := collect.Cluster(w.t.Context(), w.cluster, collect.Query{Namespaces: []string{"shop"}})
	w.Must(err)
	var said clitest.Buffer
	w.Must(lookLive(w.t.Context(), w.cluster, s, test, cli.NewNotices(&said, "sqlproxy")))
	w.nothingForwarded()
	return s, said.String()
}

func probes(s *snapshot.Snapshot) string {
	var all []string
	for _, p := range s.Probes {
		all = append(all, fmt.Sprintf("%s:%d %s cut=%t %s", p.Pod[len(p.Pod)-5:], p.Port, p.Got, p.Cut, p.Text))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestLookLive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		replace []string
		setUp   func(*hopWorld)
		want    string
		missing string
	}{
		"PostgreSQL on both": {nil, func(w *hopWorld) { w.plays(5432, answers(8, "N")) },
			"aaaaa:5432 postgres cut=false \nbbbbb:5432 postgres cut=false ", ""},
		"a MySQL on the other's port": {nil, func(w *hopWorld) {
			w.plays(5432, says("\x0b\x00\x00\x00\x0a8.0.36-gg\x00"))
			w.ready(podB, corev1.ConditionFalse)
		}, "aaaaa:5432 mysql cut=false 8.0.36-gg", ""},
		"one is cut off": {nil, func(w *hopWorld) {
			w.playsAt(podA, 5432, answers(8, "N"))
			w.playsAt(podB, 5432, func(io.ReadWriteCloser) error { return nil })
		}, "aaaaa:5432 postgres cut=false \nbbbbb:5432  cut=true the connection ended before any byte", ""},
		"nothing hears": {nil, func(*hopWorld) {},
			"aaaaa:5432  cut=false pod shop/" + podA + ": failed to connect to localhost:5432: connect: connection refused\n" +
				"bbbbb:5432  cut=false pod shop/" + podB + ": failed to connect to localhost:5432: connect: connection refused", ""},
		"a port that the log tells": {[]string{"orders?port=5432", "orders", "Listening on [::]:5432", "Listening on [::]:6000"},
			func(w *hopWorld) { w.plays(6000, answers(8, "S")) },
			"aaaaa:6000 postgres cut=false \nbbbbb:6000 postgres cut=false ", ""},
		"forbidden": {nil, func(w *hopWorld) { w.Forbid("create", "pods/portforward"); w.Forbid("get", "pods/portforward") },
			"", "Probe pods/portforward shop: "},
		"no pod is ready": {nil, func(w *hopWorld) { w.ready(podA, corev1.ConditionFalse); w.ready(podB, corev1.ConditionFalse) },
			"", "Probe the ports of deployment/sql-proxy shop: none of its pods is ready"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHopWorld(t, c.replace...)
			c.setUp(w)
			s, talk := w.look(false)
			if got := probes(s); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			var missing []string
			for _, m := range s.Missing {
				missing = append(missing, fmt.Sprintf("%s %s %s: %s", m.Kind, m.Resource, m.Namespace, m.Reason))
			}
			if got := strings.Join(missing, "\n"); !strings.HasPrefix(got, c.missing) || c.missing == "" && got != "" {
				t.Errorf("missing %q, want %q", got, c.missing)
			}
			if talk != "" || len(s.Tests) != 0 {
				t.Errorf("said %q, tests %v", talk, s.Tests)
			}
			if n := len(s.Proxies[0].Probes); n != len(s.Probes) {
				t.Errorf("the snapshot is not closed: %d of %d", n, len(s.Probes))
			}
		})
	}
}

// ready sets whether a pod is.
func (w *hopWorld) ready(pod string, is corev1.ConditionStatus) {
	w.t.Helper()
	w.Must(w.EditPod("shop", pod, func(p *corev1.Pod) { p.Status.Conditions[0].Status = is }))
}

// runsTests plays the kubelet for throw-away pods: they run, and say these lines. It
// returns those that there were.
func (w *hopWorld) runsTests(lines []string, state corev1.ContainerState) func() []*corev1.Pod {
	w.t.Helper()
	var seen []*corev1.Pod
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
			list, err := w.cluster.Pods("shop").List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=" + testLabel})
			if err != nil {
				continue
			}
			for i := range list.Items {
				pod := &list.Items[i]
				if slices.ContainsFunc(seen, func(p *corev1.Pod) bool { return p.Name == pod.Name }) {
					continue
				}
				seen = append(seen, pod)
				for _, line := range lines {
					w.Container("shop", pod.Name, "proxy").Write(line)
				}
				w.Must(w.EditPod("shop", pod.Name, func(p *corev1.Pod) {
					p.Spec.NodeName = "node-1" // without one there is no log
					p.Status.Phase = corev1.PodRunning
					p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "proxy", ContainerID: "containerd://9", State: state}}
				}))
			}
		}
	}()
	w.t.Cleanup(cancel)
	return func() []*corev1.Pod {
		cancel()
		<-done
		return seen
	}
}

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

// The throw-away pod is a proxy that nobody selects; it says the result, and goes.
func TestConnectionTest(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.plays(5432, answers(8, "N"))
	seen := w.runsTests([]string{"Connection test started", "Connection test passed"}, running())
	s, talk := w.look(true)
	pods := seen()
	if len(pods) != 1 || len(s.Tests) != 1 || !s.Tests[0].Passed || s.Tests[0].Workload.Name != "sql-proxy" || !slices.Contains(s.Tests[0].Lines, "Connection test passed") {
		t.Fatalf("%d pods, tests %+v, missing %v", len(pods), s.Tests, s.Missing)
	}
	pod := pods[0]
	if want := "sqlproxy: trying the instances of deployment/sql-proxy in a throw-away pod, shop/" + pod.Name + "\n"; talk != want {
		t.Errorf("said %q, want %q", talk, want)
	}
	c := pod.Spec.Containers[0]
	want := "--run-connection-test --structured-logs shop-prod:europe-west1:orders?address=127.0.0.1&port=21306"
	slices.Sort(c.Args)
	if got := strings.Join(slices.DeleteFunc(c.Args, func(a string) bool { return a == "--address=0.0.0.0" }), " "); got != want {
		t.Errorf("args %s\nwant %s", got, want)
	}
	if pod.Labels["app"] != "" || len(pod.Labels) != 2 || pod.Spec.RestartPolicy != corev1.RestartPolicyNever || c.LivenessProbe != nil || len(c.Ports) != 0 ||
		pod.Spec.TopologySpreadConstraints != nil || *pod.Spec.ActiveDeadlineSeconds != 180 || pod.OwnerReferences[0].Name != "sql-proxy" || pod.Spec.ServiceAccountName != "sql-proxy" {
		t.Errorf("the pod is %+v", pod)
	}
	if _, err := w.GetPod("shop", pod.Name); err == nil {
		t.Error("the pod is left")
	}
}

func TestConnectionTestFails(t *testing.T) {
	t.Parallel()
	ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}
	for name, lines := range map[string][]string{"the test": {"Connection test failed"}, "the start": {"The proxy has encountered a terminal error: unable to start: x"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHopWorld(t)
			seen := w.runsTests(lines, ended)
			s, _ := w.look(true)
			if len(s.Tests) != 1 || s.Tests[0].Passed || !slices.Equal(s.Tests[0].Lines, lines) {
				t.Errorf("tests %+v, missing %v", s.Tests, s.Missing)
			}
			for _, pod := range seen() {
				if _, err := w.GetPod("shop", pod.Name); err == nil {
					t.Error("the pod is left")
				}
			}
		})
	}
}

// What cannot be tried is said, and is no failure.
func TestConnectionTestCannot(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		replace []string
		setUp   func(*hopWorld)
	}{
		"no throw-away pod: ": {nil, func(w *hopWorld) { w.Forbid("create", "pods") }},
		"the proxy has a connection test since 2.4.0, and this is 2.3.0": {[]string{"cloud-sql-proxy:2.25.3", "cloud-sql-proxy:2.3.0"}, func(*hopWorld) {}},
	} {
		w := newHopWorld(t, c.replace...)
		c.setUp(w)
		s, _ := w.look(true)
		at := slices.IndexFunc(s.Missing, func(m snapshot.Missing) bool { return m.Kind == "ConnectionTest" })
		if len(s.Tests) != 0 || at < 0 || !strings.HasPrefix(s.Missing[at].Reason, want) || s.Missing[at].Resource != "connections of deployment/sql-proxy" {
			t.Errorf("tests %+v, missing %+v", s.Tests, s.Missing)
		}
	}
}

// Ctrl-C takes the throw-away pod away, too.
func TestConnectionTestInterrupted(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.plays(5432, answers(8, "N"))
	s, err := collect.Cluster(t.Context(), w.cluster, collect.Query{Namespaces: []string{"shop"}})
	w.Must(err)
	ctx, cancel := context.WithCancel(t.Context())
	seen := w.runsTests([]string{"Connection test started"}, running())
	time.AfterFunc(time.Second, cancel)
	if err := lookLive(ctx, w.cluster, s, true, cli.NewNotices(io.Discard, "sqlproxy")); err == nil {
		t.Error("no error")
	}
	pods := seen()
	if len(pods) != 1 {
		t.Fatalf("%d pods", len(pods))
	}
	if _, err := w.GetPod("shop", pods[0].Name); err == nil {
		t.Error("the pod is left")
	}
}

// What Secrets set stays; what the Spec has is not said twice.
func TestTestEnv(t *testing.T) {
	t.Parallel()
	secret := &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{Key: "k"}}
	got := testEnv([]corev1.EnvVar{
		{Name: "CSQL_PROXY_PORT", Value: "1"}, {Name: "CSQL_PROXY_TOKEN", ValueFrom: secret}, {Name: "TZ", Value: "UTC"},
		{Name: "CSQL_PROXY_X", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{Key: "k"}}},
	}, nil)
	want := []corev1.EnvVar{{Name: "CSQL_PROXY_TOKEN", ValueFrom: secret}, {Name: "TZ", Value: "UTC"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
