package pool

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

func TestSpread(t *testing.T) {
	s := &Snapshot{
		Nodes: []Node{{Name: "a", Start: Start{noon, FromCloud}}, {Name: "b", Start: Start{noon, FromReady}}, {Name: "c", Start: Start{Source: Unknown}}},
		Workloads: []Workload{
			{Owner: Owner{"apps/v1", "Deployment", "shop", "web"}, Ready: 7},
			{Owner: Owner{"apps/v1", "DaemonSet", "kube-system", "agent"}, Ready: 3},
			{Owner: Owner{"apps/v1", "StatefulSet", "shop", "db"}, Ready: 1},
		},
		Pods: []Pod{
			{Node: 0, Workload: 0, Ready: true}, {Node: 0, Workload: 2, Ready: true}, {Node: 0, Workload: 0, Ready: true},
			{Node: 0, Workload: 1, Ready: true, Daemon: true}, {Node: 0, Workload: -1, Ready: true, Mirror: true}, {Node: 0, Workload: 0, Ready: true, Mirror: true},
			{Node: 1, Workload: -1, Ready: true}, {Node: 1, Workload: 0}, {Node: 1, Workload: 0, Ready: true},
		},
	}
	p := s.Spread()
	for i, want := range []spread.Node{
		{Name: "a", Start: noon, Shares: []spread.Share{{Workload: 0, Replicas: 2}, {Workload: 2, Replicas: 1}}},
		{Name: "b", Start: noon, Shares: []spread.Share{{Workload: 0, Replicas: 1}}},
		{Name: "c"},
	} {
		if got := p.Nodes[i]; got.Name != want.Name || !got.Start.Equal(want.Start) || !slices.Equal(got.Shares, want.Shares) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if want := []spread.Workload{{Name: "Deployment shop/web", Ready: 7}, {Name: "DaemonSet kube-system/agent", Ready: 3}, {Name: "StatefulSet shop/db", Ready: 1}}; !slices.Equal(p.Workloads, want) {
		t.Errorf("%+v, want %+v", p.Workloads, want)
	}
}

func TestMaxAge(t *testing.T) {
	for name, tc := range map[string]struct {
		nodes []Node
		want  time.Duration
		says  string
	}{
		"preemptible":        {[]Node{{Lifetime: Preemptible, MaxAge: 24 * time.Hour}}, 24 * time.Hour, ""},
		"the shortest":       {[]Node{{MaxAge: 24 * time.Hour}, {MaxAge: 22 * time.Hour}, {MaxAge: 23 * time.Hour}}, 22 * time.Hour, ""},
		"of those with one":  {[]Node{{Lifetime: Permanent}, {MaxAge: 24 * time.Hour}}, 24 * time.Hour, ""},
		"spot with one":      {[]Node{{Lifetime: Spot, MaxAge: time.Hour}}, time.Hour, ""},
		"spot":               {[]Node{{Lifetime: Spot}}, 0, "Spot VMs, which have no age limit"},
		"spot and permanent": {[]Node{{Lifetime: Permanent}, {Lifetime: Spot}}, 0, "Spot VMs"},
		"permanent":          {[]Node{{Lifetime: Permanent}}, 0, "not known to die at a certain age"},
	} {
		got, err := (&Snapshot{Name: "p", Nodes: tc.nodes}).MaxAge()
		switch {
		case got != tc.want || (err == nil) != (tc.says == ""):
			t.Errorf("%s: %s, %v", name, got, err)
		case err != nil && (!strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), "--max-age") || !strings.Contains(err.Error(), `"p"`)):
			t.Errorf("%s: %v", name, err)
		}
	}
}
