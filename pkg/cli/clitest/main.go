package clitest

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/kubechores/kubechores/pkg/cli"
)

// Main is TestMain of a plugin, and returns the exit code. With the environment variable
// asPlugin it makes the test's binary the plugin: what concerns a whole process (signals,
// client-go's log, a closed stdout, kubectl's calls) is tested on one.
//
// Otherwise it keeps client-go's own words, which pkg/cli keeps from users, off the tests'
// output, and runs more tests at once than there are processors: they wait more than they
// work.
func Main(ctx context.Context, m *testing.M, asPlugin string, build func(genericiooptions.IOStreams) *cobra.Command) int {
	if os.Getenv(asPlugin) != "" {
		return cli.Main(ctx, build)
	}
	words := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(words)
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	for _, err := range []error{words.Set("stderrthreshold", "FATAL"), flag.Set("test.parallel", "8")} {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}
