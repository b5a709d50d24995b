package main

import (
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clidoc"
)

// TestDocs fails when COMMANDS.md or a man page is not what the commands say.
func TestDocs(t *testing.T) {
	clidoc.Check(t, ".", newCommand, *update)
}
