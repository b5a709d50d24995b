package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// NewCommand returns a plugin's root command with what all plugins share: --version, -v
// for it and what is below it, and the command completion. name is the plugin's: "mlogs" of the binary kubectl-mlogs.
func NewCommand(name string) *cobra.Command {
	cmd := &cobra.Command{
		Use:           "kubectl-" + name,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: displayName(name, os.Args[0])},
		Version:       Version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(newCompletionCommand(name))
	bindVerbosity(cmd)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return UsageErrorf(cmd, "%w", err) })
	return cmd
}

// displayName is how the user calls us: through kubectl, unless the binary has
// been given a name of its own.
func displayName(name, argv0 string) string {
	base := strings.TrimSuffix(filepath.Base(argv0), ".exe")
	if strings.HasPrefix(base, "kubectl-") || strings.HasPrefix(base, "kubectl_") || strings.HasSuffix(base, ".test") {
		return "kubectl " + name
	}
	return base
}

// HideFlags keeps flags out of the help text; they work all the same.
func HideFlags(fs *pflag.FlagSet, names ...string) {
	for _, name := range names {
		if f := fs.Lookup(name); f != nil {
			f.Hidden = true
		}
	}
}
