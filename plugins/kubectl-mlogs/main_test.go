package main

import (
	"context"
	"flag"
	"io"
	"os"
	"testing"

	"k8s.io/klog/v2"

	"github.com/kubechores/kubechores/pkg/cli"
)

// asPlugin is the environment variable that makes the test's binary the plugin, for
// kubectl to run.
const asPlugin = "MLOGS_TEST_AS_PLUGIN"

// TestMain keeps client-go's own words, which pkg/cli keeps from users, off the
// tests' output.
func TestMain(m *testing.M) {
	if os.Getenv(asPlugin) != "" {
		os.Exit(cli.Main(context.Background(), newCommand))
	}
	words := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(words)
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	if err := words.Set("stderrthreshold", "FATAL"); err != nil {
		panic(err)
	}
	// The tests wait more than they work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
