package spread

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// at are the times of a plan's steps after noon, in minutes.
func at(p Plan) []int {
	var minutes []int
	for _, s := range p.Steps {
		minutes = append(minutes, int(s.At.Sub(noon).Round(time.Minute)/time.Minute))
	}
	return minutes
}

func TestFreshPools(t *testing.T) {
	for _, test := range []struct {
		nodes     int
		gap       time.Duration
		deletions int
		window    time.Duration
	}{
		{0, 0, 0, 0},
		{1, 24*time.Hour + 2*time.Minute, 0, 12 * time.Hour},
		{2, 12 * time.Hour, 1, 6 * time.Hour},
		{3, 8 * time.Hour, 2, 4 * time.Hour},
		{30, 48 * time.Minute, 29, 24 * time.Minute},
		{100, 14*time.Minute + 24*time.Second, 99, 7*time.Minute + 12*time.Second},
	} {
		for _, age := range []time.Duration{0, 10 * time.Hour, 21 * time.Hour, 24 * time.Hour} {
			t.Run(fmt.Sprint(test.nodes, age), func(t *testing.T) {
				pool := same(test.nodes, age)
				p, err := Schedule(pool, Options{}, noon)
				if err != nil {
					t.Fatal(err)
				}
				verify(t, pool, Options{}, noon, p)
				if p.Deletions != test.deletions || p.LowerBound != test.deletions || p.Window != test.window {
					t.Errorf("%d deletions, bound %d, window %v", p.Deletions, p.LowerBound, p.Window)
				}
				if near(p.After.SmallestGap, test.gap) && near(p.After.LargestGap, test.gap) {
					return
				}
				t.Errorf("gaps from %v to %v, want %v", p.After.SmallestGap, p.After.LargestGap, test.gap)
			})
		}
	}
}

func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Minute }

func TestThreeNodes(t *testing.T) {
	p, err := Schedule(same(3, 0), Options{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	// Drains end at +8 h and +16 h.
	if got := at(p); !slices.Equal(got, []int{8*60 - 4, 16*60 - 4}) {
		t.Errorf("steps at %v", got)
	}
	if s := p.Steps[0]; s.Node != "n1" || s.Reason != Crowded || !s.Deadline.Equal(noon.Add(24*time.Hour)) || s.Next.Sub(s.At) != 24*time.Hour+5*time.Minute {
		t.Errorf("%+v", s)
	}
	if p.Before.MaxInWindow != 3 || p.Before.SmallestGap != 0 || p.After.MaxInWindow != 1 || !slices.Equal(p.Kept, []string{"n0"}) || len(p.Warnings) > 0 {
		t.Errorf("%+v", p)
	}
}

// The turn of most comes after the death of all: they move as they are reborn.
func TestStepsAfterTheDeath(t *testing.T) {
	pool := same(100, 21*time.Hour)
	p, err := Schedule(pool, Options{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, pool, Options{}, noon, p)
	reborn := 0
	for _, s := range p.Steps {
		if s.Reason == Reborn {
			reborn++
		}
	}
	if p.Deletions != 99 || reborn < 80 || len(p.Warnings) != 1 || !strings.HasPrefix(p.Warnings[0], fmt.Sprint(reborn, " nodes will die before")) {
		t.Errorf("%d deletions, %d of the reborn: %q", p.Deletions, reborn, p.Warnings)
	}
}

func TestCompress(t *testing.T) {
	for _, test := range []struct {
		age    time.Duration
		window time.Duration
		late   bool
	}{{10 * time.Hour, 0, false}, {21 * time.Hour, 0, true}, {21 * time.Hour, 6 * time.Minute, false}} {
		pool, o := same(30, test.age), Options{Compress: true, Window: test.window}
		p, err := Schedule(pool, o, noon)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, pool, o, noon, p)
		late := slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Reason == Reborn })
		if late != test.late || late != (len(p.Warnings) > 0) {
			t.Errorf("age %v, window %v: late %v, %q", test.age, test.window, late, p.Warnings)
		}
	}
}

func TestSpreadPoolIsLeftAlone(t *testing.T) {
	var ages []time.Duration
	for i := range 20 {
		ages = append(ages, time.Duration(i)*72*time.Minute)
	}
	for _, o := range []Options{{}, {Max: 3}, {Even: true}, {Hours: Hours{Spans: []Span{{time.Hour, 2 * time.Hour}}}}} {
		p, err := Schedule(aged(ages...), o, noon)
		if err != nil || p.Deletions != 0 || len(p.Kept) != 20 {
			t.Errorf("%+v: %d deletions, %v", o, p.Deletions, err)
		}
	}
}

