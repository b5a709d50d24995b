package main

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// statusDocument is a status for programs. Times are RFC 3339 in UTC, durations seconds.
type statusDocument struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Pools      []poolStatus `json:"pools"`
}

type poolStatus struct {
	Name      string    `json:"name"`
	PoolLabel string    `json:"poolLabel,omitempty"`
	Platform  string    `json:"platform,omitempty"`
	TakenAt   time.Time `json:"takenAt"`
	// Life is absent where the machines are not known to die at a certain age.
	Life    int64            `json:"lifeSeconds,omitempty"`
	Window  int64            `json:"windowSeconds,omitempty"`
	Now     *planFigures     `json:"now,omitempty"`
	Nodes   []nodeStatusJSON `json:"nodes"`
	Skipped []string         `json:"skipped,omitempty"`
}

type nodeStatusJSON struct {
	Name          string      `json:"name"`
	Ready         bool        `json:"ready"`
	Unschedulable bool        `json:"unschedulable,omitempty"`
	Lifetime      string      `json:"lifetime"`
	Created       time.Time   `json:"nodeCreated"`
	Start         *time.Time  `json:"start,omitempty"`
	StartSource   pool.Source `json:"startSource"`
	Estimated     bool        `json:"startEstimated,omitempty"`
	Deadline      *time.Time  `json:"deadline,omitempty"`
	ReplacedAt    *time.Time  `json:"replacedAt,omitempty"` // as planned
	Pods          int         `json:"pods"`
	LastReplicas  []string    `json:"lastReplicasOf,omitempty"`
}

func newStatusDocument(statuses []*status) statusDocument {
	d := statusDocument{APIVersion: documentVersion, Kind: "Status", Pools: []poolStatus{}}
	for _, st := range statuses {
		s := st.snapshot
		p := poolStatus{Name: s.Name, PoolLabel: s.Label, Platform: s.Platform.Name, TakenAt: s.TakenAt.UTC(),
			Life: seconds(st.life), Window: seconds(st.window), Skipped: s.Missing, Nodes: []nodeStatusJSON{}}
		if st.life > 0 {
			p.Now = figuresOf(st.figures)
		}
		for _, n := range st.nodes {
			p.Nodes = append(p.Nodes, nodeStatusJSON{
				Name: n.node.Name, Ready: n.node.Ready, Unschedulable: n.node.Unschedulable, Lifetime: string(n.node.Lifetime),
				Created: n.node.Created.UTC(), Start: optional(n.node.Start.At), StartSource: n.node.Start.Source, Estimated: n.node.Start.Source.Estimated(),
				Deadline: optional(n.deadline), ReplacedAt: optional(n.planned), Pods: n.pods, LastReplicas: n.atRisk,
			})
		}
		d.Pools = append(d.Pools, p)
	}
	return d
}

// optional is nil for a time that is not known.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}
