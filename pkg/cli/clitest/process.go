package clitest

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// Process is the plugin as a process of its own, and its streams. It is not started yet,
// and ends with the test. asPlugin is what Main was given.
func Process(t *testing.T, asPlugin string, args ...string) (cmd *exec.Cmd, out, talk *Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, talk = &Buffer{}, &Buffer{}
	cmd = exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asPlugin+"=yes", "NO_COLOR=1")
	cmd.Stdout, cmd.Stderr = out, talk
	cmd.WaitDelay = 10 * time.Second // a program that it has started may hold them
	return cmd, out, talk
}
