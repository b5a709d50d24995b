//go:build e2e

package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// psql on this machine reaches the database behind the proxy, and goes on to do so when
// the pod that led there is gone.
func TestConnect(t *testing.T) {
	w := newWorld(t)
	psql, err := exec.LookPath("psql")
	if err != nil {
		w.ns.Cannot("psql is needed on this machine (Debian package postgresql-client)")
	}
	w.sqlproxy(0, "apply", w.wanted()...)
	query := []string{"--instance", "orders", "-U", user, "-d", "shop", "--", "env", "PGPASSWORD=" + password, psql, "-XAtqw", "-c", "select 6 * 7, current_user"}
	out, _ := w.sqlproxy(0, "connect", query...)
	if want := "42|" + user; strings.TrimSpace(out) != want {
		t.Errorf("got %q, want %q", out, want)
	}
	// Its exit code is the command's.
	w.sqlproxy(7, "connect", "--instance", "orders", "--", "sh", "-c", "exit 7")

	// One connect for several clients, and for more than the life of a pod.
	r := w.start("connect", "--instance", "orders", "-U", user, "-d", "shop", "--local-port", strconv.Itoa(freePort(t)))
	r.Says("now by pod ")
	_, rest, _ := strings.Cut(r.Stderr(), "now by pod ")
	pod, _, _ := strings.Cut(rest, ";")
	ask := func(when string) {
		if err := w.answer(r); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	ask("at first")
	w.ns.Kubectl("delete", "pod", pod, "-n", w.ns.Name, "--wait=false")
	ask("while its pod ends")
	w.ns.Kubectl("wait", "--for=delete", "pod/"+pod, "-n", w.ns.Name, "--timeout=180s")
	ask("when its pod is gone")
	r.Says("no more to " + pod)
	if code := r.Stop(); code != 130 {
		t.Errorf("after SIGINT: exit code %d\n%s", code, r.Stderr())
	}
}
