package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// addSubjects gives the pool and each workload a verdict of its own.
func (c *checker) addSubjects() {
	if c.Pool != nil {
		c.report.Subjects = append(c.report.Subjects, c.poolSubject())
	}
	seen := map[finding.Object]bool{}
	for i := range c.workloads {
		w := &c.workloads[i]
		if seen[w.object] {
			continue // twice in a List, whose items have no lines of their own
		}
		seen[w.object] = true
		s := finding.Subject{
			Link:    finding.Link{Object: w.object},
			Facts:   []finding.Fact{{Name: "replicas", Text: "?"}, {Name: "ready"}, {Name: "inpool"}},
			Checked: c.checkedOf(w),
		}
		if w.Desired >= 0 {
			s.Facts[0] = finding.Fact{Name: "replicas", Text: fmt.Sprint(w.Desired), Value: w.Desired}
		}
		if !w.file {
			s.Facts[1] = finding.Fact{Name: "ready", Text: fmt.Sprint(w.Ready), Value: w.Ready}
			s.Facts[2] = finding.Fact{Name: "inpool", Text: fmt.Sprint(w.InPool), Value: w.InPool}
		}
		for _, b := range w.budgets {
			s.Links = append(s.Links, finding.Link{Object: c.budgets[b].object, State: c.budgets[b].spec})
		}
		c.report.Subjects = append(c.report.Subjects, s)
	}
}

func (c *checker) poolSubject() finding.Subject {
	p := c.Pool
	s := finding.Subject{Link: finding.Link{Object: c.poolObject(), State: c.poolState()}}
	for i := range p.Nodes {
		s.Links = append(s.Links, finding.Link{Object: nodeObject(p.Nodes[i].Name), State: nodeState(&p.Nodes[i])})
	}
	s.Checked = []string{NoTaint, SomeTaint, NoAgeLimit, UnknownStart, EstimatedStart, StaleNode, Cordoned, OneNodePool}
	if !p.PodsUnseen {
		s.Checked = append(s.Checked, NoRoom)
	}
	return s
}

// poolState is the pool in a few words: "3 nodes, preemptible, GKE".
func (c *checker) poolState() string {
	var lifetimes []string
	for i := range c.Pool.Nodes {
		if l := string(c.Pool.Nodes[i].Lifetime); l != "" && !slices.Contains(lifetimes, l) {
			lifetimes = append(lifetimes, l)
		}
	}
	slices.Sort(lifetimes)
	words := append([]string{count(len(c.Pool.Nodes), "node")}, lifetimes...)
	if c.Pool.Platform.Name != "" {
		words = append(words, c.Pool.Platform.Name)
	}
	return strings.Join(words, ", ")
}

func nodeState(n *pool.Node) string {
	var words []string
	switch {
	case n.Start.At.IsZero():
		words = append(words, "start unknown")
	case n.Start.Source.Estimated():
		words = append(words, "started about "+clock(n.Start.At))
	default:
		words = append(words, "started "+clock(n.Start.At))
	}
	if !n.Ready {
		words = append(words, "not ready")
	}
	if n.Unschedulable {
		words = append(words, "cordoned")
	}
	return strings.Join(words, ", ")
}

// checkedOf are the ids that were looked at for a workload, found or not.
func (c *checker) checkedOf(w *workload) []string {
	ids := []string{OneReplica, Pinned, ManyBudgets, StuckBudget, NoBudget}
	if c.Pool != nil && c.Pool.BudgetsUnseen {
		ids = ids[:2]
	}
	if w.Kind == "Pod" {
		ids = append(ids, BarePod)
	}
	if w.file {
		ids = append(ids, RefusedToleration, MissedTaint)
	} else {
		ids = append(ids, OneNode, OneWindow, ClusterDNS)
	}
	if c.Pool != nil {
		ids = append(ids, NowhereElse)
	}
	if c.Pool == nil || c.onGKE() {
		ids = append(ids, LongGrace)
	}
	return ids
}
