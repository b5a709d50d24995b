package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread/simulate"
)

// simulateOutput is the value of simulate's --output.
type simulateOutput string

// The formats of a simulation.
const (
	simulateTable simulateOutput = "table"
	simulateJSON  simulateOutput = "json"
)

func simulateOutputs() []string { return []string{string(simulateTable), string(simulateJSON)} }

func (s *simulateOutput) Set(v string) error {
	if !slices.Contains(simulateOutputs(), v) {
		return errors.New("must be " + strings.Join(simulateOutputs(), " or "))
	}
	*s = simulateOutput(v)
	return nil
}

func (s *simulateOutput) String() string { return string(*s) }
func (s *simulateOutput) Type() string   { return "format" }

// outcome is what each strategy makes of a pool under one kind of noise.
type outcome struct {
	noise
	results map[simulate.Strategy]simulate.Result
}

// planned are the strategies of this plugin.
var planned = []simulate.Strategy{simulate.Once, simulate.Daily, simulate.Rolling}

// least is the fewest nodes that the worst ten minutes take with any plan.
func (o outcome) least() float64 {
	least := math.Inf(1)
	for _, s := range planned {
		least = min(least, o.results[s].Lost)
	}
	return least
}

// helps reports whether a plan takes at least a quarter, and half a node, off the
// worst ten minutes; less is not worth the deaths that it adds.
func (o outcome) helps() bool {
	nothing := o.results[simulate.Nothing].Lost
	return o.least() <= 0.75*nothing && o.least() <= nothing-0.5
}

// reading says what the numbers mean: what to do, and what it is good for.
func (o outcome) reading(nodes int) string {
	nothing, rolling := o.results[simulate.Nothing], o.results[simulate.Rolling]
	if nothing.Kills == 0 {
		return "no node died in these days."
	}
	added := max(0, rolling.Kills/nothing.Kills-1)
	switch {
	case o.helps():
		what, lost := "plan once", o.results[simulate.Once].Lost
		if daily := o.results[simulate.Daily].Lost; daily < 0.9*lost {
			what, lost = "plan every day, since preemption undoes a plan", daily
		}
		return fmt.Sprintf("%s: the worst 10 minutes then take %.1f of %s, not %.1f. Rolling: %.1f, and %s of the deaths are drained, for %s more of them.",
			what, lost, count(nodes, "node"), nothing.Lost, rolling.Lost, percent(1-rolling.Ungraceful), percent(added))
	case nodes == 1 || o.Noise == (simulate.Noise{}):
		return fmt.Sprintf("nothing to spread: the worst 10 minutes take %.1f of %s.", nothing.Lost, count(nodes, "node"))
	}
	return fmt.Sprintf("do not run it: preemption spreads the pool by itself. The worst 10 minutes take %.1f of %s, and %.1f with the best plan; rolling adds %s deaths.",
		nothing.Lost, count(nodes, "node"), o.least(), percent(added))
}

func percent(part float64) string { return fmt.Sprintf("%.0f%%", 100*part) }

func (o *simulateOptions) printTable(played []outcome) error {
	if _, err := fmt.Fprintf(o.Out, "Simulated: %s of one age that live %s; means of %s of %s\n\n",
		count(o.nodes, "node"), span(o.maxAge), count(o.seeds, "run"), count(o.days, "day")); err != nil {
		return err
	}
	table := cli.NewTable("PREEMPTION", "STRATEGY", "DEATHS/NODE/DAY", "UNDRAINED", "MOST LOST IN 10 MIN")
	for _, out := range played {
		for _, s := range simulate.Strategies {
			r := out.results[s]
			table.Add(out.name, s.String(), fmt.Sprintf("%.2f", r.Kills), percent(r.Ungraceful), fmt.Sprintf("%.1f", r.Lost))
		}
	}
	if err := table.Print(o.Out); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteByte('\n')
	for _, out := range played {
		fmt.Fprintf(&b, "%s: %s\n", out.name, out.reading(o.nodes))
	}
	_, err := io.WriteString(o.Out, b.String())
	return err
}

// simulationDocument is a simulation for programs.
type simulationDocument struct {
	APIVersion  string           `json:"apiVersion"`
	Kind        string           `json:"kind"`
	Nodes       int              `json:"nodes"`
	Age         int64            `json:"ageSeconds"`
	MaxAge      int64            `json:"maxAgeSeconds"`
	Window      int64            `json:"windowSeconds,omitempty"` // absent: the planner's own
	Max         int              `json:"maxInWindow"`
	Concurrency int              `json:"concurrency"`
	DrainTime   int64            `json:"drainTimeSeconds"`
	BootTime    int64            `json:"bootTimeSeconds"`
	Days        int              `json:"days"`
	Runs        int              `json:"runs"`
	Seed        uint64           `json:"seed"`
	Noises      []simulatedNoise `json:"noises"`
}

type simulatedNoise struct {
	Name         string              `json:"name"`
	Weekly       float64             `json:"preemptedFractionPerWeek"`
	Burst        float64             `json:"preemptedFractionPerBurst"`
	Bursts       float64             `json:"burstsPerDay"`
	Bathtub      bool                `json:"bathtub"`
	Strategies   []simulatedStrategy `json:"strategies"`
	WorthRunning bool                `json:"worthRunning"`
	Reading      string              `json:"reading"`
}

type simulatedStrategy struct {
	Strategy   string  `json:"strategy"`
	Kills      float64 `json:"deathsPerNodeAndDay"`
	Ungraceful float64 `json:"fractionWithoutDrain"`
	Lost       float64 `json:"nodesLostInWorst10Minutes"`
}

func (o *simulateOptions) printJSON(played []outcome) error {
	d := simulationDocument{
		APIVersion: documentVersion, Kind: "Simulation",
		Nodes: o.nodes, Age: seconds(o.age), MaxAge: seconds(o.maxAge), Window: seconds(o.window), Max: o.most, Concurrency: o.concurrency,
		DrainTime: seconds(o.drainTime), BootTime: seconds(o.bootTime), Days: o.days, Runs: o.seeds, Seed: o.seed,
	}
	for _, out := range played {
		n := simulatedNoise{
			Name: out.name, Weekly: out.Weekly, Burst: out.Burst, Bursts: out.Bursts, Bathtub: out.Bathtub,
			WorthRunning: out.helps(), Reading: out.reading(o.nodes),
		}
		for _, s := range simulate.Strategies {
			r := out.results[s]
			n.Strategies = append(n.Strategies, simulatedStrategy{s.String(), r.Kills, r.Ungraceful, r.Lost})
		}
		d.Noises = append(d.Noises, n)
	}
	e := json.NewEncoder(o.Out)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// runProgress counts runs on a terminal, once they take long.
type runProgress struct {
	to    io.Writer
	on    bool // whether anybody looks at it
	runs  int
	ended int
	next  time.Time
	shown bool
}

const (
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

func newRunProgress(to io.Writer, runs int) *runProgress {
	return &runProgress{to: to, on: cli.IsTerminal(to), runs: runs, next: time.Now().Add(progressAfter)}
}

// step is the end of a run.
func (p *runProgress) step() {
	p.ended++
	if now := time.Now(); p.on && now.After(p.next) {
		p.shown, p.next = true, now.Add(progressEvery)
		fmt.Fprintf(p.to, "\r%d of %d runs", p.ended, p.runs)
	}
}

// done takes the count away again.
func (p *runProgress) done() {
	if p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.shown = false
	}
}
