package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// planFlags say what a plan must keep.
type planFlags struct {
	mode        mode
	window      time.Duration
	most        int
	concurrency int
	drainTime   time.Duration
	bootTime    time.Duration
	maxAge      time.Duration
	within      time.Duration
	hours       hours
	zone        zone
	even        bool
	compress    bool
}

func (f *planFlags) bind(fs *pflag.FlagSet) {
	fs.Var(&f.mode, "mode", "once: spread the deaths, then let the nodes expire one at a time; rolling: replace each node gracefully in its own slot, for ever")
	fs.DurationVar(&f.window, "window", 0, "Lose at most --max nodes in any time as long as this (default 12h/N for N nodes that live 24h)")
	fs.IntVar(&f.most, "max", 1, "How many nodes may be lost in a --window")
	fs.IntVar(&f.concurrency, "concurrency", 1, "How many nodes may be in replacement at once")
	fs.Var(&f.hours, "hours", "Drain nodes in these hours only, as in 22:00-06:00; repeatable")
	fs.Var(&f.zone, "time-zone", "Where the clock of --hours and of what is printed hangs, as in Europe/Berlin (default the local one)")
	fs.DurationVar(&f.maxAge, "max-age", 0, "How long a machine lives (default what the platform says: 24h on GKE's preemptible VMs)")
	fs.DurationVar(&f.drainTime, "drain-time", 3*time.Minute, "How long a drain is expected to take, for planning")
	fs.DurationVar(&f.bootTime, "boot-time", 2*time.Minute, "How long a machine is expected to take until it is a Ready node, for planning")
	fs.DurationVar(&f.within, "within", 0, "Have all replacements done in this time from now (default one life)")
	fs.BoolVar(&f.even, "even", false, "Bound the largest gap between two deaths, too, for more replacements")
	fs.BoolVar(&f.compress, "compress", false, "Replace before the nodes would die together for the first time, where there is room")
}

// options are those of the planner, for machines that live so long.
func (f *planFlags) options(life time.Duration) spread.Options {
	return spread.Options{
		Life: life, Boot: f.bootTime, Window: f.window, Max: f.most, DrainTime: f.drainTime, Concurrency: f.concurrency,
		Hours: spread.Hours{Spans: f.hours, Zone: f.zone.get()}, Mode: spread.Mode(f.mode), Even: f.even, Compress: f.compress, Horizon: f.within,
	}
}

func (f *planFlags) validate() error {
	for _, d := range []struct {
		flag string
		is   time.Duration
	}{{"window", f.window}, {"drain-time", f.drainTime}, {"boot-time", f.bootTime}, {"max-age", f.maxAge}, {"within", f.within}} {
		if d.is < 0 {
			return fmt.Errorf("--%s must not be negative", d.flag)
		}
	}
	switch {
	case f.most < 1:
		return errors.New("--max must be at least 1")
	case f.concurrency < 1:
		return errors.New("--concurrency must be at least 1")
	case f.drainTime == 0 || f.bootTime == 0:
		return errors.New("--drain-time and --boot-time must be more than 0")
	}
	return nil
}

// mode is the value of --mode.
type mode spread.Mode

func (m *mode) Set(s string) error {
	switch s {
	case "once":
		*m = mode(spread.Once)
	case "rolling":
		*m = mode(spread.Rolling)
	default:
		return errors.New("must be once or rolling")
	}
	return nil
}

func (m *mode) String() string {
	if spread.Mode(*m) == spread.Rolling {
		return "rolling"
	}
	return "once"
}

func (m *mode) Type() string { return "mode" }

// hours is the value of --hours.
type hours []spread.Span

// Set takes one or more spans with commas between, and adds them.
func (h *hours) Set(s string) error {
	for text := range strings.SplitSeq(s, ",") {
		from, to, ok := strings.Cut(text, "-")
		if !ok {
			return fmt.Errorf("%q is not a span like 22:00-06:00", text)
		}
		span := spread.Span{}
		for _, part := range []struct {
			text string
			into *time.Duration
		}{{from, &span.From}, {to, &span.To}} {
			at, err := clock(strings.TrimSpace(part.text))
			if err != nil {
				return err
			}
			*part.into = at
		}
		if span.From == 24*time.Hour {
			return fmt.Errorf("%q begins where the day ends: write 00:00", text)
		}
		*h = append(*h, span)
	}
	return nil
}

// clock reads a time of the day; 24:00 is its end.
func clock(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time of the day like 06:30", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

func (h *hours) String() string {
	var texts []string
	for _, s := range *h {
		texts = append(texts, fmt.Sprintf("%02d:%02d-%02d:%02d", int(s.From.Hours()), int(s.From.Minutes())%60, int(s.To.Hours()), int(s.To.Minutes())%60))
	}
	return strings.Join(texts, ",")
}

func (h *hours) Type() string { return "hours" }

// zone is the value of --time-zone.
type zone struct{ *time.Location }

func (z *zone) Set(s string) error {
	l, err := time.LoadLocation(s)
	if err != nil || s == "" {
		return errors.New("must be a time zone like UTC or Europe/Berlin")
	}
	z.Location = l
	return nil
}

func (z *zone) String() string {
	if z.Location == nil {
		return ""
	}
	return z.Location.String()
}

func (z *zone) Type() string { return "zone" }

func (z *zone) get() *time.Location {
	if z.Location == nil {
		return time.Local
	}
	return z.Location
}
