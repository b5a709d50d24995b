//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// The two scripts that do without mlogs: the one for any pods, and the one that
// mlogs prints for those that match.
func TestScripts(t *testing.T) {
	ns := realcluster.New(t)
	var pods []any
	images := map[string]string{"by-hand-a": realcluster.LogwriterImage, "by-hand-b": realcluster.GNUImage, "by-hand-c": realcluster.LogwriterImage}
	for name, image := range images {
		pod := filePod(name, fileWriter(image, "exec /usr/local/bin/logwriter -prefix=$id -file=/logs/hoge_log -lines=1500 -rate=300 -after=1h"))
		pod.Labels["app"] = "by-hand"
		pods = append(pods, pod)
	}
	ns.Apply(pods...)
	ns.Running("", len(images))
	printed := filepath.Join(t.TempDir(), "printed.sh")
	text := ns.Kubectl("mlogs", "-n", ns.Name, "-l", "app=by-hand", "--file", "/logs/hoge_*", "--tail=-1", "--print-script")
	if err := os.WriteFile(printed, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	anyPods := filepath.Join(filepath.Dir(realcluster.Bin()), "scripts", "mlogs.sh")
	// A signal that is ignored here, as in a background job, could not be trapped there.
	env := []string{"env", "--default-signal=INT"}
	for name, command := range map[string][]string{
		"printed":  append(env[:2:2], "bash", printed),
		"mlogs.sh": append(env[:2:2], "bash", anyPods, "-n", ns.Name, "-l", "app=by-hand", "-c", "app", "--file", "/logs/hoge_log"),
	} {
		t.Run(name, func(t *testing.T) {
			ns := ns.For(t)
			run := ns.StartCommand(nil, command[0], command[1:]...)
			for pod := range images {
				prefix := pod + " app hoge_log "
				ns.Until("all lines of "+pod, 2*time.Minute, func() error { return atLeast(1500, printedUnder(run.Stdout(), prefix)) })
				expectFileLines(t, pod, inFiles(ns, pod, "/logs/hoge_log"), printedUnder(run.Stdout(), prefix), 0)
			}
			if code := run.Stop(); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
			killed := ns.StartCommand(nil, command[0], command[1:]...)
			killed.Prints("by-hand-a app hoge_log ")
			if tails(ns, "by-hand-a") == "" {
				t.Error("no tail runs in by-hand-a, or it is not seen")
			}
			killed.Signal(syscall.SIGKILL)
			for pod := range images {
				ns.Until("no tail in "+pod, 30*time.Second, func() error {
					if found := tails(ns, pod); found != "" {
						return fmt.Errorf("still there: %s", found)
					}
					return nil
				})
			}
		})
	}
}

// tails are the command lines of the tails that run in a pod.
func tails(ns *realcluster.Namespace, pod string) string {
	const script = `for p in /proc/[0-9]*; do tr '\0' ' ' <$p/cmdline 2>/dev/null; echo; done | grep '^tail ' || true`
	return strings.TrimSpace(sh(ns, pod, script))
}
