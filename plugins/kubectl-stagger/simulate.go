package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread/simulate"
)

const (
	// settling is how many days at the beginning do not count.
	settling = 2
	// A run cannot be interrupted: with these bounds it takes seconds at most.
	mostSimulatedNodes = 5000
	mostSimulatedDays  = 3650
	mostNodeDays       = 250_000
	mostBursts         = 100 // a day

	mostSeeds    = 1000
	shortestLife = time.Hour
)

// simulateOptions is everything that the command line of simulate says.
type simulateOptions struct {
	genericiooptions.IOStreams

	nodes int
	age   time.Duration
	days  int
	seeds int
	seed  uint64

	weekly, burst fraction
	bursts        float64
	bathtub       bool

	maxAge, window      time.Duration
	most, concurrency   int
	drainTime, bootTime time.Duration

	output simulateOutput
}

func newSimulateCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &simulateOptions{IOStreams: streams, output: simulateTable}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Play days of a pool, to see what spreading its deaths is good for",
		Long: `Play days of a pool whose nodes have all started together, under each strategy: to
do nothing; to drain each node at a random age of 12 to 24 hours, each for itself;
to spread them once; once and again every day; to replace each in its own slot.

It says how often a node dies, how many of the deaths come without a drain, and how
many nodes the worst ten minutes of a day take. Machines are also preempted before
their time. How often differs by zone and day, so that four kinds are played: none,
15 % of the machines in a week, 30 % of them at one moment once a day, and half of
them young. Flags play one of your own instead.

No cluster is asked. The same flags give the same numbers.`,
		Example: `  # 30 nodes
  kubectl stagger simulate

  # 100 nodes, of which 5 % are preempted in a week
  kubectl stagger simulate --nodes 100 --weekly 5%

  # A zone that takes a third of the pool at once, twice a day
  kubectl stagger simulate --burst 33% --bursts 2

  # The pool as kubectl stagger nodepool POOL --window 30m --max 2 would spread it
  kubectl stagger simulate --nodes 40 --window 30m --max 2

  # Nodes of Karpenter that expire after three days
  kubectl stagger simulate --max-age 72h --days 60 -o json`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(cmd); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().SortFlags = false
	o.bind(cmd.Flags())
	// The error is only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(simulateOutputs(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *simulateOptions) bind(fs *pflag.FlagSet) {
	fs.IntVar(&o.nodes, "nodes", 30, "How many nodes the pool has")
	fs.DurationVar(&o.age, "age", 0, "How old they all are at the beginning")
	fs.IntVar(&o.days, "days", 14, "How many days count, after two that do not")
	fs.IntVar(&o.seeds, "seeds", 12, "How many runs the numbers are the means of")
	fs.Uint64Var(&o.seed, "seed", 0, "Seed of the first run; the others follow")
	fs.Var(&o.weekly, "weekly", "Part of the machines that is preempted in a week, as in 15% or 0.15")
	fs.Var(&o.burst, "burst", "Part of the machines that is preempted at one moment, as in 30%")
	fs.Float64Var(&o.bursts, "bursts", 1, "How often a day that happens, on average")
	fs.BoolVar(&o.bathtub, "bathtub", false, "Half of the machines die young, the others mostly in their last hours")
	fs.DurationVar(&o.maxAge, "max-age", 24*time.Hour, "How long a machine lives")
	fs.DurationVar(&o.window, "window", 0, "Lose at most --max nodes in any time as long as this (default 12h/N for N nodes that live 24h)")
	fs.IntVar(&o.most, "max", 1, "How many nodes may be lost in a --window")
	fs.IntVar(&o.concurrency, "concurrency", 1, "How many nodes may be in replacement at once")
	fs.DurationVar(&o.drainTime, "drain-time", 3*time.Minute, "How long a drain takes")
	fs.DurationVar(&o.bootTime, "boot-time", 2*time.Minute, "How long a machine takes until it is a Ready node")
	fs.VarP(&o.output, "output", "o", "How the numbers are printed: "+strings.Join(simulateOutputs(), " or "))
}

