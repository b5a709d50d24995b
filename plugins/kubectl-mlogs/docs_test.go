package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli/clidoc"
)

// TestDocs fails when COMMANDS.md or a man page is not what the commands say.
func TestDocs(t *testing.T) {
	clidoc.Check(t, ".", func() *cobra.Command {
		return newCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard})
	}, *update)
}
