// Package simulate plays days of a pool of short-lived VMs that are taken away
// at random, too, under what one may do about their common death.
package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// Strategy is what is done about common deaths.
type Strategy int

const (
	// Nothing lets them die.
	Nothing Strategy = iota
	// Once spreads the pool at the beginning.
	Once
	// Daily spreads it again every day.
	Daily
	// Rolling replaces each node in a slot of its own, and plans every six hours.
	Rolling
	// Random drains each VM at an age from 12 h to 24 h, each for itself and to
	// ten minutes, as estafette-gke-preemptible-killer v1.3.2 does.
	Random
)

// Strategies are all of them.
var Strategies = []Strategy{Nothing, Random, Once, Daily, Rolling}

func (s Strategy) String() string {
	return [...]string{"nothing", "once", "once, and again daily", "rolling", "random kills"}[s]
}

// Noise is what takes VMs away before their time.
type Noise struct {
	// Weekly is the part of VMs that is preempted in a week, each at any time;
	// Google has named 5 % to 15 %.
	Weekly float64
	// Burst is the part of all VMs that is taken at one moment, Bursts times a day
	// on average.
	Burst, Bursts float64
	// Bathtub has half of the VMs die young (an hour on average) and the others
	// mostly in the last hours, after Kadupitiya, Jadhao and Sharma, "Modeling The
	// Temporally Constrained Preemptions of Transient Cloud VMs", HPDC 2020; the
	// parameters (0.5, 1 h, 0.8 h) are of that kind and not measured.
	Bathtub bool
}

// Config is one simulation. The same config gives the same result.
type Config struct {
	Nodes int
	// Age is how old all VMs are at the beginning.
	Age      time.Duration
	Noise    Noise
	Strategy Strategy
	// Options are those of the plans; Mode is set by the strategy.
	Options spread.Options
	// Days are simulated, of which the first Skip do not count; 0 is 16 and 2.
	Days, Skip int
	Seed       uint64
}

// Result is what happened to the nodes.
type Result struct {
	// Kills are the deaths per node and day, of whatever cause.
	Kills float64
	// Ungraceful is the part of them that was not drained.
	Ungraceful float64
	// Lost is the most nodes lost in any 10 minutes of a day, the mean over days.
	Lost float64
}

const (
	day = 24 * time.Hour
	// peak is the window in which losses are counted.
	peak = 10 * time.Minute
	// maxDays and minLife bound a simulation.
	maxDays = 3660
	minLife = 10 * time.Minute
)

// epoch is when simulations begin. Nothing depends on it but Options.Hours.
var epoch = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// Run simulates. Errors are those of the input and of spread.Schedule.
func Run(c Config) (Result, error) {
	if c.Days == 0 {
		c.Days, c.Skip = 16, 2
	}
	c.Options = c.Options.WithDefaults()
	if _, err := spread.Schedule(spread.Pool{}, c.Options, epoch); err != nil {
		return Result{}, err
	}
	n := c.Noise
	switch {
	case c.Options.Life < minLife:
		return Result{}, fmt.Errorf("lives of %v cannot be simulated: at least %v", c.Options.Life, minLife)
	case c.Nodes < 1:
		return Result{}, fmt.Errorf("a pool of %d nodes cannot be simulated", c.Nodes)
	case c.Days < 1 || c.Days > maxDays || c.Skip < 0 || c.Skip >= c.Days:
		return Result{}, fmt.Errorf("%d days without the first %d cannot be simulated", c.Days, c.Skip)
	case c.Age < 0 || c.Age >= c.Options.Life:
		return Result{}, fmt.Errorf("VMs that live %v are never %v old", c.Options.Life, c.Age)
	case !(n.Weekly >= 0 && n.Weekly < 1) || !(n.Burst >= 0 && n.Burst <= 1) || !(n.Bursts >= 0 && n.Bursts <= 1000):
		return Result{}, fmt.Errorf("%v of the VMs a week, or %v of them %v times a day, cannot be preempted", n.Weekly, n.Burst, n.Bursts)
	}
	w := newWorld(c)
	if err := w.run(); err != nil {
		return Result{}, err
	}
	return w.result(), nil
}

// Mean runs a simulation with seeds from c.Seed on, calls played after each, and
// returns the mean. When ctx ends it stops after the run that is being played.
func Mean(ctx context.Context, c Config, seeds int, played func()) (Result, error) {
	var sum Result
	f := float64(max(seeds, 1))
	for range seeds {
		if ctx.Err() != nil {
			return Result{}, context.Cause(ctx)
		}
		r, err := Run(c)
		if err != nil {
			return Result{}, fmt.Errorf("with seed %d: %w", c.Seed, err)
		}
		sum.Kills += r.Kills / f
		sum.Ungraceful += r.Ungraceful / f
		sum.Lost += r.Lost / f
		c.Seed++
		played()
	}
	return sum, nil
}
