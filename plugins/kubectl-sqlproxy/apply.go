package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
)

const applyLong = `Make the objects that generate prints, or change those that are there, and wait until
the proxy runs.

It shows a plan first: what is made, and of what is changed each field with its old and
its new value, as the API server answers in a dry run. Then it asks. It is server-side
apply with the field manager kubectl-sqlproxy: a field that belongs to another, and
would get another value, is an error that says whose it is; --force-conflicts takes it
over. What the pods need is made first, the Deployment last.

With --prune objects go that an earlier apply of the same --name has made and that are
not wanted any more (a Service of an instance that is not served any more): after the new
pods run. Secrets and service accounts go only if no other has written in them.

A rollout that does not come to its end is explained: from the pods, their events and the
proxy's log. It is left as it is; the pods of before serve on.

A namespace is not made. With -o name the objects that were changed are printed, with
-o json and yaml the plan; values of Secrets are never shown.`

const applyExamples = `  # See what would be done
  kubectl sqlproxy apply --instance shop:europe-west1:orders=postgres --workload-identity sql-proxy@shop.iam.gserviceaccount.com --dry-run

  # Do it, and wait until it runs
  kubectl sqlproxy apply --instance shop:europe-west1:orders=postgres --workload-identity sql-proxy@shop.iam.gserviceaccount.com --yes

  # Another server beside it, and what is not named any more goes
  kubectl sqlproxy apply --instance shop:europe-west1:orders=postgres --instance shop:europe-west1:stock=mysql \
    --credentials-secret cloudsql-key --prune -n databases

  # The same as a bash script
  kubectl sqlproxy apply --instance shop:europe-west1:orders=postgres --key-file key.json --print-script > apply.sh`

// The values of --dry-run.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

// planFormats are the values of --output.
func planFormats() []string { return []string{"table", "name", "json", "yaml"} }

// actOptions are what apply and delete share.
type actOptions struct {
	genericiooptions.IOStreams
	cluster clusterFlags
	dryRun  string
	output  string
	yes     bool
	wait    bool
	timeout time.Duration
	pause   time.Duration // between two looks at what is waited for; 0 is the usual one
}

func newActOptions(streams genericiooptions.IOStreams) actOptions {
	return actOptions{IOStreams: streams, dryRun: dryRunNone, output: "table", wait: true, timeout: 5 * time.Minute}
}

func (o *actOptions) bind(cmd *cobra.Command, local, waits string) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.dryRun, "dry-run", o.dryRun, "client: "+local+"; server: have the API server check it all, too. Nothing is changed")
	fs.Lookup("dry-run").NoOptDefVal = dryRunClient
	fs.BoolVarP(&o.yes, "yes", "y", false, "Do not ask")
	fs.StringVarP(&o.output, "output", "o", o.output, "table, name, json or yaml")
	fs.BoolVar(&o.wait, "wait", o.wait, waits)
	fs.DurationVar(&o.timeout, "timeout", o.timeout, "How long --wait waits")
}

func (o *actOptions) validate() error {
	switch {
	case o.dryRun != dryRunNone && o.dryRun != dryRunClient && o.dryRun != dryRunServer:
		return errors.New("--dry-run must be none, client or server")
	case !slices.Contains(planFormats(), o.output):
		return fmt.Errorf("--output %q: it is one of %s", o.output, strings.Join(planFormats(), ", "))
	case o.timeout <= 0:
		return errors.New("--timeout must be longer than nothing")
	}
	return nil
}

// applyOptions is everything that the command line of apply says.
type applyOptions struct {
	actOptions
	flags        generateFlags
	force, prune bool
	printScript  bool
	colour       cli.ColourMode
}

func newApplyCommand(streams genericiooptions.IOStreams) *cobra.Command {
	return newApplyCommandOf(&applyOptions{actOptions: newActOptions(streams), colour: cli.ColourAuto})
}

func newApplyCommandOf(o *applyOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "apply --instance NAME=ENGINE [--instance …] [flags]",
		Short:   "Make or change the objects of a proxy, and wait until it runs",
		Long:    applyLong,
		Example: applyExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q: instances are given with --instance", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.run(cmd.Context(), cmd)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.flags.bind(fs)
	o.actOptions.bind(cmd, "compare with what is there by reading alone", "Wait until the proxy runs")
	fs.BoolVar(&o.force, "force-conflicts", false, "Take over fields that belong to other managers")
	fs.BoolVar(&o.prune, "prune", false, "Delete what an earlier apply of this --name has made and is not wanted any more")
	fs.BoolVar(&o.printScript, "print-script", false, "Print a bash script that does it with kubectl, and exit")
	fs.Var(&o.colour, "color", "Colour the explanation of a failure: auto, always or never")
	o.cluster.bind(cmd)
	o.flags.registerCompletions(cmd)
	o.registerCompletions(cmd)
	_ = cmd.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *applyOptions) validate() error {
	if err := o.actOptions.validate(); err != nil {
		return err
	}
	switch {
	case o.prune && !o.wait:
		return errors.New("--prune deletes once the new pods run: it does not go with --wait=false")
	case o.printScript && o.dryRun != dryRunNone:
		return errors.New("--print-script changes nothing: it does not go with --dry-run")
	case o.printScript && o.output != "table":
		return errors.New("--print-script prints a script: it does not go with --output")
	}
	return nil
}
