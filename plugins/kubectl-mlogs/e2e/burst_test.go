//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Four pods write 5,000 lines at once, again and again: lines stay whole.
func TestBursts(t *testing.T) {
	ns := realcluster.New(t)
	node := ns.Nodes()[0] // its logs are not rotated at this size
	files := ns.KeepLogFiles()
	var pods []any
	for i := range 4 {
		pods = append(pods, realcluster.On(node, realcluster.Pod(fmt.Sprintf("burst-%d", i),
			realcluster.Writer("app", "-lines=20000", "-rate=5000", "-burst=5000", "-size=120"))))
	}
	ns.Apply(pods...)
	run := ns.Start("mlogs", "burst", "--until-done")
	if code := run.Wait(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if n := expectComplete(t, run, files); n != 4 {
		t.Errorf("%d instances, want 4", n)
	}
	expectQuiet(t, run)
}
