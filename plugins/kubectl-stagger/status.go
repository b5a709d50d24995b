package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/timeline"
)

// statusOptions is everything that the command line of status says.
type statusOptions struct {
	genericiooptions.IOStreams
	cluster  clusterFlags
	cloud    cloudFlags
	pool     string
	selector string
	maxAge   time.Duration
	window   time.Duration
	most     int
	zone     zone
	output   statusOutput
	colour   cli.ColourMode
}

func newStatusCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &statusOptions{IOStreams: streams, colour: cli.ColourAuto, output: statusTable}
	cmd := &cobra.Command{
		Use:   "status [POOL]",
		Short: "Show when each node of a pool dies, how that is known, and what dies with it",
		Long: `Show for each node of a pool when its machine started, where that is known from, when
it dies of age, and the pods that are at risk, with a picture of the next 24 hours.

The age of a Node object says little: a machine that is made anew under the same name
often keeps the old object. So the start is the cloud's own record where it can be
asked, else what else there is to go by; SOURCE says which. A start that is not known
counts as one that may be any.

Without POOL, all pools of nodes that die of age are shown.`,
		Example: `  # All pools of short-lived nodes
  kubectl stagger status

  # One pool, with the pods' workloads
  kubectl stagger status preempt -o wide

  # A picture for a report
  kubectl stagger status preempt -o svg > preempt.svg`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.pool = args[0]
			}
			if err := o.validate(); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.run(cmd.Context())
		},
		ValidArgsFunction: o.cluster.completePools,
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&o.selector, "selector", "l", "", "Label selector of the nodes, instead of a pool")
	fs.VarP(&o.output, "output", "o", "table, wide, json, yaml or svg")
	fs.DurationVar(&o.maxAge, "max-age", 0, "How long a machine lives (default what the platform says)")
	fs.DurationVar(&o.window, "window", 0, "Mark where more than --max nodes die in so long a time (default 12h/N for N nodes that live 24h)")
	fs.IntVar(&o.most, "max", 1, "How many nodes may be lost in a --window")
	fs.Var(&o.zone, "time-zone", "Time zone of what is printed, as in Europe/Berlin (default the local one)")
	o.cloud.bind(fs, "Who is asked about the machines: api (Compute Engine) or gcloud; auto asks the API where the nodes are Google's")
	fs.Var(&o.colour, "color", "Colour the output: auto, always or never")
	o.cluster.bind(cmd)
	o.cluster.registerCompletions(cmd, map[string][]string{"output": statusOutputs(), "via": vias()})
	return cmd
}

func (o *statusOptions) validate() error {
	switch {
	case o.pool != "" && o.selector != "":
		return errors.New("POOL and -l exclude each other")
	case o.maxAge < 0 || o.window < 0:
		return errors.New("--max-age and --window must not be negative")
	case o.most < 1:
		return errors.New("--max must be at least 1")
	}
	return o.cloud.validate()
}

// run shows one pool, or all whose nodes die of age.
func (o *statusOptions) run(ctx context.Context) error {
	c, err := o.cluster.connect()
	if err != nil {
		return err
	}
	all, err := o.collect(ctx, c)
	if err != nil {
		return err
	}
	notices := cli.NewNotices(o.ErrOut, "stagger")
	statuses := make([]*status, len(all))
	for i, s := range all {
		if statuses[i], err = o.newStatus(s); err != nil {
			return err
		}
	}
	if err := o.print(statuses); err != nil {
		return err
	}
	if o.output == statusJSON || o.output == statusYAML {
		return nil
	}
	for _, s := range all {
		for _, missing := range s.Missing {
			notices.Printf("%s", missing)
		}
	}
	return nil
}

