package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// The past of several containers is printed in order of time.
func TestPastIsMergedByTime(t *testing.T) {
	srv := kubetest.Start(t)
	base := time.Now().Add(-time.Hour)
	var want []string
	for i := range 3000 {
		pod := fmt.Sprintf("web-%d", i%7)
		if i < 7 {
			webPod(t, srv, pod)
		}
		srv.Container("shop", pod, "app").WriteAt(base.Add(time.Duration(i)*time.Millisecond), numbered(i))
		want = append(want, pod+" app "+numbered(i))
	}
	for _, mode := range []string{"--no-follow", "--follow"} {
		m := start(t, srv, "-n", "shop", "web", mode)
		m.Prints(numbered(2999))
		m.Stop()
		if got := strings.Split(strings.TrimSuffix(m.Out.String(), "\n"), "\n"); !slices.Equal(got, want) {
			t.Errorf("%s: the order is not that of time (%d lines of %d)", mode, len(got), len(want))
		}
	}
}

// With --sort, live lines that come late by less than the window are put in order.
func TestSortedLiveLines(t *testing.T) {
	srv := kubetest.Start(t)
	a, b := webPod(t, srv, "web-0"), webPod(t, srv, "web-1")
	m := start(t, srv, "-n", "shop", "web", "--sort=500ms", "--tail=0")
	m.Until("both streams", func() bool { return srv.OpenLogStreams() == 2 })
	now := time.Now()
	b.WriteAt(now.Add(20*time.Millisecond), "second")
	time.Sleep(100 * time.Millisecond)
	a.WriteAt(now.Add(10*time.Millisecond), "first")
	m.Prints("second")
	if got, want := m.Out.String(), "web-0 app first\nweb-1 app second\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The end is summed up where nothing is wrong, too, with -v 1.
func TestVerboseSummary(t *testing.T) {
	srv := kubetest.Start(t)
	webPod(t, srv, "web-0").Write("hello")
	for _, test := range []struct{ level, want string }{{"0", ""}, {"1", "mlogs: 1 lines of 1 containers; streams opened again: 0; gaps: 0\n"}} {
		m := start(t, srv, "-n", "shop", "web", "--no-follow", "-v", test.level)
		if err := m.Wait(); err != nil || m.Err.String() != test.want {
			t.Errorf("-v %s: %v, %q; want %q", test.level, err, m.Err.String(), test.want)
		}
	}
}

func TestWhichLines(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	for i := range 10 {
		c.WriteAt(time.Now().Add(time.Duration(i-10)*time.Minute), numbered(i)) // 0 is ten minutes old
	}
	c.Restart(1)
	for i := 10; i < 13; i++ {
		c.WriteAt(time.Now().Add(time.Duration(i-13)*time.Second), numbered(i))
	}
	for _, test := range []struct {
		args string
		want []int
	}{
		{"--no-follow", []int{10, 11, 12}},
		{"--previous --tail 2", []int{8, 9}},
		{"-p --since 150s", []int{8, 9}},
		{"--no-follow --tail 1", []int{12}},
		{"--no-follow --tail 0", nil},
		{"-p -i 00000[37]", []int{3, 7}},
		{"-p -e 00000[0-7]", []int{8, 9}},
		{"-p --since-time " + time.Now().Add(-90*time.Second).Format(time.RFC3339Nano), []int{9}},
	} {
		m := start(t, srv, append([]string{"-n", "shop", "web"}, strings.Fields(test.args)...)...)
		if err := m.Wait(); err != nil {
			t.Fatalf("%s: %v", test.args, err)
		}
		want := ""
		for _, i := range test.want {
			want += "web-0 app " + numbered(i) + "\n"
		}
		if got := m.Out.String(); got != want {
			t.Errorf("%s: got\n%swant\n%s", test.args, got, want)
		}
	}
}

// --tail 0 shows nothing of the past, but everything of containers that start later.
func TestTailZero(t *testing.T) {
	srv := kubetest.Start(t)
	old, empty := webPod(t, srv, "web-0"), webPod(t, srv, "web-1")
	writeLines(old, 1, 100)
	m := start(t, srv, "-n", "shop", "web", "--tail", "0")
	m.Until("both streams", func() bool { return srv.OpenLogStreams() == 2 })
	writeLines(old, 101, 200)
	writeLines(empty, 1, 50)
	writeLines(webPod(t, srv, "web-2"), 1, 50)
	srv.CutStreams(kubetest.Reset)
	old.Restart(0)
	writeLines(old, 201, 300)
	m.expectAll("web-0", "app", 101, 300)
	m.expectAll("web-1", "app", 1, 50)
	m.expectAll("web-2", "app", 1, 50)
}

func TestSelection(t *testing.T) {
	srv := kubetest.Start(t)
	srv.AddResource(kubetest.Resource{Group: "argoproj.io", Version: "v1alpha1", Kind: "Rollout", Plural: "rollouts", Short: []string{"ro"}, Namespaced: true})
	owned := func(name, apiVersion, kind, owner string, more ...kubetest.PodOption) {
		t.Helper()
		more = append(more, kubetest.WithContainers("app"), kubetest.WithOwner(apiVersion, kind, owner, "uid-"+owner))
		if err := srv.Create(kubetest.Pod("shop", name, more...)); err != nil {
			t.Fatal(err)
		}
	}
	object := func(apiVersion, kind, name, ownerKind, owner string) {
		t.Helper()
		if err := srv.Create(rawObject(apiVersion, kind, "shop", name, ownerKind, owner)); err != nil {
			t.Fatal(err)
		}
	}
	object("apps/v1", "Deployment", "web", "", "")
	object("apps/v1", "ReplicaSet", "web-6d4", "apps/v1 Deployment", "web")
	object("apps/v1", "ReplicaSet", "other-6d4", "apps/v1 Deployment", "other")
	object("argoproj.io/v1alpha1", "Rollout", "canary", "", "")
	object("apps/v1", "ReplicaSet", "canary-1", "argoproj.io/v1alpha1 Rollout", "canary")
	object("batch/v1", "CronJob", "report", "", "")
	object("batch/v1", "Job", "report-1", "batch/v1 CronJob", "report")
	object("apps/v1", "StatefulSet", "db", "", "")
	svc := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "front"}, Spec: corev1.ServiceSpec{Selector: map[string]string{"tier": "front"}}}
	if err := srv.Create(svc); err != nil {
		t.Fatal(err)
	}
	owned("web-6d4-a", "apps/v1", "ReplicaSet", "web-6d4", kubetest.OnNode("left"))
	owned("web-6d4-b", "apps/v1", "ReplicaSet", "web-6d4", kubetest.OnNode("right"), kubetest.WithLabels("tier", "front"))
	owned("other-6d4-a", "apps/v1", "ReplicaSet", "other-6d4", kubetest.WithLabels("tier", "front"), kubetest.OnNode("right"))
	owned("canary-1-a", "apps/v1", "ReplicaSet", "canary-1")
	owned("report-1-x", "batch/v1", "Job", "report-1")
	owned("db-0", "apps/v1", "StatefulSet", "db")
	many := kubetest.Pod("shop", "many", kubetest.WithInitContainers("setup"), kubetest.WithContainers("app", "proxy"), kubetest.WithEphemeralContainers("debugger"))
	if err := srv.Create(many); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"deploy/web":                          "web-6d4-a/app web-6d4-b/app",
		"deployments.apps/web -l tier":        "web-6d4-b/app",
		"rs/other-6d4 sts/db":                 "db-0/app other-6d4-a/app",
		"ro/canary":                           "canary-1-a/app",
		"Rollout.argoproj.io/canary":          "canary-1-a/app",
		"cronjob/report":                      "report-1-x/app",
		"job/report-1":                        "report-1-x/app",
		"svc/front":                           "other-6d4-a/app web-6d4-b/app",
		"pod/db-0":                            "db-0/app",
		"^db":                                 "db-0/app",
		". --node right":                      "other-6d4-a/app web-6d4-b/app",
		"--node left":                         "web-6d4-a/app",
		"--field-selector metadata.name=db-0": "db-0/app",
		"6d4 --exclude-pod ^other":            "web-6d4-a/app web-6d4-b/app",
		"many":                                "many/app many/debugger many/proxy many/setup",
		"many -c ^app$ -c proxy":              "many/app many/proxy",
		"many --exclude-container p":          "many/debugger",
		"many --init-containers=false --ephemeral-containers=false": "many/app many/proxy",
		"many --container-state terminated":                         "many/setup",
	} {
		m := start(t, srv, append([]string{"-n", "shop", "--dry-run", "-o", "json"}, strings.Fields(args)...)...)
		if err := m.Wait(); err != nil {
			t.Errorf("%s: %v", args, err)
			continue
		}
		var got []string
		for line := range strings.Lines(m.Out.String()) {
			var target target
			if err := json.Unmarshal([]byte(line), &target); err != nil {
				t.Fatal(err)
			}
			got = append(got, target.Pod+"/"+target.Container)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", args, got, want)
		}
	}
}

