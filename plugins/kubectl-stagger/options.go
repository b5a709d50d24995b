package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// clusterFlags say which cluster is meant, and how its pools are told apart.
type clusterFlags struct {
	connection kube.Flags
	poolLabel  string
}

func (f *clusterFlags) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.poolLabel, "pool-label", "", "The label whose value names a node's pool (default the ones of GKE, Karpenter, EKS, AKS, Yandex Cloud, Cluster API, DigitalOcean)")
	f.connection.Bind(fs)
	cli.HideFlags(fs, append(kube.ConnectionFlags(), "namespace")...)
}

// connect opens the one cluster that the flags name.
func (f *clusterFlags) connect() (*kube.Cluster, error) {
	if len(f.connection.Contexts) > 1 {
		return nil, errors.New("--context: one cluster at a time")
	}
	clusters, err := f.connection.Connect(kube.UserAgent("kubectl-stagger", cli.Version()))
	if err != nil {
		return nil, err
	}
	return clusters[0], nil
}

// nodepoolOptions is everything that the command lines of nodepool and nodes say.
type nodepoolOptions struct {
	genericiooptions.IOStreams
	cluster  clusterFlags
	query    pool.Query
	plan     planFlags
	drain    drainFlags
	machines machineFlags

	replan         bool
	dryRun         string
	once, watch    bool
	during         time.Duration
	yes            bool
	leaseNamespace string
	output         planOutput
	verbose        bool
	colour         cli.ColourMode
	printScript    bool
}

func newNodepoolOptions(streams genericiooptions.IOStreams) *nodepoolOptions {
	return &nodepoolOptions{IOStreams: streams, colour: cli.ColourAuto, output: planTable, dryRun: dryRunNone}
}

// The values of --dry-run.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

func (o *nodepoolOptions) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.dryRun, "dry-run", o.dryRun, "client: show the plan and what would keep it from being done, and end; server: also have the API server check what is due")
	fs.Lookup("dry-run").NoOptDefVal = dryRunClient
	fs.BoolVar(&o.once, "once", false, "Do what is due now, and end: for cron")
	fs.DurationVar(&o.during, "for", 0, "With --once: also do at its time what becomes due within this")
	fs.BoolVarP(&o.watch, "watch", "w", false, "Stay, and do everything at its time")
	fs.BoolVar(&o.replan, "replan", false, "Plan anew though the plan of an earlier run holds")
	fs.BoolVarP(&o.yes, "yes", "y", false, "Do not ask")
	fs.VarP(&o.output, "output", "o", "How the plan is printed: table, wide, json or yaml; name prints the replaced nodes only")
	fs.BoolVar(&o.printScript, "print-script", false, "Print a bash script that does the plan with kubectl and gcloud, and exit")
	o.plan.bind(fs)
	o.machines.bind(fs)
	o.drain.bind(fs)
	fs.StringVar(&o.leaseNamespace, "lease-namespace", "kube-system", "Where the lease is that keeps two runs from changing a pool at once")
	fs.Var(&o.colour, "color", "Colour the output: auto, always or never")
	o.cluster.bind(cmd)
}

// validate finds what does not go together before anything is asked of a cluster.
func (o *nodepoolOptions) validate(cmd *cobra.Command) error {
	err := errors.Join(o.plan.validate(), o.drain.validate(), o.machines.validate())
	switch {
	case err != nil:
	case o.dryRun != dryRunNone && o.dryRun != dryRunClient && o.dryRun != dryRunServer:
		err = errors.New("--dry-run must be none, client or server")
	case o.once && o.watch:
		err = errors.New("--once and --watch exclude each other")
	case o.during < 0:
		err = errors.New("--for must not be negative")
	case o.during > 0 && o.watch:
		err = errors.New("--for limits a run that ends: it does not go with --watch")
	case o.dryRun != dryRunNone && (o.once || o.watch):
		err = errors.New("--dry-run changes nothing: it does not go with --once and --watch")
	case o.printScript && (o.once || o.watch || o.dryRun != dryRunNone):
		err = errors.New("--print-script changes nothing: it does not go with --once, --watch and --dry-run")
	case spread.Mode(o.plan.mode) == spread.Rolling && o.printScript:
		err = errors.New("--print-script is for a plan that ends: --mode once")
	}
	if err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	return nil
}

func newNodepoolCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := newNodepoolOptions(streams)
	cmd := &cobra.Command{
		Use:     "nodepool POOL",
		Aliases: []string{"pool"},
		Short:   "Plan when each node of a pool is replaced, and do it",
		Long: `Plan when each node of a pool is replaced, so that the pool does not lose many of
them at once, and do it.

It shows what would happen by itself and what the plan makes of it, asks, writes
the plan on the nodes as annotations, and does what is due now. The rest is done by
--watch, which stays, or by later runs, which go on with the plan: --once --yes is
for cron. A run that was interrupted is gone on with, too.

A node is replaced in this order: its intent is written down; it is cordoned; it is
drained by the rules of kubectl drain; its machine is asked to be made anew; the Node
object is deleted; another machine is waited for until it is a Ready node. A drain
that is refused or takes too long leaves the node as it was found.`,
		Example: `  # What would happen, and what would be done
  kubectl stagger nodepool preempt --dry-run

  # Spread the pool, and stay until it is done
  kubectl stagger nodepool preempt --watch

  # For cron: do what is due in the next ten minutes
  kubectl stagger nodepool preempt --once --yes --for 10m

  # Replace every node gracefully before it dies, at night only
  kubectl stagger nodepool preempt --mode rolling --hours 22:00-06:00 --time-zone Europe/Berlin --watch --yes

  # At most 2 nodes in any half hour, 2 at once
  kubectl stagger nodepool preempt --window 30m --max 2 --concurrency 2

  # The same as a bash script
  kubectl stagger nodepool preempt --print-script > spread.sh`,
		Args: exactlyOne("POOL", "kubectl stagger status lists the pools"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.query.Pool = args[0]
			if err := o.validate(cmd); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd)
		},
		ValidArgsFunction: o.cluster.completePools,
	}
	o.bind(cmd)
	o.registerCompletions(cmd)
	return cmd
}

func newNodesCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := newNodepoolOptions(streams)
	cmd := &cobra.Command{
		Use:   "nodes -l SELECTOR",
		Short: "The same as nodepool, for nodes that a label selector selects",
		Long: `Plan when each node that a label selector selects is replaced, and do it.

Everything is as with kubectl stagger nodepool, for groups of nodes that are no pool,
or are several.`,
		Example: `  # All preemptible nodes of a zone
  kubectl stagger nodes -l cloud.google.com/gke-preemptible=true,topology.kubernetes.io/zone=europe-west1-b --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.query.Selector == "" {
				return cli.UsageErrorf(cmd, "which nodes? Give -l SELECTOR")
			}
			if err := o.validate(cmd); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&o.query.Selector, "selector", "l", "", "Label selector of the nodes, as in -l pool=batch")
	o.bind(cmd)
	o.registerCompletions(cmd)
	return cmd
}

// exactlyOne is the number of arguments of a command; help says where to find one.
func exactlyOne(what, help string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return cli.UsageErrorf(cmd, "which %s? %s", what, help)
		case len(args) > 1:
			return cli.UsageErrorf(cmd, "one %s at a time, not %d", what, len(args))
		}
		return nil
	}
}

// collect looks at the pool.
func (o *nodepoolOptions) collect(ctx context.Context, c *kube.Cluster, cloud pool.Cloud) (*pool.Snapshot, error) {
	return pool.Collect(ctx, c, o.poolQuery(), cloud, time.Now())
}

func (o *nodepoolOptions) poolQuery() pool.Query {
	q := o.query
	q.PoolLabel, q.MaxAge = o.cluster.poolLabel, o.plan.maxAge
	return q
}
