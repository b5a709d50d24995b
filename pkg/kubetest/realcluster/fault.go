package realcluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Fault runs a command of scripts/cluster, such as "restart-apiserver" or
// "restart-kubelet", "node1", and returns when the cluster has done it. Only for
// tests that began with NewAlone.
func (n *Namespace) Fault(args ...string) {
	n.t.Helper()
	if shared.native == "" {
		n.Cannot("faults can be caused only on the cluster that scripts/cluster runs itself")
	}
	cmd := exec.Command("go", append([]string{"-C", filepath.Join(shared.root, "scripts", "cluster"), "run", "."}, args...)...)
	for _, v := range os.Environ() {
		// With this variable the program would take its own cluster for another's.
		if !strings.HasPrefix(v, "E2E_KUBECONFIG=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "KUBECHORES_CLUSTER_DIR="+shared.native)
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("cluster %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