func TestSeveralNamespacesAndContexts(t *testing.T) {
	blue, green := kubetest.Start(t), kubetest.Start(t)
	for _, srv := range []*kubetest.Server{blue, green} {
		for _, namespace := range []string{"shop", "pay"} {
			if err := srv.Create(kubetest.Pod(namespace, "web-0", kubetest.WithContainers("app"))); err != nil {
				t.Fatal(err)
			}
			srv.Container(namespace, "web-0", "app").Write("hello from " + namespace)
		}
	}
	for _, args := range [][]string{{"-A"}, {"-n", "shop", "-n", "pay"}, {"-n", "pay,shop"}} {
		m := start(t, blue, append([]string{"web", "--no-follow"}, args...)...)
		m.Wait()
		for _, want := range []string{"shop web-0 app hello from shop\n", "pay web-0 app hello from pay\n"} {
			if !strings.Contains(m.Out.String(), want) {
				t.Errorf("%v: %q is missing in %q", args, want, m.Out.String())
			}
		}
	}
	config := joinKubeconfigs(t, map[string]*kubetest.Server{"blue": blue, "green": green})
	m := startWith(t, "--kubeconfig", config, "--context", "blue", "--context", "green", "-n", "shop", "web")
	m.Prints("blue shop web-0 app hello from shop\n")
	m.Prints("green shop web-0 app hello from shop\n")
	green.Container("shop", "web-0", "app").Write("and live")
	m.Prints("green shop web-0 app and live\n")
	m.Stop()

	// A cluster that is down does not hide the other one, but is not forgotten.
	green.Down()
	m = startWith(t, "--kubeconfig", config, "--context", "blue,green", "-n", "shop", "web", "--no-follow")
	err := m.Wait()
	if !strings.Contains(m.Out.String(), "blue shop web-0 app") || cli.ExitCode(t.Context(), err) != cli.CodeError {
		t.Errorf("blue's lines and exit code 1 are expected, got %v and %q", err, m.Out.String())
	}
	m.Says("context green is left out: the connection to the server")
}

