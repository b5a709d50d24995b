package clitest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// CheckVerbosity fails where -v is something else than the verbosity, as it is in kubectl:
// in the root of a plugin and in each command below it, help and completion among them; and
// where a --version is shown that does nothing, which is below the root. build returns the
// root anew at each call.
func CheckVerbosity(t *testing.T, build func(genericiooptions.IOStreams) *cobra.Command) {
	t.Helper()
	root := build(genericiooptions.NewTestIOStreamsDiscard())
	root.InitDefaultHelpCmd()
	paths := [][]string{{}}
	for _, cmd := range root.Commands() {
		paths = append(paths, []string{cmd.Name()})
	}
	for _, path := range paths {
		root := build(genericiooptions.NewTestIOStreamsDiscard())
		var help bytes.Buffer
		root.SetOut(&help)
		root.SetErr(&help)
		root.SetArgs(append(path, "-v", "1", "--help"))
		ran, err := root.ExecuteC()
		if err != nil {
			t.Errorf("%s -v 1 --help: %v", ran.CommandPath(), err)
			continue
		}
		if v := ran.Flag("v"); v == nil || v.Value.String() != "1" || !strings.Contains(help.String(), "-v, --v level ") {
			t.Errorf("%s -v 1 is not the verbosity:\n%s", ran.CommandPath(), help.String())
		}
		if shown := strings.Contains(help.String(), "--version "); shown == ran.HasParent() {
			t.Errorf("%s: --version in the help is %v:\n%s", ran.CommandPath(), shown, help.String())
		}
	}
}
