package cli

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/script"
)

// newCompletionCommand returns the command that prints what makes kubectl complete a
// plugin's words. cobra's own command of this name prints the completion of a program
// that shells know by its name, which a plugin is not.
func newCompletionCommand(name string) *cobra.Command {
	return &cobra.Command{
		Use:   "completion",
		Short: "Print the executable that completes this plugin's words in kubectl",
		Long: fmt.Sprintf(`Print the executable that completes this plugin's words in kubectl.

kubectl's own completion, once it is set up in a shell (kubectl completion --help),
asks an executable named %[2]s for what may follow "kubectl %[1]s". It has to
be in a folder on PATH. Packages bring the file along, but krew puts only the plugin
itself on PATH.

The executable is printed on stdout, and where to put it on stderr.`, name, completer(name)),
		Example: fmt.Sprintf(`  # In a folder on PATH
  kubectl %[1]s completion > ~/.krew/bin/%[2]s
  chmod +x ~/.krew/bin/%[2]s

  # It works when this prints words
  kubectl __complete %[1]s ""`, name, completer(name)),
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := io.WriteString(cmd.OutOrStdout(), completionScript(name)); err != nil {
				return err
			}
			_, err := io.WriteString(cmd.ErrOrStderr(), whereToPut(name))
			return err
		},
	}
}

// completer is the name that kubectl looks for, since its version 1.26.
func completer(name string) string { return "kubectl_complete-" + name }

// completionScript is the executable: plugins/kubectl-NAME/kubectl_complete-NAME.
func completionScript(name string) string {
	return fmt.Sprintf(`#!/bin/sh
# Shell completion of %[1]skubectl %[2]s%[1]s: put this file on PATH, executable.
exec kubectl-%[2]s __complete "$@"
`, "`", name)
}

// whereToPut tells the user of a folder on PATH: the one that the plugin was found in.
func whereToPut(name string) string {
	target := "FOLDER/" + completer(name)
	advice := "Put this into a folder on PATH, executable, under the name " + completer(name)
	if plugin, err := exec.LookPath("kubectl-" + name); err == nil {
		target = filepath.Join(filepath.Dir(plugin), completer(name))
		advice += ",\nas beside the plugin"
	}
	target = script.Quote(target)
	return fmt.Sprintf("%s:\n\n  kubectl %s completion > %s\n  chmod +x %s\n", advice, name, target, target)
}
