package realcluster

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// lock keeps tests that break the whole cluster apart from all others, also
// from those of other packages, which `go test` runs at the same time. how is
// syscall.LOCK_SH or LOCK_EX. The kernel gives it up when the process dies.
func lock(t *testing.T, how int) {
	t.Helper()
	name := fmt.Sprintf("kubechores-e2e-%x.lock", sha256.Sum256([]byte(shared.kubeconfig)))
	f, err := os.OpenFile(filepath.Join(os.TempDir(), name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = syscall.Flock(int(f.Fd()), how)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
}
