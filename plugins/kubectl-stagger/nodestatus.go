package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// statusOutput is the value of status's --output.
type statusOutput string

// The formats of a status.
const (
	statusTable statusOutput = "table"
	statusWide  statusOutput = "wide"
	statusJSON  statusOutput = "json"
	statusYAML  statusOutput = "yaml"
	statusSVG   statusOutput = "svg"
)

func statusOutputs() []string {
	return []string{string(statusTable), string(statusWide), string(statusJSON), string(statusYAML), string(statusSVG)}
}

func (f *statusOutput) Set(s string) error {
	if !slices.Contains(statusOutputs(), s) {
		return errors.New("must be one of " + strings.Join(statusOutputs(), ", "))
	}
	*f = statusOutput(s)
	return nil
}

func (f *statusOutput) String() string { return string(*f) }
func (f *statusOutput) Type() string   { return "format" }

// nodeStatus is one node's line.
type nodeStatus struct {
	node     *pool.Node
	deadline time.Time // zero where it is not known
	pods     int       // that would have to be made anew elsewhere
	// atRisk are workloads that lose all their ready pods with this node.
	atRisk []string
	// workloads are all that have ready pods on it.
	workloads []string
	planned   time.Time // zero where it is not to be replaced
	state     string
}

// nodeStatuses are the pool's nodes, the first to die first.
func nodeStatuses(st *status) []nodeStatus {
	s := st.snapshot
	all := make([]nodeStatus, len(s.Nodes))
	on := make([]map[int]int, len(s.Nodes)) // ready pods of each workload
	for i := range s.Nodes {
		n := &s.Nodes[i]
		all[i] = nodeStatus{node: n, state: stateOf(n)}
		if st.life > 0 {
			if at, known := spread.Deadline(spread.Node{Name: n.Name, Start: n.Start.At}, st.options, s.TakenAt); known {
				all[i].deadline = at
			}
		}
		if p, err := ledger.ParsePlanned(n.Annotations[ledger.PlannedKey]); err == nil && p.Holds(n.Machine) {
			all[i].planned = p.At
		}
		on[i] = map[int]int{}
	}
	for _, pod := range s.Pods {
		if pod.Daemon || pod.Mirror {
			continue
		}
		all[pod.Node].pods++
		if pod.Ready && pod.Workload >= 0 {
			on[pod.Node][pod.Workload]++
		}
	}
	for i := range all {
		for w, ready := range on[i] {
			name := s.Workloads[w].Owner.String()
			all[i].workloads = append(all[i].workloads, fmt.Sprintf("%s %d/%d", name, ready, s.Workloads[w].Ready))
			if ready == s.Workloads[w].Ready {
				all[i].atRisk = append(all[i].atRisk, name)
			}
		}
		slices.Sort(all[i].workloads)
		slices.Sort(all[i].atRisk)
	}
	slices.SortStableFunc(all, func(a, b nodeStatus) int {
		switch {
		case a.deadline.IsZero() && !b.deadline.IsZero():
			return 1
		case !a.deadline.IsZero() && b.deadline.IsZero():
			return -1
		}
		return cmp.Or(a.deadline.Compare(b.deadline), strings.Compare(a.node.Name, b.node.Name))
	})
	return all
}

func stateOf(n *pool.Node) string {
	state := "NotReady"
	if n.Ready {
		state = "Ready"
	}
	if n.Unschedulable {
		state += ",SchedulingDisabled"
	}
	return state
}

// table is one line for each node.
func (o *statusOptions) table(w io.Writer, st *status) error {
	columns := []string{"NODE", "STATUS", "AGE", "SOURCE", "DIES", "IN", "REPLACED", "PODS", "LAST REPLICAS OF"}
	if o.output == statusWide {
		columns = append(columns, "NODE AGE", "WORKLOADS")
	}
	table := cli.NewTable(columns...)
	now := st.snapshot.TakenAt
	for _, n := range st.nodes {
		age, dies, in, planned := "<unknown>", "<unknown>", "<unknown>", "-"
		if !n.node.Start.At.IsZero() {
			age = span(max(now.Sub(n.node.Start.At), 0))
			if n.node.Start.Source.Estimated() {
				age = "~" + age
			}
		}
		if !n.deadline.IsZero() {
			dies, in = clockAt(n.deadline, now, o.zone.get()), span(n.deadline.Sub(now))
		}
		if !n.planned.IsZero() {
			planned = clockAt(n.planned, now, o.zone.get())
		}
		row := []any{n.node.Name, n.state, age, string(n.node.Start.Source), dies, in, planned, n.pods, listOf(n.atRisk, 2)}
		if o.output == statusWide {
			row = append(row, span(now.Sub(n.node.Created)), listOf(n.workloads, len(n.workloads)))
		}
		table.Add(row...)
	}
	return table.Print(w)
}

// listOf names some of the words, and how many more there are.
func listOf(words []string, most int) string {
	switch {
	case len(words) == 0:
		return "-"
	case len(words) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
	}
	return strings.Join(words, ", ")
}
