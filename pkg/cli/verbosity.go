package cli

import (
	"flag"
	"io"
	"strconv"

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
)

// traceLevel is the first level that client-go gets to see: below it, its own
// messages are about its own workings.
const traceLevel = 4

// bodyLevel is the level from which on client-go logs the bodies of answers, Secrets
// among them.
const bodyLevel = 8

// verbosity is the value of -v: 1 is for the plugin's own words, 4 and above
// are client-go's levels, where 6 shows requests. Bodies are never shown.
type verbosity int

// bindVerbosity gives a root, and all commands below it, -v. Where a root has none, cobra
// takes the letter for --version.
func bindVerbosity(root *cobra.Command) {
	root.PersistentFlags().VarP(new(verbosity), "v", "v", "Verbosity: 1 says more about what is done, 6 and above trace the requests")
}

// Verbose reports whether -v asks a command for more of the plugin's own words.
func Verbose(cmd *cobra.Command) bool {
	f := cmd.Flag("v")
	if f == nil {
		return false
	}
	v, ok := f.Value.(*verbosity)
	return ok && *v > 0
}

// quietClient keeps client-go's own log off stderr, where it would repeat in
// its terms what the plugin says in the user's. -v 4 brings it back.
func quietClient() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	all := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(all)
	// Errors would go to stderr all the same. Both name and value are klog's own.
	_ = all.Set("stderrthreshold", "FATAL")
}

// Set is for pflag.
func (v *verbosity) Set(s string) error {
	level, err := strconv.Atoi(s)
	if err != nil {
		return err
	}
	*v = verbosity(level)
	if level < traceLevel {
		return nil
	}
	all := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(all)
	klog.LogToStderr(true)
	return all.Set("v", strconv.Itoa(min(level, bodyLevel-1)))
}

// String is for pflag.
func (v *verbosity) String() string { return strconv.Itoa(int(*v)) }

// Type is for pflag.
func (v *verbosity) Type() string { return "level" }
