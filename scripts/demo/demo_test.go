package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// buildPlugins builds the programs that the demo shows, with the flags of the
// Makefile, so that what was compiled there is not compiled again.
func buildPlugins(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", bin + string(filepath.Separator)}
	for _, plugin := range plugins() {
		args = append(args, "../../plugins/"+plugin)
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func noEnv(string) string { return "" }

// screens splits what the demo prints at its commands: the text before the first
// one, then one part for each.
func screens(output string) []string { return strings.Split(output, "\n$ kubectl ") }

func TestStandIn(t *testing.T) {
	bin := buildPlugins(t)
	t.Run("to the end", func(t *testing.T) { toTheEnd(t, bin) })
	t.Run("files", func(t *testing.T) { files(t, bin) })
	t.Run("front page", func(t *testing.T) { frontPage(t, bin) })
	t.Run("interrupted", func(t *testing.T) { interrupted(t, bin) })
}

func toTheEnd(t *testing.T, bin string) {
	leavesNothing(t)
	var out bytes.Buffer
	err := run(t.Context(), []string{"-stand-in", "-live", "5s", "-bin", bin}, noEnv, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	parts := screens(out.String())
	if len(parts) != 12 {
		t.Fatalf("%d screens, want 11:\n%s", len(parts)-1, &out)
	}
	for i, wants := range [][]string{
		{`stand-in`, `make cluster`},
		{`(?m)^web-\S+ web \d\d:`, `(?m)^api-\S+ proxy `, `(?m)^worker-\S+ worker `, `(?m)^migrate-\S+ migrate .*done: 2 migrations`},
		{`listening on :8080`, `FATAL out of file handles`, `worker started`},
		{`--file /var/log/web/audit\.log`, `(?m)^web-\S+ web audit\.log \d{4}-\d\d-\d\dT\S+Z user=`},
		{`(?m)^\{"time":.*"container":"api".*payment gateway timed out`},
		{`NAMESPACE +POD +CONTAINER`, `shop +web-\S+ +web +\S+ +running`},
		{`Pool preempt \(GKE\): 6 nodes that live 24h`, `6 of 6 nodes, and (2 of the 2|3 of the 3) ready pods of Deployment shop/`, `5 replacements \(the fewest that do it\)`},
		{`15%/week +rolling`},
		{`root cause: error IAM01: AWS does not let user cert-manager`, `hence error GWC02 gateway/web`, `fix: Add this to a policy .*ListHostedZonesByName`},
		{`error loopback-listener: .* on 127\.0\.0\.1:3306`, `warning no-probes`, `warning no-sigterm-delay`, `fix: Write the instance with an address: `},
		{`convert -f sql-proxy\.yaml > sql-proxy-v2\.yaml`, `warning: v2 takes the public address by default`},
		{`deployment/default/sql-proxy \(sql-proxy-v2\.yaml:\d+\)  shared, v2 `, `warning networkpolicy-open`, `What to try next`},
	} {
		for _, want := range wants {
			if !regexp.MustCompile(want).MatchString(parts[i]) {
				t.Errorf("part %d has nothing like %s:\n%s", i, want, parts[i])
			}
		}
	}
	if regexp.MustCompile(`kind: |error [a-z-]+: `).MatchString(parts[10] + parts[11]) {
		t.Errorf("what was converted is printed, or not right:\n%s%s", parts[10], parts[11])
	}
	if strings.Contains(parts[4], "INFO") {
		t.Errorf("lines that should be left out:\n%s", parts[4])
	}
	if pipes && !regexp.MustCompile(`(?m)^fifo `+shouted+`$`).MatchString(parts[3]) {
		t.Errorf("nothing came through the pipe:\n%s", parts[3])
	}
	inOrder(t, parts[1])
	numbered(t, parts[3])
}

// numbered checks that each pod's lines of the audit log came once and in order,
// and live ones after the past.
func numbered(t *testing.T, screen string) {
	t.Helper()
	const past, live = 3, 1 // lines of a pod, at least
	last, found := map[string]int{}, map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^(web-\S+) web audit\.log \S+ user=.* order=(\d+)$`).FindAllStringSubmatch(screen, -1) {
		order, _ := strconv.Atoi(m[2])
		if before := last[m[1]]; before > 0 && order != before+1 {
			t.Errorf("order %d of %s comes after %d", order, m[1], before)
		}
		last[m[1]] = order
		found[m[1]]++
	}
	for pod, n := range found {
		if n < past+live {
			t.Errorf("only %d lines of %s:\n%s", n, pod, screen)
		}
	}
	if len(found) != webPods {
		t.Errorf("lines of %d pods:\n%s", len(found), screen)
	}
}

// files reads files of the stand-in in ways that no screen shows.
func files(t *testing.T, bin string) {
	st, err := newStandIn(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer st.close(io.Discard)
	for _, c := range []struct {
		name, file, want string
		count            int
	}{
		{"a pattern", "/var/log/web/*.log", `(?m)^web-\S+ web audit\.log \S+Z user=\S+ action=`, 3 * webPods},
		{"the host's file", "/etc/passwd", `there is no such file`, 1},
		{"a directory", "/var/log/web", `this is a directory`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			s := &show{stage: st, bin: bin, out: &out}
			_ = s.once(t.Context(), mlogs, []string{"-n", st.namespace(), "deploy/web", "--no-follow", "--tail", "3", "--file", c.file})
			if found := regexp.MustCompile(c.want).FindAllString(out.String(), -1); len(found) < c.count {
				t.Errorf("%d times %s, want %d or more:\n%s", len(found), c.want, c.count, &out)
			}
		})
	}
}

// leavesNothing checks at the end of the test that no temporary folder is left.
func leavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Cleanup(func() {
		if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "kubechores-demo-*")); len(left) > 0 {
			t.Errorf("left behind: %s", left)
		}
	})
}

// inOrder checks the times of lines "POD CONTAINER hh:mm:ss.mmm MESSAGE".
func inOrder(t *testing.T, screen string) {
	t.Helper()
	last, found := "", 0
	for line := range strings.Lines(screen) {
		m := regexp.MustCompile(`^\S+ \S+ (\d\d:\d\d:\d\d\.\d{3}) `).FindStringSubmatch(line)
		// Midnight is the one time when a later line has a smaller hour.
		if m == nil || (strings.HasPrefix(last, "23") && strings.HasPrefix(m[1], "00")) {
			continue
		}
		if m[1] < last {
			t.Errorf("%s comes after one of %s", line, last)
		}
		last = m[1]
		found++
	}
	if found < 20 {
		t.Errorf("only %d lines with a time", found)
	}
}

// An interrupt in the middle ends the demo soon, and leaves nothing behind.
func interrupted(t *testing.T, bin string) {
	leavesNothing(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	start := time.Now()
	var out bytes.Buffer
	_ = run(ctx, []string{"-stand-in", "-live", "1m", "-bin", bin}, noEnv, &out)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

// Whether there is no pipe yet, or one that nobody reads: the demo goes on.
func TestShoutWaitsForNobody(t *testing.T) {
	if !pipes {
		t.Skip("no named pipes here")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mkfifo", filepath.Join(dir, "deaf")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"missing", "deaf"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		done := make(chan struct{})
		go func() {
			defer close(done)
			shout(ctx, filepath.Join(dir, name), shouted)
		}()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Fatalf("it waits for the reader of a pipe that is %s", name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
		t.Error("the demo made the pipe itself")
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var out bytes.Buffer
	if err := run(ctx, []string{"serve"}, noEnv, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"export KUBECONFIG=", "--file /var/log/web/audit.log"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in:\n%s", want, &out)
		}
	}
}

// A cluster that the user named and that does not answer is an error: nobody
// wants a stand-in in its place.
func TestNamedClusterMustAnswer(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	env := func(name string) string {
		if name == "E2E_KUBECONFIG" {
			return missing
		}
		return ""
	}
	var out bytes.Buffer
	_, err := settings{}.choose(t.Context(), env, &out)
	if err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("error %v", err)
	}
}

// TestRecipe: what the demo shows is what the README of sqlproxy shows.
func TestRecipe(t *testing.T) {
	readme, err := os.ReadFile("../../plugins/kubectl-sqlproxy/testdata/" + recipeFile)
	if err != nil {
		t.Fatal(err)
	}
	if shown, err := bundle.ReadFile("bundle/" + recipeFile); err != nil || !bytes.Equal(shown, readme) {
		t.Errorf("the two files called %s differ, or %v", recipeFile, err)
	}
}

func TestTestCluster(t *testing.T) {
	env := func(name string) string {
		if name == "KUBECHORES_CLUSTER_DIR" {
			return "/somewhere"
		}
		return ""
	}
	if got := testCluster(env); got != "/somewhere/kubeconfig" {
		t.Errorf("kubeconfig at %s", got)
	}
}
