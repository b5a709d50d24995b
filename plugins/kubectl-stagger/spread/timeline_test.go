package spread

import (
	"reflect"
	"testing"
	"time"
)

func TestCrowds(t *testing.T) {
	deaths := func(minutes ...int) []Death {
		var d []Death
		for i, m := range minutes {
			d = append(d, Death{Node: string(rune('a' + i)), At: noon.Add(time.Duration(m) * time.Minute)})
		}
		return d
	}
	minute := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	for _, test := range []struct {
		name   string
		deaths []Death
		most   int
		want   []Crowd
	}{
		{"none", nil, 1, nil},
		{"a window apart", deaths(0, 10, 20), 1, nil},
		{"two at once", deaths(0, 0, 20), 1, []Crowd{{minute(0), minute(0), 2, []string{"a", "b"}}}},
		{"two are allowed", deaths(0, 0, 20), 2, nil},
		{"a chain", deaths(0, 9, 18, 40), 1, []Crowd{{minute(0), minute(18), 2, []string{"a", "b", "c"}}}},
		{"two crowds", deaths(0, 1, 2, 30, 31), 1, []Crowd{{minute(0), minute(2), 3, []string{"a", "b", "c"}}, {minute(30), minute(31), 2, []string{"d", "e"}}}},
		{"crowds that follow each other", deaths(0, 1, 11, 12), 1, []Crowd{{minute(0), minute(1), 2, []string{"a", "b"}}, {minute(11), minute(12), 2, []string{"c", "d"}}}},
		{"two of three", deaths(0, 9, 11, 12), 2, []Crowd{{minute(9), minute(12), 3, []string{"b", "c", "d"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Crowds(test.deaths, 10*time.Minute, test.most); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestDeaths(t *testing.T) {
	pool := same(3, 10*time.Hour)
	pool.Nodes = append(pool.Nodes, Node{Name: "n3"}) // unknown
	if got := Deaths(pool, Options{}, noon); len(got) != 3 || got[0] != (Death{Node: "n0", At: noon.Add(14 * time.Hour)}) {
		t.Errorf("%v", got)
	}
	p, err := Schedule(pool, Options{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	// n1 is drained before it dies; n2 dies once more with the others, and moves then.
	type death struct {
		node    string
		after   time.Duration
		drained bool
	}
	var got []death
	for _, d := range p.Deaths(noon.Add(44 * time.Hour)) {
		got = append(got, death{d.Node, d.At.Sub(noon).Round(10 * time.Minute), d.Drained})
	}
	want := []death{{"n1", 6 * time.Hour, true}, {"n0", 14 * time.Hour, false}, {"n2", 14 * time.Hour, false},
		{"n2", 22 * time.Hour, true}, {"n1", 30 * time.Hour, false}, {"n0", 38 * time.Hour, false}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
	if crowds := Crowds(p.Deaths(noon.Add(40*time.Hour)), p.Window, 1); len(crowds) != 1 || crowds[0].Most != 2 {
		t.Errorf("crowds on the way: %v", crowds)
	}
}

func TestTimelineIsBounded(t *testing.T) {
	for _, mode := range []Mode{Once, Rolling} {
		p, err := Schedule(same(2, 0), Options{Mode: mode}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(p.Deaths(noon.AddDate(1000, 0, 0))); n > 2*(maxTurns+1) || n < 2*(maxTurns-1) {
			t.Errorf("%d deaths", n)
		}
	}
}
