//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	w := newWorld(t)
	w.apply(gateway, strings.Replace(gateway, "name: web,", "name: wide,", 1), strings.Replace(gateway, "name: web,", "name: other,", 1))
	for typed, want := range map[string][]string{
		"gateway/":  {"gateway/other", "gateway/web", "gateway/wide"},
		"gateway/w": {"gateway/web", "gateway/wide"},
		"gatew":     {"gateway/"},
	} {
		run := w.ns.StartCommand(nil, "kubectl", "__complete", "certcheck", "-n", w.shop, typed)
		if code := run.Wait(); code != 0 {
			t.Errorf("%s: exit code %d: %s", typed, code, run.Stderr())
		}
		lines := strings.Split(strings.TrimSpace(run.Stdout()), "\n")
		if got := lines[:len(lines)-1]; !slices.Equal(got, want) { // the last is the directive
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}

// Whatever is traced, Secrets are not.
func TestVerbosity(t *testing.T) {
	w := newWorld(t)
	w.secret(w.shop, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	w.credentials(w.shop)
	w.apply(ingress)
	for _, output := range []string{"tree", "wide", "yaml", "json"} {
		code, out, stderr := w.run("-n", w.shop, "-v", "9", "-o", output)
		if code != 0 || !strings.Contains(out, "web-tls") || !strings.Contains(stderr, "/api/v1/namespaces/"+w.shop+"/secrets") {
			t.Errorf("-v 9 -o %s: exit code %d, nothing traced\n%s%s", output, code, out, stderr)
		}
	}
}
