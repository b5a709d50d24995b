package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rules"
)

const checkLong = `Say what would go down with a pool of short-lived nodes, and what to do about it.

With POOL it looks at the pool, at what runs on it, and at the nodes that could
take the pods: a missing taint, workloads that are not redundant or whose replicas
die together, disruption budgets that hold drains up, no way to go elsewhere, grace
periods that are too long.

With -f it reads manifests, before they are applied, and needs no cluster: those
that tolerate the pool's taint or ask for its nodes are judged by the same rules.
With both, the manifests are judged for that pool.

Nothing is changed. What could not be looked at is reported as skipped and never
as ok. The ids of findings never change their meaning.

Exit codes: 0 ok; 1 error; 3 something was found at or above --fail-on.`

const checkExamples = `  # A pool, and all that runs on it
  kubectl stagger check preemptible

  # All that is known of each finding: evidence, cause, and commands that help
  kubectl stagger check preemptible -o tree

  # Manifests in a CI job, without a cluster; warnings fail it, too
  kubectl stagger check -f deploy/ -R --fail-on warning -o junit

  # What a chart would bring, judged for the pool as it is
  helm template shop | kubectl stagger check preemptible -f -

  # A pool with a taint of your own
  kubectl stagger check batch --taint dedicated=short-lived:NoSchedule`

// checkOptions is everything that the command line of check says.
type checkOptions struct {
	genericiooptions.IOStreams
	cluster       clusterFlags
	cloud         cloudFlags
	allNamespaces bool

	pool   string
	maxAge time.Duration
	marks  marks

	files     []string
	recursive bool

	output finding.Format
	failOn finding.FailOn
	colour cli.ColourMode
}

func newCheckOptions(streams genericiooptions.IOStreams) *checkOptions {
	return &checkOptions{IOStreams: streams, output: finding.Table, failOn: finding.FailOnError, colour: cli.ColourAuto}
}

// newCheckCommand returns the command check.
func newCheckCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := newCheckOptions(streams)
	cmd := &cobra.Command{
		Use:               "check [POOL] [-f FILE|FOLDER|-]...",
		Short:             "Say what would go down with a pool, and what to do about it",
		Long:              checkLong,
		Example:           checkExamples,
		ValidArgsFunction: o.cluster.completePools,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.complete(args)
			if err := o.validate(cmd, args); err != nil {
				return err
			}
			return o.run(cmd)
		},
	}
	o.bind(cmd)
	o.cluster.registerCompletions(cmd, map[string][]string{
		"output": {"table", "wide", "tree", "json", "yaml", "junit", "prom"}, "fail-on": {"error", "warning", "none"}, "via": vias(),
	})
	return cmd
}

// bind adds the flags, under kubectl's names where kubectl has them.
func (o *checkOptions) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVarP(&o.files, "filename", "f", nil, "Manifests to judge: a file, a folder, or - for standard input; repeatable")
	fs.BoolVarP(&o.recursive, "recursive", "R", false, "Look for manifests in the folders below, too")
	fs.Var(&o.marks, "taint", "Taint that means short-lived nodes, as key[=value][:effect]; repeatable (default those of the platforms)")
	fs.DurationVar(&o.maxAge, "max-age", 0, "Age at which the pool's machines end, as in 24h (default what the platform says)")
	fs.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Judge the workloads of all namespaces, which is so without -n, too")
	fs.VarP(&o.output, "output", "o", "Output format: table, wide, tree, json, yaml, junit or prom")
	fs.Var(&o.failOn, "fail-on", "Exit with 3 from this severity on: error, warning (skipped checks, too) or none")
	fs.Var(&o.colour, "color", "Colour the output: auto, always or never")
	o.cloud.bind(fs, "Who is asked about the machines: api (Compute Engine) or gcloud; auto asks the API where the nodes are Google's")
	o.cluster.bind(cmd)
	fs.Lookup("namespace").Hidden = false
}

// complete reads the arguments.
func (o *checkOptions) complete(args []string) {
	if len(args) > 0 {
		o.pool = args[0]
	}
}