func TestJSON(t *testing.T) {
	srv := kubetest.Start(t)
	if err := srv.Create(kubetest.Pod("shop", "web-0", kubetest.WithContainers("app"), kubetest.OnNode("node-7"))); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	srv.Container("shop", "web-0", "app").WriteAt(at, `{"level":"error","text":"<a&b>"}`)
	m := start(t, srv, "-n", "shop", "web", "--no-follow", "-o", "json", "--timezone", "Asia/Tokyo")
	m.Wait()
	var got map[string]string
	if err := json.Unmarshal([]byte(m.Out.String()), &got); err != nil {
		t.Fatalf("%v in %q", err, m.Out.String())
	}
	for name, want := range map[string]string{
		"time": "2026-03-01T21:00:00.123456789+09:00", "namespace": "shop", "pod": "web-0", "container": "app",
		"node": "node-7", "message": `{"level":"error","text":"<a&b>"}`,
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if strings.Contains(m.Out.String(), `\u003c`) {
		t.Error("< is escaped as for HTML")
	}
	for output, want := range map[string]string{
		"jsonpath={.pod} {.message.level}": "web-0 error\n",
		"raw":                              "{\"level\":\"error\",\"text\":\"<a&b>\"}\n",
	} {
		m := start(t, srv, "-n", "shop", "web", "--no-follow", "-o", output)
		m.Wait()
		if m.Out.String() != want {
			t.Errorf("-o %s: got %q, want %q", output, m.Out.String(), want)
		}
	}
}

func TestUntilDone(t *testing.T) {
	for _, test := range []struct {
		name string
		code int
		want int
	}{{"all succeed", 0, cli.CodeOK}, {"one fails", 2, cli.CodeFinding}} {
		t.Run(test.name, func(t *testing.T) {
			srv := kubetest.Start(t)
			if err := srv.Create(&batchv1.Job{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}, ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "migrate", UID: "uid-migrate"}}); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"migrate-a", "migrate-b"} {
				if err := srv.Create(kubetest.Pod("shop", name, kubetest.WithContainers("app"),
					kubetest.WithRestartPolicy(corev1.RestartPolicyNever), kubetest.WithOwner("batch/v1", "Job", "migrate", "uid-migrate"))); err != nil {
					t.Fatal(err)
				}
			}
			a, b := srv.Container("shop", "migrate-a", "app"), srv.Container("shop", "migrate-b", "app")
			m := start(t, srv, "-n", "shop", "job/migrate", "--until-done")
			writeLines(a, 1, 100)
			a.Terminate(0)
			writeLines(b, 1, 200)
			b.Terminate(test.code)
			m.expectAll("migrate-b", "app", 1, 200)
			m.GoesOn(300 * time.Millisecond) // the Job itself has not ended
			job := &batchv1.Job{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}, ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "migrate"}}
			job.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
			if err := srv.Apply(job); err != nil {
				t.Fatal(err)
			}
			err := m.Wait()
			if got := cli.ExitCode(t.Context(), err); got != test.want {
				t.Errorf("exit code %d, want %d (%v)", got, test.want, err)
			}
			m.expectAll("migrate-a", "app", 1, 100)
			if test.code != 0 {
				m.Says("shop/migrate-b/app failed with exit code 2")
			}
		})
	}
}

