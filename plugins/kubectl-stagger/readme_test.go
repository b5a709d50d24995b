package main

import (
	"flag"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli/clidoc"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rules"
)

var update = flag.Bool("update", false, "write generated parts of the documents")

// TestReadme fails when a generated part of the README is not what it is generated
// from.
func TestReadme(t *testing.T) {
	parts := map[string]string{"findings": rules.Catalogue().Markdown()}
	for _, cmd := range newCommand(genericiooptions.NewTestIOStreamsDiscard()).Commands() {
		switch cmd.Name() {
		case "nodepool", "status", "check", "simulate", "cronjob":
			parts["flags of "+cmd.Name()] = clidoc.FlagTable(cmd)
		}
	}
	clidoc.CheckReadme(t, "README.md", parts, *update)
}