// validate finds what does not go together before anything is read.
func (o *checkOptions) validate(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return cli.UsageErrorf(cmd, "one POOL at a time, not %d", len(args))
	case len(args) == 1 && o.pool == "":
		return cli.UsageErrorf(cmd, "the POOL is empty")
	case o.pool == "" && len(o.files) == 0:
		return cli.UsageErrorf(cmd, "nothing to check: give a POOL, or manifests with -f")
	case o.pool == "" && (o.cluster.poolLabel != "" || o.maxAge != 0):
		return cli.UsageErrorf(cmd, "--pool-label and --max-age are about a POOL, and none is given")
	case o.maxAge < 0:
		return cli.UsageErrorf(cmd, "--max-age must not be negative")
	case o.allNamespaces && len(o.cluster.connection.Namespaces) > 0:
		return cli.UsageErrorf(cmd, "-n and -A exclude each other")
	case o.recursive && len(o.files) == 0:
		return cli.UsageErrorf(cmd, "-R goes with -f")
	}
	if err := o.cloud.validate(); err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	return nil
}

// run collects the facts, prints what the rules say of them, and fails when that is
// bad enough.
func (o *checkOptions) run(cmd *cobra.Command) error {
	now := time.Now()
	facts := rules.Facts{Marks: o.marks, Namespaces: o.cluster.connection.Namespaces}
	var err error
	if facts.Files, err = manifest.Load(o.files, o.recursive, o.In); err != nil {
		return err
	}
	if o.pool != "" {
		if err := o.look(cmd, &facts, now); err != nil {
			return err
		}
	} else {
		facts.Files.Default(o.namespace(""))
	}
	report := rules.Check(facts, now)
	o.sayNothing(&facts, report)
	if err := report.Print(o.Out, o.printing()); err != nil {
		return err
	}
	if report.Exceeds(o.failOn) {
		return &cli.Exit{Code: cli.CodeFinding}
	}
	return nil
}

// look asks the cluster about the pool.
func (o *checkOptions) look(cmd *cobra.Command, facts *rules.Facts, now time.Time) error {
	cluster, err := o.cluster.connect()
	if err != nil {
		return err
	}
	cloud, err := o.cloud.cloud()
	if err != nil {
		return err
	}
	facts.Files.Default(o.namespace(cluster.Namespace))
	query := pool.Query{Pool: o.pool, PoolLabel: o.cluster.poolLabel, MaxAge: o.maxAge}
	if facts.Pool, err = pool.Collect(cmd.Context(), cluster, query, cloud, now); err != nil {
		return err
	}
	return lookFurther(cmd.Context(), cluster, facts)
}

// namespace is that of manifests which name none.
func (o *checkOptions) namespace(fallback string) string {
	if len(o.cluster.connection.Namespaces) == 1 {
		return o.cluster.connection.Namespaces[0]
	}
	return fallback
}

// sayNothing says on stderr that there was nothing to judge, so that silence is not
// taken for health.
func (o *checkOptions) sayNothing(facts *rules.Facts, report *finding.Report) {
	if facts.Pool == nil && len(report.Subjects)+len(report.Findings) == 0 {
		cli.NewNotices(o.ErrOut, "stagger").Printf("none of the %d documents is a workload that tolerates the taint of short-lived nodes or asks for them; --taint names another taint", facts.Files.Documents)
	}
}

func (o *checkOptions) printing() finding.Options {
	return finding.Options{
		Format: o.output, FailOn: o.failOn, Namespace: o.namespace(""),
		Colour: o.colour.Wanted(o.Out), ASCII: finding.NeedsASCII(os.Getenv),
	}
}

// marks is the value of --taint.
type marks []rules.Mark

// Set is for pflag: a bad value fails when the flags are parsed.
func (m *marks) Set(s string) error {
	mark, err := rules.ParseMark(s)
	if err == nil {
		*m = append(*m, mark)
	}
	return err
}

// String is for pflag.
func (m *marks) String() string {
	text := ""
	for i, mark := range *m {
		if i > 0 {
			text += ","
		}
		text += mark.String()
	}
	return text
}

// Type is for pflag.
func (m *marks) Type() string { return "taint" }
