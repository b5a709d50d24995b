package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

const (
	// gather is how long events are gathered into one notice: what happens to
	// one stream often happens to a thousand in the same moment.
	gather = 500 * time.Millisecond
	// named is how many sources a notice names.
	named = 3
	// quoted is how many bytes of a node's own words are shown.
	quoted = 300
)

// notices turns what happens to sources into a few lines on stderr.
type notices struct {
	*cli.Notices

	printing sync.Mutex // held while events are taken and printed

	mu       sync.Mutex
	pending  []source.Event
	timer    *time.Timer
	reopened int
	gaps     int
	failures int
	lastErr  string
}

func newNotices(to io.Writer) *notices {
	return &notices{Notices: cli.NewNotices(to, "mlogs")}
}

// event is a source.Reader's Report.
func (n *notices) event(e source.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e.Kind {
	case source.Reopened, source.Recovered:
		n.reopened++
	case source.Gap:
		n.gaps++
	case source.Refused, source.Failed, source.Unreadable:
		n.failures++
	}
	n.pending = append(n.pending, e)
	if n.timer == nil {
		n.timer = time.AfterFunc(gather, n.flush)
	}
}

// trouble tells of a failing pod watch, once for each new reason.
func (n *notices) trouble(err error) {
	n.mu.Lock()
	said := n.lastErr == err.Error()
	n.lastErr = err.Error()
	n.mu.Unlock()
	if !said {
		n.Printf("%s; trying again", cli.Explain(err))
	}
}

// flush prints what has been gathered: events of one kind with one cause as one.
func (n *notices) flush() {
	n.printing.Lock()
	defer n.printing.Unlock()
	n.mu.Lock()
	pending := n.pending
	n.pending, n.timer = nil, nil
	n.mu.Unlock()
	type cause struct {
		kind source.EventKind
		text string
	}
	var order []cause
	groups := map[cause][]source.Event{}
	for _, e := range pending {
		c := cause{e.Kind, text(e)}
		if groups[c] == nil {
			order = append(order, c)
		}
		groups[c] = append(groups[c], e)
	}
	for _, c := range order {
		n.Printf("%s", sentence(c.kind, c.text, groups[c]))
	}
}

// text is what events must share to be told in one notice.
func text(e source.Event) string {
	switch {
	case e.Kind == source.Gap:
		return fmt.Sprintf("%s (%s)", span(e.From, e.To), e.Text)
	case e.Kind == source.NodeMessage:
		return fmt.Sprintf("%q", e.Text[:min(len(e.Text), quoted)])
	case e.Err != nil:
		return explainFile(e, cli.Explain(e.Err))
	}
	return e.Text
}

func sentence(kind source.EventKind, text string, events []source.Event) string {
	who := names(events)
	switch kind {
	case source.Reopened:
		return fmt.Sprintf("the stream of %s ended early and was opened again where it had ended", who)
	case source.Gap:
		return fmt.Sprintf("gap: lines of %s may be missing %s", who, text)
	case source.Retrying:
		return fmt.Sprintf("cannot read %s just now, trying again: %s", who, text)
	case source.Recovered:
		return fmt.Sprintf("reading %s again", who)
	case source.Refused:
		return fmt.Sprintf("not allowed to read %s: %s; this takes the right to %s in namespace %s", who, text, right(events[0].Origin), events[0].Origin.Namespace)
	case source.Waiting:
		return fmt.Sprintf("waiting for %s: %s", who, text)
	case source.Unreadable:
		return fmt.Sprintf("cannot read %s: %s", who, text)
	case source.Failed:
		return fmt.Sprintf("could not read %s: %s", who, text)
	case source.NodeMessage:
		return fmt.Sprintf("instead of lines of %s the node says %s", who, text)
	default:
		return fmt.Sprintf("%s: waiting for one of the --max-log-requests places; their lines will come late, not in order of time", who)
	}
}

// right is what reading takes: exec goes over a WebSocket, which begins with a GET.
func right(o *record.Origin) string {
	if o.File != "" {
		return "create pods/exec (and to get it, before Kubernetes 1.35)"
	}
	return "get pods/log"
}

func names(events []source.Event) string {
	seen := map[string]bool{}
	var list []string
	for _, e := range events {
		if name := e.Origin.Name(); !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	if more := len(list) - named; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:named], ", "), more)
	}
	return strings.Join(list, ", ")
}

func span(from, to time.Time) string {
	const form = "2006-01-02T15:04:05.000Z07:00"
	switch {
	case from.IsZero() && to.IsZero():
		return "at an unknown time"
	case from.IsZero():
		return "before " + to.Format(form)
	case to.IsZero():
		return "after " + from.Format(form)
	}
	return "between " + from.Format(form) + " and " + to.Format(form)
}

// summary closes the run, where something was lost or it is asked for.
func (n *notices) summary(lines int64, sources int, wanted bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gaps == 0 && !wanted {
		return
	}
	n.Printf("%d lines of %d containers; streams opened again: %d; gaps: %d", lines, sources, n.reopened, n.gaps)
}

// failed reports whether a log could not be read.
func (n *notices) failed() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.failures > 0
}
