package main

import (
	"encoding/json"
	"io"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rollout"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// documentVersion is that of the JSON and YAML output.
const documentVersion = "stagger.kubechores.io/v1"

// planDocument is a plan for programs. Times are RFC 3339 in UTC, durations seconds.
type planDocument struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Pool       string     `json:"pool"`
	PoolLabel  string     `json:"poolLabel,omitempty"`
	Platform   string     `json:"platform,omitempty"`
	TakenAt    time.Time  `json:"takenAt"`
	MadeAt     time.Time  `json:"madeAt"` // before TakenAt for a plan that an earlier run has made
	Mode       string     `json:"mode"`
	Life       int64      `json:"lifeSeconds"`
	Window     int64      `json:"windowSeconds,omitempty"`
	Max        int        `json:"maxInWindow,omitempty"`
	Steps      []planStep `json:"steps"`
	// Deletions are what the plan makes, LowerBound what no plan can do without; only
	// of a plan that was made just now.
	Deletions  *int              `json:"deletions,omitempty"`
	LowerBound *int              `json:"lowerBound,omitempty"`
	Before     *planFigures      `json:"before,omitempty"`
	After      *planFigures      `json:"after,omitempty"`
	Nodes      []planNode        `json:"nodes"`
	Void       map[string]string `json:"void,omitempty"`
	Warnings   []string          `json:"warnings,omitempty"`
	// Blockers are what keeps the plan from being carried out.
	Blockers []string `json:"blockers,omitempty"`
}

type planStep struct {
	Node   string        `json:"node"`
	At     time.Time     `json:"at"`
	Reason spread.Reason `json:"reason"`
}

type planNode struct {
	Name        string      `json:"name"`
	Start       *time.Time  `json:"start,omitempty"` // absent when it is not known
	StartSource pool.Source `json:"startSource"`
	Deadline    *time.Time  `json:"deadline,omitempty"`
	Lifetime    string      `json:"lifetime"`
}

type planFigures struct {
	MaxInWindow int       `json:"maxInWindow"`
	SmallestGap int64     `json:"smallestGapSeconds"`
	LargestGap  int64     `json:"largestGapSeconds"`
	Most        *planLoss `json:"largestShareInWindow,omitempty"`
}

type planLoss struct {
	Workload string `json:"workload"`
	Lost     int    `json:"lostPods"`
	Ready    int    `json:"readyPods"`
}

func newPlanDocument(p *proposal) planDocument {
	s, a := p.snapshot, p.agenda
	d := planDocument{
		APIVersion: documentVersion, Kind: "Plan", Pool: s.Name, PoolLabel: s.Label, Platform: s.Platform.Name,
		TakenAt: s.TakenAt.UTC(), MadeAt: a.MadeAt.UTC(), Mode: modeOf(p.planner.Options.Mode), Life: seconds(p.planner.Options.Life),
		Steps: steps(a), Nodes: planNodes(s, p.planner.Options), Void: a.Void, Blockers: p.blockers, Warnings: p.warnings(),
	}
	if plan := a.Plan; plan != nil {
		d.Window, d.Max = seconds(plan.Window), plan.Max
		d.Deletions, d.LowerBound = &plan.Deletions, &plan.LowerBound
		d.Before, d.After = figuresOf(plan.Before), figuresOf(plan.After)
	}
	return d
}

func steps(a *rollout.Agenda) []planStep {
	all := make([]planStep, len(a.Steps))
	for i, step := range a.Steps {
		all[i] = planStep{step.Node, step.At.UTC(), step.Reason}
	}
	return all
}

func planNodes(s *pool.Snapshot, options spread.Options) []planNode {
	all := make([]planNode, len(s.Nodes))
	for i := range s.Nodes {
		n := &s.Nodes[i]
		all[i] = planNode{Name: n.Name, StartSource: n.Start.Source, Lifetime: string(n.Lifetime)}
		if !n.Start.At.IsZero() {
			all[i].Start = new(n.Start.At.UTC())
		}
		if at, known := spread.Deadline(spread.Node{Name: n.Name, Start: n.Start.At}, options, s.TakenAt); known {
			all[i].Deadline = new(at.UTC())
		}
	}
	return all
}

func figuresOf(f spread.Figures) *planFigures {
	out := &planFigures{MaxInWindow: f.MaxInWindow, SmallestGap: seconds(f.SmallestGap), LargestGap: seconds(f.LargestGap)}
	if f.Most.Workload != "" {
		out.Most = &planLoss{f.Most.Workload, f.Most.Lost, f.Most.Ready}
	}
	return out
}

func seconds(d time.Duration) int64 { return int64(d.Round(time.Second) / time.Second) }

func modeOf(m spread.Mode) string { return new(mode(m)).String() }

// printDocument writes a document as JSON or YAML.
func printDocument(w io.Writer, document any, asYAML bool) error {
	text, err := json.MarshalIndent(document, "", "  ")
	if err == nil && asYAML {
		text, err = yaml.JSONToYAML(text)
	} else {
		text = append(text, '\n')
	}
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
