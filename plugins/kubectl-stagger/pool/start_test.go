package pool

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ago is a time before noon, in minutes.
func ago(minutes int) time.Time { return noon.Add(-time.Duration(minutes) * time.Minute) }

func TestStart(t *testing.T) {
	const (
		day  = 24 * time.Hour
		hour = 60 // minutes
	)
	type containers []time.Time
	for name, tc := range map[string]struct {
		saw    witnesses
		run    containers
		maxAge time.Duration
		want   Start
		ahead  bool
	}{
		"the cloud is believed before all": {saw: witnesses{cloud: ago(100), claim: ago(1), machine: ago(2), node: ago(3), ready: ago(4)},
			run: containers{ago(5)}, maxAge: day, want: Start{ago(100), FromCloud}},
		"and even beyond the limit": {saw: witnesses{cloud: ago(25 * hour), node: ago(1)}, maxAge: day, want: Start{ago(25 * hour), FromCloud}},
		"then the NodeClaim":        {saw: witnesses{claim: ago(90), machine: ago(2), node: ago(3)}, maxAge: day, want: Start{ago(90), FromNodeClaim}},
		"then the Machine":          {saw: witnesses{machine: ago(90), node: ago(3)}, maxAge: day, want: Start{ago(90), FromMachine}},
		"then the Node object":      {saw: witnesses{node: ago(300), ready: ago(200)}, run: containers{ago(250)}, maxAge: day, want: Start{ago(300), FromNode}},

		"a Node object at the limit is believed": {saw: witnesses{node: ago(24*hour + 10), ready: ago(60)}, maxAge: day, want: Start{ago(24*hour + 10), FromNode}},
		"one beyond it is of an earlier machine": {saw: witnesses{node: ago(24*hour + 11), ready: ago(60)}, maxAge: day, want: Start{ago(60), FromReady}},
		"the limit is the machine's own":         {saw: witnesses{node: ago(22*hour + 11), ready: ago(60)}, maxAge: 22 * time.Hour, want: Start{ago(60), FromReady}},
		"without a limit nothing is stale":       {saw: witnesses{node: ago(900 * hour), ready: ago(60)}, run: containers{ago(70)}, want: Start{ago(900 * hour), FromNode}},

		"stale: a container is older than Ready":       {saw: witnesses{node: ago(50 * hour), ready: ago(60)}, run: containers{ago(30), ago(400), ago(90)}, maxAge: day, want: Start{ago(400), FromContainers}},
		"stale: Ready is older than containers":        {saw: witnesses{node: ago(50 * hour), ready: ago(60)}, run: containers{ago(59)}, maxAge: day, want: Start{ago(60), FromReady}},
		"stale: a container of the machine before":     {saw: witnesses{node: ago(50 * hour), ready: ago(60)}, run: containers{ago(49 * hour), ago(70)}, maxAge: day, want: Start{ago(70), FromContainers}},
		"stale: only containers of the machine before": {saw: witnesses{node: ago(50 * hour), ready: ago(60)}, run: containers{ago(24 * hour)}, maxAge: day, want: Start{ago(60), FromReady}},
		"stale and not Ready":                          {saw: witnesses{node: ago(50 * hour)}, run: containers{ago(70)}, maxAge: day, want: Start{ago(70), FromContainers}},
		"stale and Ready since before":                 {saw: witnesses{node: ago(50 * hour), ready: ago(49 * hour)}, maxAge: day, want: Start{Source: Unknown}},
		"stale and Ready for exactly a life":           {saw: witnesses{node: ago(50 * hour), ready: ago(24 * hour)}, maxAge: day, want: Start{Source: Unknown}},
		"stale and Ready since before, containers":     {saw: witnesses{node: ago(50 * hour), ready: ago(49 * hour)}, run: containers{ago(70)}, maxAge: day, want: Start{ago(70), FromContainers}},
		"stale and nothing else":                       {saw: witnesses{node: ago(50 * hour)}, maxAge: day, want: Start{Source: Unknown}},
		"nothing at all":                               {maxAge: day, want: Start{Source: Unknown}},
		"nothing at all and no limit":                  {want: Start{Source: Unknown}},

		"clocks may differ a little":     {saw: witnesses{node: ago(-10)}, maxAge: day, want: Start{ago(-10), FromNode}},
		"but not much":                   {saw: witnesses{node: ago(-11)}, maxAge: day, want: Start{Source: Unknown}, ahead: true},
		"the cloud's clock is no better": {saw: witnesses{cloud: ago(-11), node: ago(5)}, maxAge: day, want: Start{Source: Unknown}, ahead: true},
		"nor is the kubelet's":           {saw: witnesses{node: ago(50 * hour), ready: ago(-11)}, maxAge: day, want: Start{Source: Unknown}, ahead: true},
	} {
		for _, c := range tc.run {
			tc.saw.hear(c, tc.maxAge, noon)
		}
		got, ahead := tc.saw.start(tc.maxAge, noon)
		if got != tc.want || ahead != tc.ahead {
			t.Errorf("%s: %v %s (ahead %v), want %v %s", name, got.At, got.Source, ahead, tc.want.At, tc.want.Source)
		}
	}
}
