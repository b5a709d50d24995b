package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// TestCompletionThroughKubectl as a shell asks it.
func TestCompletionThroughKubectl(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	if err := srv.Create(kubetest.Pod("shop", "alone"), kubetest.Pod("shop", "other")); err != nil {
		t.Fatal(err)
	}
	c := kubetest.NewCompletion(t, srv, "mlogs", asPlugin+"=yes", "kubectl_complete-mlogs")
	for args, want := range map[string][]string{
		"mlogs -n shop al":  {"alone"},
		"mlogs -n sh":       {"shop"},
		"mlogs compl":       {"completion"},
		"mlogs completion ": nil,
		"mlogs -o j":        {"json", "jsonpath="},
	} {
		if got := c.Words(strings.Split(args, " ")...); !slices.Equal(got, want) {
			t.Errorf("kubectl %s: %q, want %q", args, got, want)
		}
	}
}

// TestCompletionIsNoQuery: the word is the command in front, and a query elsewhere.
func TestCompletionIsNoQuery(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	if err := srv.Create(kubetest.Pod("shop", "web"), kubetest.Pod("shop", "completion-0"), kubetest.Pod("completion", "web-1")); err != nil {
		t.Fatal(err)
	}
	m := startWith(t, "completion")
	if err := m.Wait(); err != nil || !strings.HasPrefix(m.Out.String(), "#!/bin/sh\n") || !strings.Contains(m.Err.String(), "PATH") {
		t.Errorf("%v: %q, %q", err, m.Out.String(), m.Err.String())
	}
	for args, want := range map[string][]string{
		"-n shop web completion":    {"completion-0", "web"},
		"-n shop -- completion":     {"completion-0"},
		"-n shop pod/completion-0":  {"completion-0"},
		"-n completion web":         {"web-1"},
		"--namespace completion we": {"web-1"},
	} {
		m := start(t, srv, append([]string{"--dry-run"}, strings.Fields(args)...)...)
		if err := m.Wait(); err != nil {
			t.Errorf("%s: %v", args, err)
		}
		var got []string
		for _, pod := range []string{"completion-0", "web", "web-1"} {
			if slices.Contains(strings.Fields(m.Out.String()), pod) {
				got = append(got, pod)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q:\n%s", args, got, want, m.Out.String())
		}
	}
	m = start(t, srv, "-n", "shop", "completion", "web")
	if err := m.Wait(); err == nil || m.Out.String() != "" {
		t.Errorf("with words that it does not take: %v, %q", err, m.Out.String())
	}
}
