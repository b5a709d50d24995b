package timeline

import "time"

// tick is a round clock time on the axis.
type tick struct {
	at    time.Time
	label string
}

// steps are the distances between ticks, in minutes; weeks are doubled.
var steps = []int{1, 2, 5, 10, 15, 30, 60, 2 * 60, 3 * 60, 4 * 60, 6 * 60, 12 * 60, 24 * 60, 2 * 24 * 60, 7 * 24 * 60}

// ticks returns at most most ticks: the closest round times that are so few.
func (p *picture) ticks(most int) []tick {
	for i := 0; ; i++ {
		step := steps[min(i, len(steps)-1)] << max(0, i-len(steps)+1)
		if float64(step*most) >= p.Span.Minutes() {
			return p.ticksEvery(step)
		}
	}
}

// ticksEvery counts minutes from midnight by the wall clock, so that ticks stay
// round when the clocks change; at such an hour one may be missing.
func (p *picture) ticksEvery(step int) []tick {
	var ticks []tick
	y, m, d := p.From.Date()
	end, last := p.From.Add(p.Span), p.From.Add(-1)
	for minute := 0; ; minute += step {
		at := time.Date(y, m, d, 0, minute, 0, 0, p.Zone)
		if !at.Before(end) {
			return ticks
		}
		if at.After(last) {
			ticks = append(ticks, tick{at, at.Format(p.tickFormat(at))})
			last = at
		}
	}
}

// tickFormat names the day at midnight only.
func (p *picture) tickFormat(at time.Time) string {
	switch h, m, _ := at.Clock(); {
	case h+m > 0 || p.Span <= aboutADay:
		return "15:04"
	case p.Span <= 7*24*time.Hour:
		return "Mon"
	}
	return "Jan _2"
}

// zone is the name of the axis' zone.
func (p *picture) zone() string { return visible(p.From.Format("MST"), true) }
