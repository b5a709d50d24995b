package timeline

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // zones with summer time

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

func TestLines(t *testing.T) {
	deaths := func(minutes ...int) []spread.Death {
		var all []spread.Death
		for i, m := range minutes {
			all = append(all, spread.Death{Node: node(i), At: at(0, m)})
		}
		return all
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		chart  Chart
		series Series
		want   []string
	}{
		{"nobody", Chart{}, Series{}, []string{"no death in these 24 h"}},
		{"one", Chart{Nodes: 3}, Series{Deaths: deaths(125)}, []string{"worst: 14:05 UTC: 1 of 3 nodes"}},
		{"one of one", Chart{}, Series{Deaths: deaths(125)}, []string{"worst: 14:05 UTC: 1 of 1 node"}},
		{"even", Chart{}, Series{Deaths: deaths(0, 48, 96)}, []string{"worst: 1 of 3 nodes in any 10 min; one every 48 min"}},
		{"uneven", Chart{}, Series{Deaths: deaths(0, 30, 150)}, []string{"worst: 1 of 3 nodes in any 10 min; one every 1 h 15 min on average (30 min to 2 h)"}},
		{"a window apart", Chart{}, Series{Deaths: deaths(0, 10, 20)}, []string{"worst: 1 of 3 nodes in any 10 min; one every 10 min"}},
		{"two are allowed", Chart{Max: 2}, Series{Deaths: deaths(0, 5, 60)}, []string{"worst: 2 of 3 nodes in any 10 min; one every 30 min on average (5 min to 55 min)"}},
		{"a crowd", Chart{Nodes: 9}, Series{Deaths: deaths(122, 125, 129, 300)}, []string{"worst: 14:02-14:09 UTC: 3 of 9 nodes, where 1 in 10 min may die"}},
		{"the worst of two", Chart{Zone: berlin}, Series{Deaths: deaths(1, 2, 122, 122, 122)}, []string{"worst: 15:02 CET: 3 of 5 nodes, where 1 in 10 min may die; too many at 2 times"}},
		{"the worst window of a chain", Chart{}, Series{Deaths: deaths(0, 9, 18, 18, 28)}, []string{"worst: 12:09-12:18 UTC: 3 of 5 nodes, where 1 in 10 min may die"}},
		{"two days", Chart{Span: 48 * time.Hour}, Series{Deaths: deaths(719, 721)}, []string{"worst: Tue 23:59-Wed 00:01 UTC: 2 of 2 nodes, where 1 in 10 min may die"}},
		{"unknown", Chart{}, Series{Deaths: deaths(60), Unknown: 1}, []string{"worst: 13:00 UTC: 1 of 2 nodes", "1 node of unknown start may die at any time"}},
		{"outside", Chart{Span: time.Hour}, Series{Deaths: deaths(-1, 0, 60)}, []string{"worst: 12:00 UTC: 1 of 3 nodes", "not in the picture: 2 deaths outside of these 1 h"}},
		{"twice", Chart{}, Series{Deaths: []spread.Death{{Node: "a", At: at(1, 0)}, {Node: "a", At: at(1, 5), Drained: true}}}, []string{"worst: 13:00-13:05 UTC: 1 of 1 node (2 deaths), where 1 in 10 min may die"}},
		{"a plan that is late", Chart{}, Series{Deaths: append(deaths(0, 1, 2), spread.Death{Node: node(0), At: at(1, 0), Drained: true}, spread.Death{Node: node(1), At: at(2, 0), Drained: true})},
			[]string{"worst: 12:00-12:02 UTC: 3 of 3 nodes, where 1 in 10 min may die", "after that: 1 of 3 nodes in any 10 min; one every 1 h"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.chart.From, test.chart.Series = noon, []Series{test.series}
			p := newPicture(test.chart)
			if got := p.lines(p.series[0]); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestSpell(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0 s", 43 * time.Second: "43 s", 7*time.Minute + 12*time.Second: "7 min 12 s",
		14*time.Minute + 24*time.Second: "14 min", 59*time.Minute + 40*time.Second: "1 h", 24*time.Hour + 2*time.Minute: "24 h 2 min",
	} {
		if got := spell(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		name  string
		width int
		ascii bool
		want  string
	}{
		{"gke-shop-0b1c", 13, false, "gke-shop-0b1c"},
		{"gke-shop-0b1c", 12, false, "gke-s…p-0b1c"},
		{"gke-shop-0b1c", 12, true, "gke-s..-0b1c"},
	} {
		if got := shorten(test.name, test.width, test.ascii); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// On 29 March 2026 clocks in Berlin go from 2 to 3, on 25 October from 3 to 2.
func TestTicks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		from time.Time
		span time.Duration
		most int
		want []string
	}{
		{"a day", noon.Add(7 * time.Minute), 24 * time.Hour, 8, []string{"15:00", "18:00", "21:00", "00:00", "03:00", "06:00", "09:00", "12:00"}},
		{"an hour", noon.Add(7 * time.Minute), time.Hour, 4, []string{"12:15", "12:30", "12:45", "13:00"}},
		{"two days", noon, 48 * time.Hour, 4, []string{"12:00", "Wed", "12:00", "Thu"}},
		{"a month", noon, 30 * 24 * time.Hour, 5, []string{"Mar 17", "Mar 24", "Mar 31", "Apr  7"}},
		{"half an hour off", noon.In(time.FixedZone("IST", 19800)), 24 * time.Hour, 4, []string{"18:00", "00:00", "06:00", "12:00"}},
		{"into summer", time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), 6 * time.Hour, 6, []string{"00:00", "01:00", "03:00", "04:00", "05:00", "06:00"}},
		{"out of summer", time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), 6 * time.Hour, 6, []string{"00:00", "01:00", "02:00", "03:00", "04:00"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPicture(Chart{From: test.from, Span: test.span, Zone: test.from.Location()})
			var got []string
			for _, k := range p.ticks(test.most) {
				got = append(got, k.label)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteError(t *testing.T) {
	if err := plan(5).Terminal(brokenWriter{}, 80, false, false); !errors.Is(err, errBroken) {
		t.Errorf("Terminal: %v", err)
	}
	if err := plan(5).SVG(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("SVG: %v", err)
	}
}
