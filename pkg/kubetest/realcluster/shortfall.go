package realcluster

import (
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
)

// shortfall counts what could not be tested on this cluster.
type shortfall struct {
	mu   sync.Mutex
	list []string
}

func (s *shortfall) add(t *testing.T, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, t.Name()+": "+what)
}

// report lists the shortfalls and returns the exit code that they are worth.
func (s *shortfall) report(to io.Writer) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return 0
	}
	fmt.Fprintf(to, "e2e: NOT TESTED on this cluster: %d\n", len(s.list))
	for _, line := range s.list {
		fmt.Fprintln(to, "  "+line)
	}
	if os.Getenv("E2E_ALLOW_SKIPS") != "" {
		return 0
	}
	fmt.Fprintln(to, "e2e: this counts as a failure; E2E_ALLOW_SKIPS=1 accepts it")
	return 1
}

// cannot ends the test because the cluster lacks something. On the native
// cluster nothing may be lacking, so there it is a failure; elsewhere the test
// is skipped, and counted.
func cannot(t *testing.T, what string) {
	t.Helper()
	if shared.native != "" {
		t.Fatalf("the cluster of scripts/cluster must be able to do this: %s", what)
	}
	shared.shortfall.add(t, what)
	t.Skipf("NOT TESTED: %s", what)
}

// Cannot ends the test because the cluster lacks something that it needs: a
// counted skip on another's cluster, a failure on that of scripts/cluster.
func (n *Namespace) Cannot(what string) {
	n.t.Helper()
	cannot(n.t, what)
}

// Unchecked notes a part of the test that cannot be checked on this cluster; the
// rest of the test goes on. It counts as Cannot does.
func (n *Namespace) Unchecked(what string) {
	n.t.Helper()
	if shared.native != "" {
		n.t.Errorf("the cluster of scripts/cluster must be able to do this: %s", what)
		return
	}
	shared.shortfall.add(n.t, what)
	n.t.Logf("NOT CHECKED: %s", what)
}
