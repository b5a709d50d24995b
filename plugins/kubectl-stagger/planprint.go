package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rollout"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/timeline"
)

const (
	// shownSteps is how many steps a table has; --output=wide has all.
	shownSteps = 12
	// plainWidth is how wide pictures are where there is no terminal.
	plainWidth = 100
	widest     = 160
)

// printPlan shows what would happen by itself, and what the plan makes of it.
func (o *nodepoolOptions) printPlan(p *proposal) error {
	switch o.output {
	case planJSON, planYAML:
		return printDocument(o.Out, newPlanDocument(p), o.output == planYAML)
	case planName:
		return nil
	}
	v := &planView{proposal: p, out: o.Out, zone: o.plan.zone.get(), colour: o.colour.Wanted(o.Out), wide: o.output == planWide}
	return v.print()
}

// planView is a plan for people.
type planView struct {
	*proposal
	out    io.Writer
	zone   *time.Location
	colour bool
	wide   bool
}

func (v *planView) print() error {
	fmt.Fprintln(v.out, poolLine(v.snapshot, v.planner.Options.Life))
	if err := v.picture(); err != nil {
		return err
	}
	v.verdict()
	return v.steps()
}

// poolLine says which pool it is, and how the ages are known.
func poolLine(s *pool.Snapshot, life time.Duration) string {
	sources := map[pool.Source]int{}
	for i := range s.Nodes {
		sources[s.Nodes[i].Start.Source]++
	}
	var known []string
	for _, source := range pool.Sources() {
		if n := sources[source]; n > 0 {
			known = append(known, fmt.Sprintf("%s %d", source, n))
		}
	}
	name := s.Name
	if s.Platform.Name != "" {
		name += " (" + s.Platform.Name + ")"
	}
	return fmt.Sprintf("Pool %s: %s that live %s; starts by source: %s", name, count(len(s.Nodes), "node"), span(life), strings.Join(known, ", "))
}

// picture draws the next day without and with the plan.
func (v *planView) picture() error {
	s, options := v.snapshot, v.planner.Options
	unknown := 0
	for i := range s.Nodes {
		if s.Nodes[i].Start.At.IsZero() {
			unknown++
		}
	}
	until := s.TakenAt.Add(options.Period() + options.DrainTime)
	chart := timeline.Chart{
		From: s.TakenAt, Span: until.Sub(s.TakenAt), Nodes: len(s.Nodes), Window: options.Window, Max: options.Max, Zone: v.zone,
		Series: []timeline.Series{{Title: "By itself", Deaths: spread.Deaths(s.Spread(), options, s.TakenAt), Unknown: unknown}},
	}
	if plan := v.agenda.Plan; plan != nil {
		chart.Window = plan.Window
		chart.Series[0].Title = "By itself, in the next " + span(options.Life)
		// From when the plan has done its work: what it is for.
		chart.Series = append(chart.Series, timeline.Series{Title: "Once the plan is done", Deaths: settled(plan, until, options), Unknown: unknown})
	}
	fmt.Fprintln(v.out)
	if err := chart.Terminal(v.out, width(v.out), v.colour, finding.NeedsASCII(os.Getenv)); err != nil {
		return err
	}
	fmt.Fprintln(v.out)
	return nil
}

// settled are a day's deaths after a plan is done, on the axis of the day before.
func settled(plan *spread.Plan, from time.Time, options spread.Options) []spread.Death {
	turn := options.Period()
	var deaths []spread.Death
	for _, d := range plan.Deaths(from.Add(turn)) {
		if !d.At.Before(from) {
			d.At = d.At.Add(-turn)
			deaths = append(deaths, d)
		}
	}
	return deaths
}

