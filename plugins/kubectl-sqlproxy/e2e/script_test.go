//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// script runs in bash what `kubectl sqlproxy COMMAND ARGS --print-script` prints. It begins
// in a folder of its own, dir, where the script may leave files.
func (w *world) script(env []string, command string, args ...string) (r *realcluster.Run, dir string) {
	w.t.Helper()
	text, _ := w.sqlproxy(0, command, append([]string{"--print-script"}, args...)...)
	dir = w.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script.sh"), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return w.ns.StartCommand(env, "sh", "-c", `cd "$0" && exec bash script.sh`, dir), dir
}

// scripted runs such a script to its end, which has to be a good one.
func (w *world) scripted(env []string, command string, args ...string) (r *realcluster.Run, dir string) {
	w.t.Helper()
	r, dir = w.script(env, command, args...)
	code := r.WaitFor(patience)
	w.guard(r)
	if code != 0 {
		w.t.Fatalf("the script of %s: exit code %d\n%s%s", command, code, r.Stdout(), r.Stderr())
	}
	return r, dir
}

// The script of apply, with kubectl alone, brings up a proxy that clients reach; a second run
// changes nothing. That of connect leads this machine's psql there.
func TestScripts(t *testing.T) {
	w := newWorld(t)
	w.clients()
	w.scripted([]string{"YES=1"}, "apply", w.wanted()...)
	w.ns.Running(proxies, 2)
	if got := w.psql(w.service("sql-proxy-orders"), "select 40 + 2, current_user"); got != "42|"+user {
		t.Errorf("PostgreSQL: got %q", got)
	}
	if got := w.mysql(w.service("sql-proxy-stock"), "select 40 + 2"); got != "42" {
		t.Errorf("MariaDB: got %q", got)
	}

	before := w.made()
	if r, _ := w.scripted([]string{"DRY_RUN=1"}, "apply", w.wanted()...); r.Stdout() != "" {
		t.Errorf("something would change:\n%s", r.Stdout())
	}
	w.scripted([]string{"YES=1"}, "apply", w.wanted()...)
	if after := w.made(); after != before {
		t.Errorf("before the second run:\n%s\nafter it:\n%s", before, after)
	}
	// Nor would the plugin change what the script has made.
	if out, said := w.sqlproxy(0, "apply", w.wanted("--dry-run=server")...); strings.Contains(out, "create ") || strings.Contains(out, "change ") {
		t.Errorf("the plugin makes other objects:\n%s%s", out, said)
	}
	t.Run("connect", func(t *testing.T) { w.in(t).connectScript() })
}

// made are the objects of the proxy, each with what changes when it is written: of those whose
// status somebody else writes it is the number of their specification.
func (w *world) made() string {
	w.t.Helper()
	get := func(kinds, path string) string {
		return w.ns.Kubectl("get", kinds, "-n", w.ns.Name, "-l", "app.kubernetes.io/instance=sql-proxy",
			"-o", `jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} {`+path+`}{"\n"}{end}`)
	}
	all := get("secret,serviceaccount,service,networkpolicy", ".metadata.resourceVersion") + get("deployment,pdb,pod", ".metadata.generation")
	for _, kind := range []string{"Secret/", "Service/", "NetworkPolicy/", "Deployment/", "PodDisruptionBudget/", "Pod/"} {
		if !strings.Contains(all, kind) {
			w.t.Errorf("there is no %s:\n%s", kind, all)
		}
	}
	return all
}

// connectScript: the script's port leads to the database, still when the pods are gone that
// were there at first, and with TERM all of it ends.
func (w *world) connectScript() {
	w.t.Helper()
	r, _ := w.script(nil, "connect", "--instance", "orders", "-U", user, "-d", "shop", "--local-port", strconv.Itoa(freePort(w.t)))
	// When the test fails: SIGKILL, which comes after this, would leave its kubectl behind.
	w.t.Cleanup(func() {
		r.Signal(syscall.SIGTERM)
		for end := time.Now().Add(20 * time.Second); !r.Ended() && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		}
	})
	w.awaitAnswer(r)
	w.ns.Kubectl("delete", "pod", "-n", w.ns.Name, "-l", proxies, "--grace-period=1")
	w.awaitAnswer(r)
	r.Says("the port-forward has ended")

	r.Signal(syscall.SIGTERM)
	if code := r.WaitFor(time.Minute); code != 128+int(syscall.SIGTERM) {
		w.t.Errorf("after SIGTERM: exit code %d\n%s", code, r.Stderr())
	}
	if left := w.forwards(); len(left) > 0 {
		w.t.Errorf("these go on: %v", left)
	}
}

// forwards are the port-forwards of kubectl to the namespace that run on this machine.
func (w *world) forwards() []int {
	return processes(func(cmdline []string) bool {
		line := strings.Join(cmdline, " ")
		return strings.Contains(line, "port-forward") && strings.Contains(line, w.ns.Name)
	}, "")
}

// freePort is a port of this machine that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// awaitAnswer runs the line that a connect prints for its user to run, until an answer comes
// by it: the port may have been printed before it is open.
func (w *world) awaitAnswer(connect *realcluster.Run) {
	w.t.Helper()
	w.ns.Until("an answer to "+strings.TrimSpace(connect.Stdout()), 3*time.Minute, func() error {
		if connect.Ended() {
			return errors.New("the connection has ended")
		}
		return w.answer(connect)
	})
}

func (w *world) answer(connect *realcluster.Run) error {
	w.t.Helper()
	connect.Prints("psql ")
	line := strings.TrimSpace(connect.Stdout())
	r := w.ns.StartCommand([]string{"PGPASSWORD=" + password, "PGCONNECT_TIMEOUT=60"}, "sh", "-c", line+` -XAtqw -c "select 6 * 7, current_user"`)
	if code, got := r.WaitFor(2*time.Minute), strings.TrimSpace(r.Stdout()); code != 0 || got != "42|"+user {
		return fmt.Errorf("%s: exit code %d, %q\n%s", line, code, got, r.Stderr())
	}
	return nil
}
