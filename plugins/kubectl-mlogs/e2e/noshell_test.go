//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// A container without a shell: how to read its files by hand, and the
// ephemeral container that does it.
func TestNoShell(t *testing.T) {
	ns := realcluster.New(t)
	c := realcluster.Container("app", realcluster.ScratchWriterImage)
	c.Args = []string{"-file=/app.log", "-rate=200", "-lines=3000", "-after=1h"}
	ns.Apply(realcluster.Pod("bare", c))
	ns.Running("", 1)
	run := ns.Start("mlogs", "bare", "--file", "/app.log", "--no-follow")
	if code := run.Wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	byHand := fmt.Sprintf("kubectl debug -n %s bare -it --profile=general --image=busybox --target=app -- tail -n 10 -F /proc/1/root/app.log\n", ns.Name)
	if said := run.Stderr(); !strings.Contains(said, "there is no shell in the container") || !strings.Contains(said, byHand) {
		t.Errorf("stderr lacks %q:\n%s", byHand, said)
	}
	debug := ns.Start("mlogs", "bare", "--file", "/app.log", "--tail=-1", "--debug-image", realcluster.BusyboxImage)
	debug.Prints(" 000003000\n")
	if lines := printedUnder(debug.Stdout(), "bare app app.log line "); len(lines) != 3000 || lines[0] != "000000001" {
		t.Errorf("%d lines, the first is %q", len(lines), lines[0])
	}
	debug.Says("stays in the pod's spec")
	again := ns.Start("mlogs", "bare", "--file", "/app.log", "--no-follow", "--debug-image", realcluster.BusyboxImage)
	if code := again.Wait(); code != 0 || strings.Count(again.Stdout(), "\n") != 3000 || again.Stderr() != "" {
		t.Errorf("a second run: exit code %d, %d lines, stderr %s", code, strings.Count(again.Stdout(), "\n"), again.Stderr())
	}
	if made := ns.KubectlFields("get", "pod", "bare", "-n", ns.Name, "-o", "jsonpath={.spec.ephemeralContainers[*].name}"); len(made) != 1 {
		t.Errorf("ephemeral containers: %v, want one", made)
	}
}