func TestUnknownStarts(t *testing.T) {
	pool := same(6, 2*time.Hour)
	pool.Nodes[1].Start = time.Time{}
	pool.Nodes[3].Start = noon.Add(-25 * time.Hour) // no VM lives that long
	pool.Nodes[5].Start = noon.Add(time.Hour)
	for _, test := range []struct {
		max, plannedMax, after int
		warning                string
	}{
		{1, 1, 4, "3 nodes of unknown start may die in any window, beside the 1"},
		{4, 1, 4, "at most 1 others"},
		{5, 2, 5, "at most 2 others"},
	} {
		o := Options{Max: test.max}
		p, err := Schedule(pool, o, noon)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, pool, o, noon, p)
		if p.Max != test.plannedMax || p.After.MaxInWindow != test.after || p.Before.MaxInWindow != 6 {
			t.Errorf("max %d: %+v", test.max, p)
		}
		all := strings.Join(p.Warnings, "\n")
		for _, want := range []string{test.warning, "start of node n3 cannot be right", "n5"} {
			if !strings.Contains(all, want) {
				t.Errorf("no %q in %q", want, all)
			}
		}
	}
	p, err := Schedule(aged(-1, -1, -1), Options{Mode: Rolling}, noon)
	if err != nil || p.Deletions != 0 || p.After.MaxInWindow != 3 || len(p.Kept) != 3 {
		t.Errorf("nothing known: %+v, %v", p, err)
	}
}

// Clocks differ, and a VM may outlive its day by minutes.
func TestTolerance(t *testing.T) {
	for _, test := range []struct {
		age      time.Duration
		known    bool
		deadline time.Duration
	}{
		{-11 * time.Minute, false, 0}, {-9 * time.Minute, true, 24 * time.Hour}, {0, true, 24 * time.Hour}, {23 * time.Hour, true, time.Hour},
		{24*time.Hour + 9*time.Minute, true, 0}, {24*time.Hour + 11*time.Minute, false, 0},
	} {
		deadline, known := Deadline(Node{Start: noon.Add(-test.age)}, Options{}, noon)
		if known != test.known || known && !deadline.Equal(noon.Add(test.deadline)) {
			t.Errorf("age %v: %v, %v", test.age, deadline, known)
		}
	}
}

func TestEvenBoundsTheLargestGap(t *testing.T) {
	// Twenty nodes 24 min apart, and a hole of 16 h after them.
	var ages []time.Duration
	for i := range 20 {
		ages = append(ages, time.Duration(i)*30*time.Minute)
	}
	for _, test := range []struct {
		even bool
		most time.Duration
	}{{false, 48 * time.Hour}, {true, 36 * 3601 * time.Second / 20}} {
		o := Options{Even: test.even, Window: 20 * time.Minute}
		p, err := Schedule(aged(ages...), o, noon)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, aged(ages...), o, noon, p)
		if test.even != (p.Deletions > 0) || p.After.LargestGap > test.most {
			t.Errorf("even %v: %d deletions, largest gap %v", test.even, p.Deletions, p.After.LargestGap)
		}
	}
}

func TestHoursNarrowTheDefaultWindow(t *testing.T) {
	pool := same(30, time.Hour)
	o := Options{Hours: Hours{Spans: []Span{{22 * time.Hour, 6 * time.Hour}}, Zone: zone("Europe/Berlin")}}
	p, err := Schedule(pool, o, noon)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, pool, o, noon, p)
	if p.Window >= 24*time.Minute || p.Window < 7*time.Minute || p.Deletions != 29 || !strings.Contains(strings.Join(p.Warnings, ""), "does not fit into the time that may be used") {
		t.Errorf("window %v, %d deletions, %q", p.Window, p.Deletions, p.Warnings)
	}
}

func TestHorizon(t *testing.T) {
	pool, o := same(10, 2*time.Hour), Options{Horizon: 6 * time.Hour, Window: 30 * time.Minute}
	p, err := Schedule(pool, o, noon)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, pool, o, noon, p)
	if last := p.Steps[8].At.Sub(noon); last > 6*time.Hour {
		t.Errorf("the last step is after %v", last)
	}
}

