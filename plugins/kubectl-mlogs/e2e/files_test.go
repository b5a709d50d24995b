//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Files that are renamed, and files that are copied and truncated, under load.
func TestFilesRotated(t *testing.T) {
	ns := realcluster.New(t)
	run := ns.Start("mlogs", "rotated", "-c", "^app$", "--file", "/logs/app.log")
	run.Says("no pod is selected")
	var pods []any
	for name, image := range userlands {
		pods = append(pods, filePod("rotated-"+name, fileWriter(image, "exec /usr/local/bin/logwriter -prefix=$id -file=/logs/app.log -lines=20000 -rate=1000 -size=100 -after=1h")))
	}
	ns.Apply(pods...)
	ns.Running("", len(userlands))
	t.Run("pods", func(t *testing.T) {
		for name := range userlands {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ns := ns.For(t)
				pod := "rotated-" + name
				sh(ns, pod, `cd /logs; for i in 1 2 3; do
					sleep 2; mv app.log app.log.r$i; sleep 0.5; kill -HUP 1
					sleep 2; cp app.log app.log.c$i; : > app.log
				done`)
				last := pod + " app app.log "
				ns.Until("the last line", 2*time.Minute, func() error {
					if lines := printedUnder(run.Stdout(), last); len(lines) == 0 || !strings.Contains(lines[len(lines)-1], " 000020000 ") {
						return fmt.Errorf("%d lines; stderr: %s", len(lines), run.Stderr())
					}
					return nil
				})
				expectFileLines(t, name, inFiles(ns, pod, "/logs/*"), printedUnder(run.Stdout(), last), 200)
			})
		}
	})
	if said := run.Stderr(); strings.Contains(said, "gap") {
		t.Errorf("a gap was told:\n%s", said)
	}
	run.Stop()
}

// A container that crashes and is started again, with its files on a volume, and
// a pod that is replaced.
func TestFilesThroughRestarts(t *testing.T) {
	ns := realcluster.New(t)
	run := ns.Start("mlogs", "restarts", "--file", "/logs/app.log")
	run.Says("no pod is selected")
	// The third run stays: one that ends at once is gone before a busy machine has looked.
	pod := filePod("restarts", fileWriter(realcluster.LogwriterImage, `write="/usr/local/bin/logwriter -prefix=$id -file=/logs/app.log -lines=3000 -rate=1500 -size=80"
[ -e /logs/second ] && exec $write -after=1h
[ -e /logs/first ] && : >/logs/second
: >/logs/first
$write; exit 1`))
	pod.Spec.RestartPolicy = corev1.RestartPolicyAlways
	ns.Apply(pod)
	ns.UntilPods("the third run", "app=restarts", 1, func(p *corev1.Pod) bool {
		return realcluster.Restarts(p) == 2 && p.Status.ContainerStatuses[0].State.Running != nil
	})
	written := inFiles(ns, "restarts", "/logs/app.log")
	written = written[:len(written)-1] // may be unfinished
	untilPrinted(ns, run, written[len(written)-1])
	printed := printedUnder(run.Stdout(), "restarts app app.log ")
	expectFileLines(t, "restarts", written, printed, len(printed)-len(written)+1)

	ns.Kubectl("delete", "pod", "-n", ns.Name, "restarts", "--wait")
	run.Says("gap: lines of " + ns.Name + "/restarts/app:/logs/app.log may be missing")
	ns.Apply(filePod("restarts", fileWriter(realcluster.GNUImage, "exec /usr/local/bin/logwriter -prefix=$id -file=/logs/app.log -lines=500 -rate=500 -after=1h")))
	ns.Running("app=restarts", 1)
	run.Prints(" 000000500\n")
	all := printedUnder(run.Stdout(), "restarts app app.log ")
	second := all[len(all)-500:]
	expectFileLines(t, "the next pod", inFiles(ns, "restarts", "/logs/app.log"), second, 0)
	run.Stop()
}

// Twenty files at once, found by a pattern, some of which come late.
func TestTwentyFiles(t *testing.T) {
	ns := realcluster.New(t)
	const script = `for i in 1 2 3 4; do w -file=/logs/f$i.log -lines=2000 -rate=500 & done; sleep 3; exec /usr/local/bin/logwriter -prefix=$id -file=/logs/f5.log -lines=2000 -rate=500 -after=1h`
	var pods []any
	for i, image := range []string{realcluster.LogwriterImage, realcluster.GNUImage, realcluster.NoTailImage, realcluster.NoStatImage} {
		pods = append(pods, filePod(fmt.Sprintf("many-%d", i), fileWriter(image, script)))
	}
	ns.Apply(pods...)
	ns.Running("", 4)
	run := ns.Start("mlogs", "many", "--file", "/logs/*.log", "--tail=-1")
	for pod := range 4 {
		for file := 1; file <= 5; file++ {
			prefix := fmt.Sprintf("many-%d app f%d.log ", pod, file)
			ns.Until("all lines of "+prefix, 2*time.Minute, func() error {
				if n := len(printedUnder(run.Stdout(), prefix)); n < 2000 {
					return fmt.Errorf("%d lines; stderr: %s", n, run.Stderr())
				}
				return nil
			})
			written := inFiles(ns, fmt.Sprintf("many-%d", pod), fmt.Sprintf("/logs/f%d.log", file))
			expectFileLines(t, prefix, written, printedUnder(run.Stdout(), prefix), 0)
		}
	}
	if code := run.Stop(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	expectQuiet(t, run)
}

// Nothing stays behind in a container: no process, and no zombie of one, for
// process 1 is a program that waits for nobody.
func TestNothingStaysInTheContainer(t *testing.T) {
	ns := realcluster.New(t)
	var pods []any
	for name, image := range userlands {
		pods = append(pods, filePod("clean-"+name, fileWriter(image, "exec /usr/local/bin/logwriter -file=/logs/app.log -rate=100")))
	}
	ns.Apply(pods...)
	ns.Running("", len(userlands))
	processes := func(pod string) int {
		return len(strings.Fields(sh(ns, pod, "echo /proc/[0-9]*")))
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		run := ns.Start("mlogs", "clean", "--file", "/logs/app.log", "--file", "/logs/*.log", "--file", "/logs/not.yet")
		for name := range userlands {
			run.Prints("clean-" + name + " app ")
		}
		run.Signal(signal)
		run.Wait()
		for name := range userlands {
			began := time.Now()
			ns.Until("processes gone after "+signal.String(), 30*time.Second, func() error {
				if n := processes("clean-" + name); n > 2 { // the program, and the shell that looks
					return fmt.Errorf("%d processes in clean-%s", n, name)
				}
				return nil
			})
			t.Logf("%s: clean-%s is clean after %s", signal, name, time.Since(began).Round(time.Millisecond))
		}
	}
}
