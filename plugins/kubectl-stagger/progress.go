package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/drain"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/replace"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rollout"
)

// progress tells what happens, a line for each step, as kubectl drain does.
type progress struct {
	out       io.Writer // stderr: the talk
	names     io.Writer // stdout: the replaced nodes, with -o name
	onlyNames bool
	zone      *time.Location
	verbose   bool

	mu sync.Mutex
}

func (p *progress) printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%s %s\n", time.Now().In(p.zone).Format("15:04:05"), cli.Visible(fmt.Sprintf(format, args...)))
}

// rollout tells of the plan's steps.
func (p *progress) rollout(e rollout.Event) {
	switch e.Kind {
	case rollout.Resumed:
		p.printf("node/%s: going on where an earlier run ended (%s)", e.Record.Node, e.Record.Step)
	case rollout.Planned:
		p.printf("planned anew: %s", count(len(e.Agenda.Steps), "replacement"))
		for _, node := range slices.Sorted(maps.Keys(e.Agenda.Void)) {
			p.printf("node/%s: its part of the plan was void: %s", node, e.Agenda.Void[node])
		}
	case rollout.Waiting:
		p.printf("waiting until %s (%s) for node/%s", clockAt(e.Step.At, time.Now(), p.zone), span(time.Until(e.Step.At)), e.Step.Node)
	case rollout.Trouble:
		p.printf("the pool could not be looked at, trying again: %s", cli.Explain(e.Err))
	case rollout.Left:
		p.printf("%v", e.Err)
	case rollout.Begun: // its cordon is told
	}
}

// replacement tells of the steps of one replacement.
func (p *progress) replacement(e replace.Event) {
	switch e.Kind {
	case replace.Cordoned, replace.Uncordoned, replace.Drained:
		p.printf("node/%s %s", e.Node, e.Kind)
	case replace.Died:
		p.printf("node/%s: its machine has gone by itself", e.Node)
	case replace.Scaled:
		p.printf("node/%s: its group was made smaller, and no other machine comes", e.Node)
	case replace.Accepted:
		p.printf("node/%s: its machine is being replaced by %s", e.Node, e.Text)
	case replace.Noticed:
		p.printf("node/%s: %s", e.Node, e.Text)
	case replace.Removed:
		p.printf("node/%s deleted", e.Node)
	case replace.Waiting:
		p.printf("node/%s: waiting for another machine", e.Node)
	case replace.Troubled:
		p.printf("node/%s: the next machine does not come: %s", e.Node, e.Text)
	case replace.Replaced:
		p.printf("node/%s replaced%s in %s", e.Node, by(e), span(e.Took))
		if p.onlyNames {
			fmt.Fprintf(p.names, "node/%s\n", e.Node)
		}
	}
}

func by(e replace.Event) string {
	if e.Successor == "" || e.Successor == e.Node {
		return ""
	}
	return " by node/" + e.Successor
}

// drain tells of the pods. What goes as planned is told with -v 1 only.
func (p *progress) drain(e drain.Event) {
	pod := "pod/" + e.Pod.Name
	if e.Pod.Namespace != "" {
		pod += " in namespace " + e.Pod.Namespace
	}
	switch e.Kind {
	case drain.Blocked:
		p.printf("%s waits: %s", pod, e.Hold)
	case drain.Retrying:
		p.printf("%s: trying again: %v", pod, e.Err)
	case drain.Terminating, drain.Skipped:
		p.printf("%s: %s", pod, e.Kind)
	default:
		if p.verbose {
			p.printf("%s %s", pod, e.Kind)
		}
	}
}