func TestNothingIsSilentlyEmpty(t *testing.T) {
	srv := kubetest.Start(t)
	webPod(t, srv, "web-0")
	for args, want := range map[string]string{
		"-n shop wbe --no-follow":         `mlogs: no pod is selected in namespace "shop" (there are web-0)`,
		"-n shop deploy/web":              `error: deployments.apps "web" not found in namespace "shop"`,
		"-n shop pod/web-1":               `error: pods "web-1" not found in namespace "shop"`,
		"-n shop deplyo/web":              `did you mean "deploy"?`,
		"-n nope web":                     `error: namespaces "nope" not found (--namespace)`,
		"-n nope web --no-follow":         `error: namespaces "nope" not found (--namespace)`,
		"-n shop node/a":                  `use --node a`,
		"-n shop web --context nope":      `context "nope" does not exist`,
		"-n shop web -l a=b,,":            `--selector "a=b,,"`,
		"-n shop web -c side --no-follow": `no container of the 1 selected pods can be read`,
		"-n shop web --since 1h --since-time 2026-01-01T00:00:00Z": `--since and --since-time exclude each other`,
		"-n shop":          `nothing selected`,
		"-n shop web -o x": `must be one of default, raw, json, extjson, jsonpath=`,
	} {
		m := start(t, srv, strings.Fields(args)...)
		err := m.Wait()
		text := m.Err.String()
		if err != nil {
			text += "error: " + cli.Explain(err)
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s: want %q, got %q", args, want, text)
		}
	}
	m := start(t, srv, "-n", "shop", "wbe")
	m.Says("waiting for one (Ctrl-C to stop)")
}