func (o *simulateOptions) validate(cmd *cobra.Command) error {
	var err error
	switch set := cmd.Flags().Changed; {
	case o.nodes < 1 || o.nodes > mostSimulatedNodes:
		err = fmt.Errorf("--nodes must be from 1 to %d", mostSimulatedNodes)
	case o.days < 1 || o.days > mostSimulatedDays:
		err = fmt.Errorf("--days must be from 1 to %d", mostSimulatedDays)
	case o.nodes*o.days > mostNodeDays:
		err = fmt.Errorf("--nodes times --days must be at most %d, and not %d", mostNodeDays, o.nodes*o.days)
	case o.seeds < 1 || o.seeds > mostSeeds:
		err = fmt.Errorf("--seeds must be from 1 to %d", mostSeeds)
	case o.maxAge < shortestLife:
		err = fmt.Errorf("--max-age must be at least %s", span(shortestLife))
	case o.age < 0 || o.age >= o.maxAge:
		err = fmt.Errorf("--age must be from 0 to less than --max-age, which is %s", span(o.maxAge))
	case o.weekly == 1:
		err = errors.New("--weekly must be less than 100%")
	case !(o.bursts > 0 && o.bursts <= mostBursts): // nor not a number
		err = fmt.Errorf("--bursts must be more than 0 and at most %d", mostBursts)
	case set("bursts") && o.burst == 0:
		err = errors.New("--bursts says how often --burst happens: give --burst, as in --burst 30%")
	case o.window < 0:
		err = errors.New("--window must not be negative")
	case o.most < 1:
		err = errors.New("--max must be at least 1")
	case o.concurrency < 1:
		err = errors.New("--concurrency must be at least 1")
	case o.drainTime <= 0 || o.bootTime <= 0:
		err = errors.New("--drain-time and --boot-time must be more than 0")
	default:
		err = o.feasible()
	}
	if err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	return nil
}

// feasible plans once before anything is played: what is wrong is the same for all runs.
func (o *simulateOptions) feasible() error {
	now := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	var pool spread.Pool
	for i := range o.nodes {
		pool.Nodes = append(pool.Nodes, spread.Node{Name: strconv.Itoa(i), Start: now.Add(-o.age)})
	}
	for _, mode := range []spread.Mode{spread.Once, spread.Rolling} {
		options := o.plan()
		options.Mode = mode
		if _, err := spread.Schedule(pool, options, now); err != nil {
			return fmt.Errorf("--window, --max, --concurrency, --drain-time, --boot-time and --max-age do not fit --nodes: %w", err)
		}
	}
	return nil
}

func (o *simulateOptions) plan() spread.Options {
	return spread.Options{Life: o.maxAge, Boot: o.bootTime, Window: o.window, Max: o.most, DrainTime: o.drainTime, Concurrency: o.concurrency}
}

// noise is a kind of preemption with its name.
type noise struct {
	name string
	simulate.Noise
}

// noises are those that are played: the user's own, or the ones that one may meet.
func (o *simulateOptions) noises() []noise {
	own := simulate.Noise{Weekly: float64(o.weekly), Burst: float64(o.burst), Bathtub: o.bathtub}
	if own == (simulate.Noise{}) {
		return []noise{
			{"none", simulate.Noise{}},
			{"15%/week", simulate.Noise{Weekly: 0.15}},
			{"30% at once daily", simulate.Noise{Burst: 0.3, Bursts: 1}},
			{"half die young", simulate.Noise{Bathtub: true}},
		}
	}
	var names []string
	if own.Weekly > 0 {
		names = append(names, o.weekly.String()+"/week")
	}
	if own.Burst > 0 {
		own.Bursts = o.bursts
		names = append(names, fmt.Sprintf("%v at once %g/day", &o.burst, o.bursts))
	}
	if own.Bathtub {
		names = append(names, "half die young")
	}
	return []noise{{strings.Join(names, ", "), own}}
}

func (o *simulateOptions) run(ctx context.Context) error {
	noises := o.noises()
	p := newRunProgress(o.ErrOut, len(noises)*len(simulate.Strategies)*o.seeds)
	defer p.done()
	var played []outcome
	for _, n := range noises {
		result := outcome{noise: n, results: map[simulate.Strategy]simulate.Result{}}
		for _, s := range simulate.Strategies {
			r, err := o.mean(ctx, n, s, p)
			if err != nil {
				return err
			}
			result.results[s] = r
		}
		played = append(played, result)
	}
	p.done()
	if o.output == simulateJSON {
		return o.printJSON(played)
	}
	return o.printTable(played)
}

// mean plays one strategy under one noise.
func (o *simulateOptions) mean(ctx context.Context, n noise, s simulate.Strategy, p *runProgress) (simulate.Result, error) {
	mean, err := simulate.Mean(ctx, simulate.Config{
		Nodes: o.nodes, Age: o.age, Noise: n.Noise, Strategy: s, Options: o.plan(),
		Days: o.days + settling, Skip: settling, Seed: o.seed,
	}, o.seeds, p.step)
	if err != nil {
		return mean, fmt.Errorf("simulating %q with noise %q: %w", s, n.name, err)
	}
	return mean, nil
}

// fraction is a flag's value from 0 to 1, which may be written in percent.
type fraction float64

func (f *fraction) Set(s string) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		x /= 100
	}
	if err != nil || !(x >= 0 && x <= 1) { // nor not a number
		return errors.New("must be from 0% to 100%, as in 15% or 0.15")
	}
	*f = fraction(x)
	return nil
}

func (f *fraction) String() string {
	return strconv.FormatFloat(math.Round(float64(*f)*1e6)/1e4, 'f', -1, 64) + "%"
}

func (f *fraction) Type() string { return "part" }
