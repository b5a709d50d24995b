package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
)

// checkOptions are what the command line of check says.
type checkOptions struct {
	genericiooptions.IOStreams
	clusterFlags
	allNamespaces bool

	targets   []diagnose.Target
	files     []string
	recursive bool

	live           bool
	connectionTest bool

	output finding.Format
	failOn finding.FailOn
	colour cli.ColourMode
}

// bind adds the flags, under kubectl's names where kubectl has them.
func (o *checkOptions) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Check the proxies of all namespaces")
	fs.StringArrayVarP(&o.files, "filename", "f", nil, "Judge manifests or a dump instead of the cluster: a file, a folder, or - for standard input; repeatable")
	fs.BoolVarP(&o.recursive, "recursive", "R", false, "Look for files in the folders below, too")
	fs.BoolVar(&o.live, "live", false, "Also ask the proxies' ports through port-forwards which database answers")
	fs.BoolVar(&o.connectionTest, "connection-test", false, "With --live: also have a throw-away pod of each proxy try its instances, and delete it")
	fs.VarP(&o.output, "output", "o", "Output format: table, wide, tree, json, yaml or junit (default table; tree for a single proxy)")
	fs.Var(&o.failOn, "fail-on", "Exit with 3 from this severity on: error, warning (skipped checks, too) or none")
	fs.Var(&o.colour, "color", "Colour the output: auto, always or never")
	o.clusterFlags.bind(cmd)
}

// complete reads the arguments. An error is of how they are written.
func (o *checkOptions) complete(args []string) error {
	targets, err := parseTargets(args)
	if err != nil {
		return err
	}
	o.targets = targets
	if o.output == "" {
		o.output = finding.Table
		if len(o.targets) == 1 {
			o.output = finding.Tree
		}
	}
	return nil
}

// validate finds what does not go together before anything is read.
func (o *checkOptions) validate() error {
	switch {
	case o.allNamespaces && len(o.connection.Namespaces) > 0:
		return errors.New("-n and -A exclude each other")
	case slices.Contains(o.connection.Namespaces, ""):
		return errors.New("-n: a namespace is empty")
	case o.recursive && len(o.files) == 0:
		return errors.New("-R goes with -f")
	case len(o.files) > 0 && o.live:
		return errors.New("-f reads files: it does not go with --live")
	case o.connectionTest && !o.live:
		return errors.New("--connection-test goes with --live")
	case o.output == finding.Prom:
		return errors.New("-o prom: a check of proxies has no metrics; want table, wide, tree, json, yaml or junit")
	}
	return nil
}

// namespaces are those whose proxies are asked for; nil is all.
func (o *checkOptions) namespaces(fallback string) []string {
	switch {
	case o.allNamespaces:
		return nil
	case len(o.connection.Namespaces) > 0:
		return o.connection.Namespaces
	}
	return []string{fallback}
}
