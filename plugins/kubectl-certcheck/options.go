package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// options is everything that the command line says.
type options struct {
	genericiooptions.IOStreams
	connection    kube.Flags
	allNamespaces bool

	targets   []rules.Target
	files     []string
	recursive bool
	at        moment
	warnDays  int

	live    bool
	connect []string

	wait    bool
	timeout time.Duration

	output      finding.Format
	failOn      finding.FailOn
	colour      cli.ColourMode
	printScript bool
}

func newOptions(streams genericiooptions.IOStreams) *options {
	return &options{IOStreams: streams, failOn: finding.FailOnError, colour: cli.ColourAuto}
}

// bind adds the flags, under kubectl's names where kubectl has them.
func (o *options) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Check the doors of all namespaces, and what the API server calls by TLS")
	fs.StringArrayVarP(&o.files, "filename", "f", nil, "Judge manifests or a dump instead of the cluster: a file, a folder, or - for standard input; repeatable")
	fs.BoolVarP(&o.recursive, "recursive", "R", false, "Look for files in the folders below, too")
	fs.BoolVar(&o.live, "live", false, "Also do TLS handshakes with what serves, and compare")
	fs.StringArrayVar(&o.connect, "connect", nil, "With --live: do handshakes with this HOST:PORT, instead of the pods through port-forward; repeatable")
	fs.Var(&o.at, "at", "Judge as of another time: 2026-12-24, 2026-12-24T18:00:00Z, or 30d or 12h from now")
	fs.IntVar(&o.warnDays, "warn-days", 0, "Warn this many days before a certificate ends, at most a third of its lifetime before; 0 goes by when it should have been renewed")
	fs.BoolVar(&o.wait, "wait", false, "Check again until nothing at or above --fail-on is found")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Minute, "With --wait: how long at most")
	fs.VarP(&o.output, "output", "o", "Output format: table, wide, tree, json, yaml, junit or prom (default table; tree for a single TYPE/NAME or HOST)")
	fs.Var(&o.failOn, "fail-on", "Exit with 3 from this severity on: error, warning (skipped checks, too) or none")
	fs.BoolVar(&o.printScript, "print-script", false, "Print a bash script with the kubectl and openssl commands that verify the chain by hand, and exit")
	fs.Var(&o.colour, "color", "Colour the output: auto, always or never")
	o.connection.Bind(fs)
	fs.Lookup("context").Usage = "Kubeconfig context to use"
	cli.HideFlags(fs, kube.ConnectionFlags()...)
}

// complete reads the arguments. An error is of how they are written.
func (o *options) complete(args []string) error {
	for _, arg := range joinTypeAndName(args) {
		target, err := parseTarget(arg)
		if err != nil {
			return err
		}
		o.targets = append(o.targets, target)
	}
	if o.output == "" {
		o.output = finding.Table
		if len(o.targets) == 1 {
			o.output = finding.Tree
		}
	}
	return nil
}

// validate finds what does not go together before anything is read. changed reports
// whether a flag is on the command line.
func (o *options) validate(changed func(flag string) bool) error {
	switch {
	case o.allNamespaces && len(o.connection.Namespaces) > 0:
		return errors.New("-n and -A exclude each other")
	case slices.Contains(o.connection.Namespaces, ""):
		return errors.New("-n: a namespace is empty")
	case o.recursive && len(o.files) == 0:
		return errors.New("-R goes with -f")
	case len(o.files) > 0 && (o.live || o.wait):
		return errors.New("-f reads files: it does not go with --live and --wait")
	case len(o.connect) > 0 && !o.live:
		return errors.New("--connect goes with --live")
	case o.at.set && (o.live || o.wait):
		return errors.New("--at judges as of another time: --live and --wait are about now")
	case o.wait && o.failOn == finding.FailOnNone:
		return errors.New("--wait ends when nothing is found that --fail-on is about: it does not go with --fail-on none")
	case !o.wait && changed("timeout"):
		return errors.New("--timeout goes with --wait")
	case o.wait && o.timeout <= 0:
		return errors.New("--timeout must be positive")
	case o.warnDays < 0 || o.warnDays > maxDays:
		return fmt.Errorf("--warn-days must be from 0 to %d", maxDays)
	case o.printScript && (len(o.files) > 0 || o.wait || o.at.set || changed("output")):
		return errors.New("--print-script prints a script that looks at the cluster: it does not go with -f, --wait, --at and -o")
	case len(o.connection.Contexts) > 1:
		return errors.New("--context: one cluster at a time")
	}
	for _, address := range o.connect {
		if err := checkAddress(address); err != nil {
			return fmt.Errorf("--connect %s: %w", address, err)
		}
	}
	return nil
}

// cluster opens the one cluster that the flags name.
func (o *options) cluster() (*kube.Cluster, error) {
	clusters, err := o.connection.Connect(kube.UserAgent("kubectl-certcheck", cli.Version()))
	if err != nil {
		return nil, err
	}
	return clusters[0], nil
}

// namespaces are those whose doors are asked for; nil is all.
func (o *options) namespaces(fallback string) []string {
	switch {
	case o.allNamespaces:
		return nil
	case len(o.connection.Namespaces) > 0:
		return o.connection.Namespaces
	}
	return []string{fallback}
}

// scope is the namespaces that are read: a target that is in none may depend on what is
// in any.
func (o *options) scope(fallback string) []string {
	if slices.ContainsFunc(o.targets, isClusterWide) {
		return nil
	}
	return o.namespaces(fallback)
}
