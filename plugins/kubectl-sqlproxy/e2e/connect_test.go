//go:build e2e

package e2e

import (
	"os/exec"
	"strings"
	"testing"
	"time"
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

	// One connect for several clients, while the pods are replaced.
	const script = `for n in 1 2 3 4 5 6; do
  psql -XAtqw -c "select 'answer $n'" || exit 1
  [ $n = 1 ] && kubectl delete pod -n "$NS" -l app.kubernetes.io/name=sql-proxy --wait=false >&2
  sleep 8
done`
	r := w.ns.StartCommand([]string{"PGPASSWORD=" + password, "NS=" + w.ns.Name}, "kubectl", "sqlproxy", "connect", "-n", w.ns.Name, "--instance", "orders",
		"-U", user, "-d", "shop", "--", "sh", "-c", script)
	if code := r.WaitFor(4 * time.Minute); code != 0 || strings.Count(r.Stdout(), "answer") != 6 {
		t.Errorf("exit code %d, got %q\n%s", code, r.Stdout(), r.Stderr())
	}
}
