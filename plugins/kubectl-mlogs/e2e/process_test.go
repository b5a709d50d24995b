//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Exit codes of signals, and a reader that leaves early.
func TestProcess(t *testing.T) {
	ns := realcluster.New(t)
	ns.Apply(realcluster.Pod("web", realcluster.Writer("app", "-rate=50")))
	ns.Running("", 1)
	binary := filepath.Join(realcluster.Bin(), "kubectl-mlogs")
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		for name, command := range map[string][]string{"binary": {binary}, "kubectl": {"kubectl", "mlogs"}} {
			t.Run(name+" "+signal.String(), func(t *testing.T) {
				ns := ns.For(t)
				run := ns.StartCommand(nil, command[0], append(command[1:], "-n", ns.Name, "web")...)
				run.Prints("web app ")
				run.Signal(signal)
				if got := run.Wait(); got != code {
					t.Errorf("exit code %d, want %d", got, code)
				}
				if out := run.Stdout(); !strings.HasSuffix(out, "\n") {
					t.Errorf("the last line is torn: %.100q", out[strings.LastIndex(out, "\n")+1:])
				}
				if run.Stderr() != "" {
					t.Errorf("stderr: %s", run.Stderr())
				}
			})
		}
	}
	t.Run("head", func(t *testing.T) {
		ns := ns.For(t)
		run := ns.StartCommand(nil, "bash", "-c", `kubectl mlogs -n "$1" web | head -1; echo "status ${PIPESTATUS[0]}"`, "bash", ns.Name)
		run.Wait()
		lines := strings.Split(run.Stdout(), "\n")
		if len(lines) != 3 || !strings.HasPrefix(lines[0], "web app ") || lines[1] != "status 0" {
			t.Errorf("stdout is %q, want a line and status 0", run.Stdout())
		}
		if run.Stderr() != "" {
			t.Errorf("stderr: %s", run.Stderr())
		}
	})
}