// verdict says in words what the picture shows, and what the plan costs.
func (v *planView) verdict() {
	plan := v.agenda.Plan
	if plan == nil {
		fmt.Fprintf(v.out, "The plan of %s holds: %s.\n", v.clock(v.agenda.MadeAt), v.remaining())
		return
	}
	fmt.Fprintf(v.out, "Now:    a window of %s takes %s\n", span(plan.Window), takes(plan.Before, len(v.snapshot.Nodes)))
	if plan.Deletions == 0 {
		fmt.Fprintln(v.out, "Plan:   nothing to do: the deaths are spread.")
		return
	}
	fmt.Fprintf(v.out, "After:  a window of %s takes %s; gaps of %s to %s\n", span(plan.Window), takes(plan.After, len(v.snapshot.Nodes)), span(plan.After.SmallestGap), span(plan.After.LargestGap))
	bound := fmt.Sprintf("no plan can do with fewer than %d", plan.LowerBound)
	if plan.Fewest() {
		bound = "the fewest that do it"
	}
	last := plan.Steps[len(plan.Steps)-1]
	fmt.Fprintf(v.out, "Plan:   %s (%s), from %s to %s\n", count(plan.Deletions, "replacement"), bound, v.clock(plan.Steps[0].At), v.clock(last.At))
}

func (v *planView) remaining() string {
	next := v.agenda.Next()
	if next == nil {
		return "nothing is left to do"
	}
	return fmt.Sprintf("%s left, the next one at %s", count(len(v.agenda.Steps), "replacement"), v.clock(next.At))
}

// takes says what a window takes of a pool.
func takes(f spread.Figures, nodes int) string {
	text := fmt.Sprintf("%d of %s", f.MaxInWindow, count(nodes, "node"))
	if f.Most.Workload != "" {
		text += fmt.Sprintf(", and %d of the %s of %s", f.Most.Lost, count(f.Most.Ready, "ready pod"), f.Most.Workload)
	}
	return text
}

// steps lists the replacements.
func (v *planView) steps() error {
	if len(v.agenda.Steps) == 0 {
		return nil
	}
	fmt.Fprintln(v.out)
	deadlines := map[string]time.Time{}
	for _, d := range spread.Deaths(v.snapshot.Spread(), v.planner.Options, v.snapshot.TakenAt) {
		deadlines[d.Node] = d.At
	}
	shown := v.agenda.Steps
	if !v.wide && len(shown) > shownSteps+3 {
		shown = shown[:shownSteps]
	}
	table := cli.NewTable("NODE", "WHEN", "IN", "DIES", "WHY")
	for _, step := range shown {
		dies := "unknown"
		if at, known := deadlines[step.Node]; known {
			dies = v.clock(at)
		}
		table.Add(step.Node, v.clock(step.At), v.in(step.At), dies, why(step))
	}
	if err := table.Print(v.out); err != nil {
		return err
	}
	if more := len(v.agenda.Steps) - len(shown); more > 0 {
		fmt.Fprintf(v.out, "... and %d more (-o wide)\n", more)
	}
	return nil
}

func why(step rollout.Step) string {
	switch step.Reason {
	case spread.Crowded:
		return "dies in a crowd"
	case spread.Reborn:
		return "its successor does"
	default:
		return "its slot"
	}
}

// clock is a time as one reads it at the terminal; tomorrow has its date.
func (v *planView) clock(t time.Time) string { return clockAt(t, v.snapshot.TakenAt, v.zone) }

func clockAt(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}

func (v *planView) in(t time.Time) string {
	if d := t.Sub(v.snapshot.TakenAt); d > 0 {
		return span(d)
	}
	return "now"
}

// span writes a duration with the precision that people want: 2m30s, 48m, 7h20m.
func span(d time.Duration) string {
	switch {
	case d >= 10*time.Minute:
		d = d.Round(time.Minute)
	case d >= time.Second:
		d = d.Round(time.Second)
	default:
		d = d.Round(time.Millisecond)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// width is that of the terminal behind out, within bounds.
func width(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok || !cli.IsTerminal(out) {
		return plainWidth
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		return plainWidth
	}
	return min(columns, widest)
}
