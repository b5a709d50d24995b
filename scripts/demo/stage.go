package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// stage is a cluster on which the demo plays.
type stage interface {
	// begin brings up what the screens show.
	begin(ctx context.Context, out io.Writer) error
	// close removes all that begin made, also when begin was interrupted.
	close(out io.Writer) error

	kubeconfig() string
	namespace() string
	// pool is a command line of stagger, without its flags, for nodes to plan for.
	pool() []string
	// rollout and crash make things happen in the live screen. They return when
	// it has happened, or with ctx.
	rollout(ctx context.Context)
	crash(ctx context.Context)
}

// choose takes the cluster that the user names, else the test cluster where it
// is up, else the stand-in, and says which.
func (s settings) choose(ctx context.Context, getenv func(string) string, out io.Writer) (stage, error) {
	if s.standIn {
		return newStandIn(out)
	}
	if named := getenv("E2E_KUBECONFIG"); named != "" {
		st, err := newRealStage(named, publicImage)
		if err == nil {
			err = st.answers(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("the cluster of E2E_KUBECONFIG=%s: %w", named, err)
		}
		fmt.Fprintf(out, "This demo runs on the real cluster that E2E_KUBECONFIG names, in a namespace of its own, %s.\n", st.namespace())
		return st, nil
	}
	if st, err := newRealStage(testCluster(getenv), ownImage); err == nil && st.answers(ctx) == nil {
		fmt.Fprintf(out, "This demo runs on a real Kubernetes, the test cluster of this machine, in a namespace of its own, %s.\n", st.namespace())
		return st, nil
	}
	return newStandIn(out)
}

// testCluster is where scripts/cluster keeps its kubeconfig; see the README there.
func testCluster(getenv func(string) string) string {
	dir := getenv("KUBECHORES_CLUSTER_DIR")
	if dir == "" {
		dir = "/var/lib/kubechores-cluster"
		if home, err := os.UserHomeDir(); err == nil && os.Getuid() != 0 {
			state := getenv("XDG_STATE_HOME")
			if state == "" {
				state = filepath.Join(home, ".local", "state")
			}
			dir = filepath.Join(state, "kubechores-cluster")
		}
	}
	return filepath.Join(dir, "kubeconfig")
}