func TestRolling(t *testing.T) {
	pool := same(30, 2*time.Hour)
	p, err := Schedule(pool, Options{Mode: Rolling}, noon)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, pool, Options{Mode: Rolling}, noon, p)
	if p.Deletions != 30 || p.LowerBound != 30 || p.After.SmallestGap != 47*time.Minute || p.After.LargestGap != 47*time.Minute {
		t.Errorf("%+v", p)
	}
	// Once spread, each is replaced in its own slot, half an hour before its end.
	var later Pool
	for _, s := range p.Steps {
		later.Nodes = append(later.Nodes, Node{Name: s.Node, Start: s.At.Add(5 * time.Minute)})
	}
	now := noon.Add(23*time.Hour + 30*time.Minute - 10*time.Minute)
	next, err := Schedule(later, Options{Mode: Rolling}, now)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range next.Steps {
		if want := p.Steps[i]; s.Reason != Due || s.Node != want.Node || s.At.Sub(want.At) != 23*time.Hour+30*time.Minute || s.Deadline.Sub(s.At) != 35*time.Minute {
			t.Errorf("%+v after %+v", s, want)
		}
	}
}

func TestInfeasible(t *testing.T) {
	night := Hours{Spans: []Span{{2 * time.Hour, 4 * time.Hour}}}
	for _, test := range []struct {
		name  string
		nodes int
		o     Options
		want  string
	}{
		{"window", 30, Options{Window: time.Hour},
			"no schedule found that spreads 30 nodes: at most 1 in any 1h0m0s makes 24 in the 24h2m0s that may be used; shorten the window to 48m4s, or allow 2 nodes per window"},
		{"concurrency", 400, Options{},
			"no schedule found that spreads 400 nodes: one drain every 5m0s makes 288 in the 24h2m0s that may be used; drain 2 nodes at once"},
		{"hours", 30, Options{Window: 10 * time.Minute, Hours: night},
			"no schedule found that spreads 30 nodes: one drain every 5m0s makes 23 in the 1h57m0s that may be used; drain 2 nodes at once, or allow more hours"},
		{"hours too short for a drain", 3, Options{Hours: Hours{Spans: []Span{{0, 2 * time.Minute}}}},
			"no schedule found that spreads 3 nodes: no allowed time is long enough for a drain; allow more hours"},
		{"an hour that does not come", 3, Options{Hours: night, Horizon: 2 * time.Hour},
			"no schedule found that spreads 3 nodes: no allowed time is long enough for a drain; allow more hours"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Schedule(same(test.nodes, 2*time.Hour), test.o, noon)
			var infeasible *Infeasible
			if !errors.As(err, &infeasible) || err.Error() != test.want {
				t.Errorf("%v\nwant %s", err, test.want)
			}
		})
	}
}

// What the error advises is enough.
func TestAdviceIsEnough(t *testing.T) {
	pool := same(400, 2*time.Hour)
	for _, o := range []Options{
		{Concurrency: 2}, {Max: 1 << 60, Window: time.Hour, Concurrency: 2, Mode: Rolling}, {Concurrency: 4, Window: 3*time.Minute + 36*time.Second}, {Concurrency: 4, Window: 20 * time.Minute, Max: 6},
	} {
		if p, err := Schedule(pool, o, noon); err != nil {
			t.Errorf("%+v: %v", o, err)
		} else {
			verify(t, pool, o, noon, p)
		}
	}
}

func TestBadInput(t *testing.T) {
	twice := same(2, 0)
	twice.Nodes[1].Name = "n0"
	nameless := same(1, 0)
	nameless.Nodes[0].Name = ""
	stray := same(1, 0)
	stray.Nodes[0].Shares = []Share{{0, 1}}
	for _, test := range []struct {
		name string
		pool Pool
		o    Options
		want string
	}{
		{"a name twice", twice, Options{}, `node "n0" is in the pool twice`},
		{"no name", nameless, Options{}, "has no name"},
		{"no such workload", stray, Options{}, "workload 0, of which there are 0"},
		{"life", Pool{}, Options{Life: -1}, "the life is -1ns"},
		{"a life of ages", Pool{}, Options{Life: 100 * 366 * 24 * time.Hour}, "the life is"},
		{"window", Pool{}, Options{Window: 25 * time.Hour}, "shorter than 24h2m0s"},
		{"max", Pool{}, Options{Max: -1}, "at least 1"},
		{"drain", Pool{}, Options{DrainTime: 24 * time.Hour}, "do not fit"},
		{"mode", Pool{}, Options{Mode: 7}, "no mode 7"},
		{"hours", Pool{}, Options{Hours: Hours{Spans: []Span{{0, 25 * time.Hour}}}}, "between 0 and 24 h"},
	} {
		if _, err := Schedule(test.pool, test.o, noon); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestSameInputSamePlan(t *testing.T) {
	pool := same(50, time.Hour)
	a, err := Schedule(pool, Options{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(pool.Nodes)
	b, err := Schedule(pool, Options{}, noon)
	if err != nil || !slices.Equal(a.Steps, b.Steps) {
		t.Errorf("the order of the nodes makes a difference, %v", err)
	}
}
