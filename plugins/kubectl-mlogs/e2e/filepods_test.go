//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// userlands are the images with a shell: their stat, dd and ls are different
// programs.
var userlands = map[string]string{
	"busybox": realcluster.LogwriterImage, "gnu": realcluster.GNUImage,
	"notail": realcluster.NoTailImage, "nostat": realcluster.NoStatImage,
}

// fileWriter is a container that writes numbered lines to files in /logs, a
// volume that outlives it; script starts the writers, the last one by exec. Each
// run of the container has a prefix of its own in $id.
func fileWriter(image, script string) corev1.Container {
	c := realcluster.Container("app", image, "sh", "-c", "id=$(cat /proc/sys/kernel/random/uuid); w() { /usr/local/bin/logwriter -prefix=$id \"$@\"; }; "+script)
	c.VolumeMounts = []corev1.VolumeMount{{Name: "logs", MountPath: "/logs"}}
	return c
}

// filePod is a pod with fileWriter's volume.
func filePod(name string, c corev1.Container) *corev1.Pod {
	p := realcluster.Pod(name, c)
	p.Spec.Volumes = []corev1.Volume{{Name: "logs"}}
	return p
}

// sh runs a script in the pod's container.
func sh(ns *realcluster.Namespace, pod, script string) string {
	return ns.Kubectl("exec", "-n", ns.Name, pod, "-c", "app", "--", "sh", "-c", script)
}

// inFiles are the lines that a pod's files hold, rotated ones included.
func inFiles(ns *realcluster.Namespace, pod, pattern string) []string {
	return strings.Split(strings.TrimSuffix(sh(ns, pod, "cat "+pattern), "\n"), "\n")
}

// printedUnder are the messages that were printed under a prefix.
func printedUnder(out, prefix string) []string {
	var lines []string
	for line := range strings.Lines(out) {
		if message, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), prefix); ok {
			lines = append(lines, message)
		}
	}
	return lines
}

// expectFileLines fails unless each of the written lines was printed once, and
// each line's successor after it. Lines that were printed and are in no file any
// more are those that copytruncate loses: as many as allowed.
func expectFileLines(t *testing.T, what string, written, printed []string, allowed int) {
	t.Helper()
	counts := map[string]int{}
	for _, line := range printed {
		counts[line]++
	}
	lost, doubled := 0, 0
	for _, line := range written {
		switch counts[line] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
		delete(counts, line)
	}
	t.Logf("%s: %d lines in the files, %d printed: lost %d, twice %d, only printed %d", what, len(written), len(printed), lost, doubled, len(counts))
	if lost > 0 || doubled > 0 || len(counts) > allowed {
		t.Errorf("%s: lost %d, twice %d, in no file %d", what, lost, doubled, len(counts))
	}
	if !slices.IsSortedFunc(printed, func(a, b string) int {
		if a[:36] != b[:36] { // another run of the container
			return 0
		}
		return strings.Compare(a, b)
	}) {
		t.Errorf("%s: out of order", what)
	}
}

// untilPrinted waits until a line is printed.
func untilPrinted(ns *realcluster.Namespace, run *realcluster.Run, line string) {
	ns.Until("line "+line, 3*time.Minute, func() error {
		if !strings.Contains(run.Stdout(), line) {
			return fmt.Errorf("not printed yet; stderr: %s", run.Stderr())
		}
		return nil
	})
}

func atLeast(n int, lines []string) error {
	if len(lines) < n {
		return fmt.Errorf("%d lines, want %d", len(lines), n)
	}
	return nil
}
