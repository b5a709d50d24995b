package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// buildMlogs builds the program that the demo shows, with the flags of the
// Makefile, so that what was compiled there is not compiled again.
func buildMlogs(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "kubectl-mlogs")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "../../plugins/kubectl-mlogs")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func noEnv(string) string { return "" }

// screens splits what the demo prints at its commands: the text before the first
// one, then one part for each.
func screens(output string) []string { return strings.Split(output, "\n$ kubectl mlogs ") }

func TestStandIn(t *testing.T) {
	binary := buildMlogs(t)
	t.Run("to the end", func(t *testing.T) { toTheEnd(t, binary) })
	t.Run("interrupted", func(t *testing.T) { interrupted(t, binary) })
}

func toTheEnd(t *testing.T, binary string) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"-stand-in", "-live", "5s", "-binary", binary}, noEnv, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	parts := screens(out.String())
	if len(parts) != 5 {
		t.Fatalf("%d screens, want 4:\n%s", len(parts)-1, &out)
	}
	for i, wants := range [][]string{
		{`stand-in`, `make cluster`},
		{`(?m)^web-\S+ web \d\d:`, `(?m)^api-\S+ proxy `, `(?m)^worker-\S+ worker `, `(?m)^migrate-\S+ migrate .*done: 2 migrations`},
		{`listening on :8080`, `FATAL out of file handles`, `worker started`},
		{`(?m)^\{"time":.*"container":"api".*payment gateway timed out`},
		{`NAMESPACE +POD +CONTAINER`, `shop +web-\S+ +web +\S+ +running`, `What to try next`},
	} {
		for _, want := range wants {
			if !regexp.MustCompile(want).MatchString(parts[i]) {
				t.Errorf("part %d has nothing like %s:\n%s", i, want, parts[i])
			}
		}
	}
	if strings.Contains(parts[3], "INFO") {
		t.Errorf("lines that should be left out:\n%s", parts[3])
	}
	inOrder(t, parts[1])
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
func interrupted(t *testing.T, binary string) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	start := time.Now()
	var out bytes.Buffer
	_ = run(ctx, []string{"-stand-in", "-live", "1m", "-binary", binary}, noEnv, &out)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "kubechores-demo-*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var out bytes.Buffer
	if err := run(ctx, []string{"serve"}, noEnv, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "export KUBECONFIG=") {
		t.Errorf("no kubeconfig in:\n%s", &out)
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
