package main

import (
	"flag"
	"io"
	"os"
	"testing"

	"k8s.io/klog/v2"
)

// TestMain keeps client-go's own words, which pkg/cli keeps from users, off the
// tests' output.
func TestMain(m *testing.M) {
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
