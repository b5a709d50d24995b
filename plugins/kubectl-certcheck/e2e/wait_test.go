//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestWait(t *testing.T) {
	w := newWorld(t)
	w.apply(ingress)
	args := []string{"ingress/web", "-n", w.shop, "--wait", "-o", "json"}

	begin := time.Now()
	over := w.start(nil, append(args, "--timeout", "20s")...)
	interrupted := w.start(nil, args...)
	done := w.start(nil, append(args, "--timeout", "180s")...)

	for _, run := range []*realcluster.Run{done, interrupted} {
		run.Says("waiting: ING01")
	}
	if code := over.Wait(); code != 3 || !strings.Contains(over.Stderr(), "after 20s still waiting: ING01") {
		t.Errorf("timeout: exit code %d, want 3; stderr: %s", code, over.Stderr())
	}
	if took := time.Since(begin); took > 90*time.Second {
		t.Errorf("a timeout of 20s took %v", took)
	}
	if code := interrupted.Stop(); code != 130 {
		t.Errorf("interrupted: exit code %d, want 130", code)
	}
	if interrupted.Stdout() != "" {
		t.Errorf("interrupted, it printed %s", interrupted.Stdout())
	}
	if done.Ended() {
		t.Error("it did not wait")
	}
	w.secret(w.shop, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	if code := done.Wait(); code != 0 {
		t.Errorf("once the Secret is there: exit code %d, want 0", code)
	}
	r := &report{t: t, w: w}
	if err := json.Unmarshal([]byte(done.Stdout()), r); err != nil {
		t.Errorf("stdout is not the one report: %v\n%s", err, done.Stdout())
	}
	r.finds("Ingress.networking.k8s.io/web", "")
	w.guard(args, over)
	w.guard(args, interrupted)
	w.guard(args, done)
}
