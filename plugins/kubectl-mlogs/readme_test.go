package main

import (
	"flag"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli/clidoc"
)

var update = flag.Bool("update", false, "write generated parts of the documents")

// TestReadme fails when a generated part of the README is not what it is generated
// from.
func TestReadme(t *testing.T) {
	cmd := newCommand(genericiooptions.NewTestIOStreamsDiscard())
	clidoc.CheckReadme(t, "README.md", map[string]string{"flags": clidoc.FlagTable(cmd)}, *update)
}