func TestRights(t *testing.T) {
	t.Run("no list, but the pod's name", func(t *testing.T) {
		srv := kubetest.Start(t)
		srv.Forbid("list", "pods")
		srv.Forbid("watch", "pods")
		writeLines(webPod(t, srv, "web-0"), 1, 100)
		for _, query := range []string{"web-0", "pod/web-0"} {
			m := start(t, srv, "-n", "shop", query)
			m.expectAll("web-0", "app", 1, 100)
			m.Stop()
			once := start(t, srv, "-n", "shop", query, "--no-follow")
			if err := once.Wait(); err != nil {
				t.Error(err)
			}
			once.expectAll("web-0", "app", 1, 100)
		}
		for _, mode := range []string{"--follow", "--no-follow"} {
			m := start(t, srv, "-n", "shop", "web.*", mode)
			err := m.Wait()
			if err == nil || !strings.Contains(err.Error(), `cannot list resource "pods"`) || !strings.Contains(err.Error(), "full name") {
				t.Errorf("%s: the error must name the right and the way around it: %v", mode, err)
			}
		}
	})
	t.Run("no logs", func(t *testing.T) {
		srv := kubetest.Start(t)
		srv.Forbid("get", "pods/log")
		webPod(t, srv, "web-0")
		m := start(t, srv, "-n", "shop", "web", "--no-follow")
		if err := m.Wait(); cli.ExitCode(t.Context(), err) != cli.CodeError {
			t.Errorf("exit code 1 is expected: %v", err)
		}
		m.Says("not allowed to read shop/web-0/app")
		m.Says("the right to get pods/log in namespace shop")
	})
	t.Run("no owners", func(t *testing.T) {
		srv := kubetest.Start(t)
		for _, resource := range []string{"deployments", "replicasets"} {
			srv.Forbid("get", resource)
		}
		if err := srv.Create(kubetest.Pod("shop", "web-6d4-a", kubetest.WithContainers("app"),
			kubetest.WithOwner("apps/v1", "ReplicaSet", "web-6d4", "uid-1"), kubetest.WithLabels("pod-template-hash", "6d4"))); err != nil {
			t.Fatal(err)
		}
		srv.Container("shop", "web-6d4-a", "app").Write("hello")
		m := start(t, srv, "-n", "shop", "deploy/web", "--no-follow")
		m.Wait()
		if got := m.Out.String(); got != "web-6d4-a app hello\n" {
			t.Errorf("got %q, stderr %s", got, m.Err.String())
		}
	})
}

// With fewer places than logs all lines come, and a notice says why some wait.
func TestMaxLogRequests(t *testing.T) {
	srv := kubetest.Start(t)
	for i := range 6 {
		writeLines(webPod(t, srv, fmt.Sprintf("web-%d", i)), 1, 100)
	}
	m := start(t, srv, "-n", "shop", "web", "--no-follow", "--max-log-requests", "2")
	if err := m.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		m.expectAll(fmt.Sprintf("web-%d", i), "app", 1, 100)
	}
	m.Says("--max-log-requests")
}

func TestManyContainers(t *testing.T) {
	srv := kubetest.Start(t)
	const pods = 300
	for i := range pods {
		webPod(t, srv, fmt.Sprintf("web-%d", i)).Write(numbered(1))
	}
	m := start(t, srv, "-n", "shop", "web")
	m.Until("all streams", func() bool { return srv.OpenLogStreams() == pods })
	for i := range pods {
		srv.Container("shop", fmt.Sprintf("web-%d", i), "app").Write(numbered(2))
	}
	for i := range pods {
		m.expectAll(fmt.Sprintf("web-%d", i), "app", 1, 2)
	}
}

func TestStdin(t *testing.T) {
	in := "2026-03-01T12:00:00.5Z GET /a\nplain \x01 text\nPOST /b"
	run := func(args ...string) string {
		var out clitest.Buffer
		o := newCommand(streamsOf(in, &out))
		o.SetArgs(append([]string{"--stdin"}, args...))
		if err := o.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got, want := run("--timezone=UTC", "--timestamps=short"), "12:00:00.500 GET /a\n- plain \x01 text\n- POST /b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := run("-i", "/b", "-o", "raw"), "POST /b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The reader of our output leaves: a quiet end.
func TestClosedOutput(t *testing.T) {
	srv := kubetest.Start(t)
	writeLines(webPod(t, srv, "web-0"), 1, 100)
	cmd := newCommand(streamsOf("", brokenPipe{}))
	cmd.SetArgs([]string{"--kubeconfig", srv.KubeconfigFile(t), "-n", "shop", "web"})
	if code := cli.ExitCode(t.Context(), cmd.ExecuteContext(t.Context())); code != cli.CodeOK {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestHelpKeepsItsPromises(t *testing.T) {
	m := startWith(t, "--help")
	m.Wait()
	for _, want := range []string{"kubectl mlogs [QUERY ...]", "-l, --selector", "--until-done", "kubectl mlogs deploy/web", "Exit codes"} {
		if !strings.Contains(m.Out.String(), want) {
			t.Errorf("the help lacks %q", want)
		}
	}
	if strings.Contains(m.Out.String(), "--tls-server-name") {
		t.Error("connection flags bury the plugin's own")
	}
}

func TestNoKubeconfig(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	m := startWith(t, "web")
	if err := m.Wait(); err == nil || !strings.Contains(err.Error(), "no cluster to talk to") || errors.Is(err, nil) {
		t.Errorf("got %v", err)
	}
}
