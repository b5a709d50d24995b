//go:build unix

package recreate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCommandGetsTheNode(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	c := NewCommand(`printf '%s|%s|%s|%s' "$STAGGER_NODE" "$STAGGER_UID" "$STAGGER_PROVIDER_ID" "$STAGGER_INSTANCE_ID" > '` + out + `'; cat`)
	target := Target{Node: "node $(false) 1", UID: "u-1", ProviderID: "x:///y", InstanceID: "42"}
	if err := c.Check(t.Context(), []Target{target}); err != nil {
		t.Fatal(err)
	}
	op := mustRecreate(t, c, target)
	if over, err := c.Done(t.Context(), op); !over || err != nil {
		t.Errorf("Done: %v, %v", over, err)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != "node $(false) 1|u-1|x:///y|42" {
		t.Errorf("it was told %q, %v", got, err)
	}
}

func TestCommandThatFails(t *testing.T) {
	t.Parallel()
	c := NewCommand(`i=0; while [ $i -lt 3000 ]; do echo "noise $i"; i=$((i+1)); done; printf 'red \033[31mreason\n' >&2; exit 7`)
	_, err := c.Recreate(t.Context(), Target{Node: "node-1"})
	wantError(t, err, "node node-1", "exit status 7", "reason")
	if len(err.Error()) > 2*maxText || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("an error of %d bytes: %q", len(err.Error()), err)
	}
}

func TestCommandIsEndedWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := NewCommand(`sleep 300 & echo $! > '`+pidFile+`.part'; mv '`+pidFile+`.part' '`+pidFile+`'; wait`).Recreate(ctx, Target{Node: "n"})
		failed <- err
	}()
	eventually(t, "the command's child", func() bool { _, err := os.Stat(pidFile); return err == nil })
	raw, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-failed:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want that it was cancelled", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	eventually(t, "the child's end", func() bool { return !alive(child) })
}

// alive reports whether a process runs. One that has ended and was not waited for by
// its parent does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}