// collect looks at the pools that are meant.
func (o *statusOptions) collect(ctx context.Context, c *kube.Cluster) ([]*pool.Snapshot, error) {
	cloud, err := o.cloud.cloud()
	if err != nil {
		return nil, err
	}
	q := pool.Query{Pool: o.pool, Selector: o.selector, PoolLabel: o.cluster.poolLabel, MaxAge: o.maxAge}
	if o.pool != "" || o.selector != "" {
		s, err := pool.Collect(ctx, c, q, cloud, time.Now())
		return []*pool.Snapshot{s}, err
	}
	names, err := pool.Names(ctx, c, o.cluster.poolLabel)
	if err != nil {
		return nil, err
	}
	var all []*pool.Snapshot
	for _, name := range names {
		q.Pool = name
		s, err := pool.Collect(ctx, c, q, cloud, time.Now())
		if err != nil {
			return nil, err
		}
		if _, err := s.MaxAge(); err == nil {
			all = append(all, s)
		}
	}
	switch {
	case len(names) == 0:
		return nil, errors.New("the cluster's nodes have no label of a pool that is known: give --pool-label or -l")
	case len(all) == 0:
		return nil, fmt.Errorf("no pool's nodes are known to die at a certain age: give a POOL with --max-age; pools: %s", strings.Join(names, ", "))
	}
	return all, nil
}

// status is a pool's state, ready to be shown.
type status struct {
	snapshot *pool.Snapshot
	options  spread.Options
	life     time.Duration // 0: not known
	deaths   []spread.Death
	// crowding is a window that the pool is judged by, and what it takes of the pool.
	window  time.Duration
	figures spread.Figures
	nodes   []nodeStatus
}

func (o *statusOptions) newStatus(s *pool.Snapshot) (*status, error) {
	st := &status{snapshot: s}
	var err error
	if st.life, err = s.MaxAge(); err == nil {
		st.options = spread.Options{Life: st.life, Window: o.window, Max: o.most}.WithDefaults()
		st.deaths = spread.Deaths(s.Spread(), st.options, s.TakenAt)
		if st.window, st.figures, err = spread.Look(s.Spread(), st.options, s.TakenAt); err != nil {
			return nil, err
		}
	}
	st.nodes = nodeStatuses(st)
	return st, nil
}

func (o *statusOptions) print(statuses []*status) error {
	switch o.output {
	case statusJSON, statusYAML:
		return printDocument(o.Out, newStatusDocument(statuses), o.output == statusYAML)
	case statusSVG:
		if len(statuses) > 1 {
			return errors.New("-o svg draws one pool: name it")
		}
		chart := o.chart(statuses[0])
		return chart.SVG(o.Out)
	}
	for i, st := range statuses {
		if i > 0 {
			fmt.Fprintln(o.Out)
		}
		if err := o.printOne(o.Out, st); err != nil {
			return err
		}
	}
	return nil
}

func (o *statusOptions) chart(st *status) timeline.Chart {
	unknown := len(st.snapshot.Nodes) - len(st.deaths)
	return timeline.Chart{
		From: st.snapshot.TakenAt, Span: max(st.life, 24*time.Hour), Nodes: len(st.snapshot.Nodes), Window: st.window, Max: o.most, Zone: o.zone.get(),
		Title:  "Pool " + st.snapshot.Name,
		Series: []timeline.Series{{Title: "When its nodes die", Deaths: st.deaths, Unknown: unknown}},
	}
}

func (o *statusOptions) printOne(w io.Writer, st *status) error {
	if st.life == 0 {
		fmt.Fprintf(w, "Pool %s: %s that do not die at a certain age; --max-age says otherwise\n\n", st.snapshot.Name, count(len(st.nodes), "node"))
		return o.table(w, st)
	}
	fmt.Fprintln(w, poolLine(st.snapshot, st.life))
	fmt.Fprintf(w, "A window of %s takes %s\n\n", span(st.window), takes(st.figures, len(st.nodes)))
	if err := o.table(w, st); err != nil {
		return err
	}
	fmt.Fprintln(w)
	chart := o.chart(st)
	chart.Title = ""
	return chart.Terminal(w, width(w), o.colour.Wanted(w), finding.NeedsASCII(os.Getenv))
}
