package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// origin is the source shop/pod/app.
func origin(pod string) *record.Origin {
	return &record.Origin{Namespace: "shop", Pod: pod, Container: "app"}
}

// said gathers events and returns the lines of the notices.
func said(t *testing.T, events ...source.Event) []string {
	t.Helper()
	var out bytes.Buffer
	n := newNotices(&out)
	for _, e := range events {
		n.event(e)
	}
	n.flush()
	if out.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestNoticesAreGrouped(t *testing.T) {
	down, slow := errors.New("the node is down"), errors.New("timeout")
	retrying := func(pod string, err error) source.Event {
		return source.Event{Kind: source.Retrying, Origin: origin(pod), Err: err}
	}
	many := func(n int) (events []source.Event) {
		for i := range n {
			events = append(events, retrying(fmt.Sprintf("p%d", i), errors.New("the node is down"))) // equal by its text
		}
		return events
	}
	const prefix = "mlogs: cannot read "
	for _, test := range []struct {
		name   string
		events []source.Event
		want   []string
	}{
		{"nothing", nil, nil},
		{"one", many(1), []string{prefix + "shop/p0/app just now, trying again: the node is down"}},
		{"three are named", many(3), []string{prefix + "shop/p0/app, shop/p1/app, shop/p2/app just now, trying again: the node is down"}},
		{"one more is counted", many(4), []string{prefix + "shop/p0/app, shop/p1/app, shop/p2/app and 1 more just now, trying again: the node is down"}},
		{"a thousand", many(1000), []string{prefix + "shop/p0/app, shop/p1/app, shop/p2/app and 997 more just now, trying again: the node is down"}},
		{"one source many times", []source.Event{retrying("a", down), retrying("a", down), retrying("a", down), retrying("a", down), retrying("b", down)},
			[]string{prefix + "shop/a/app, shop/b/app just now, trying again: the node is down"}},
		{"two causes", []source.Event{retrying("a", down), retrying("b", slow), retrying("c", down)}, []string{
			prefix + "shop/a/app, shop/c/app just now, trying again: the node is down",
			prefix + "shop/b/app just now, trying again: timeout"}},
		{"two kinds of one cause", []source.Event{retrying("a", down), {Kind: source.Failed, Origin: origin("a"), Err: down}}, []string{
			prefix + "shop/a/app just now, trying again: the node is down",
			"mlogs: could not read shop/a/app: the node is down"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := said(t, test.events...); strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// Every kind of event has its sentence, with what a user needs of it.
func TestSentences(t *testing.T) {
	at := time.Date(2024, 5, 6, 12, 0, 0, 250_000_000, time.UTC)
	for _, test := range []struct {
		event source.Event
		want  []string
	}{
		{source.Event{Kind: source.Reopened}, []string{"shop/a/app", "ended early", "opened again"}},
		{source.Event{Kind: source.Gap, From: at, To: at.Add(time.Second), Text: "rotated away"},
			[]string{"gap", "shop/a/app", "between 2024-05-06T12:00:00.250Z and 2024-05-06T12:00:01.250Z", "rotated away"}},
		{source.Event{Kind: source.Gap, From: at, Text: "x"}, []string{"after 2024-05-06T12:00:00.250Z"}},
		{source.Event{Kind: source.Gap, To: at, Text: "x"}, []string{"before 2024-05-06T12:00:00.250Z"}},
		{source.Event{Kind: source.Gap, Text: "x"}, []string{"at an unknown time"}},
		{source.Event{Kind: source.Retrying, Err: errors.New("no route")}, []string{"cannot read shop/a/app", "trying again", "no route"}},
		{source.Event{Kind: source.Recovered}, []string{"reading shop/a/app again"}},
		{source.Event{Kind: source.Refused, Err: errors.New("forbidden")}, []string{"not allowed", "forbidden", "pods/log", "namespace shop"}},
		{source.Event{Kind: source.Failed, Err: errors.New("broken")}, []string{"could not read shop/a/app", "broken"}},
		{source.Event{Kind: source.NodeMessage, Text: "failed to watch \x1b[2J"}, []string{"the node says", `"failed to watch \x1b[2J"`}},
		{source.Event{Kind: source.Queued}, []string{"shop/a/app", "--max-log-requests", "late"}},
	} {
		test.event.Origin = origin("a")
		got := said(t, test.event)
		if len(got) != 1 {
			t.Fatalf("%+v: %q, want one notice", test.event, got)
		}
		for _, want := range test.want {
			if !strings.Contains(got[0], want) {
				t.Errorf("%q does not say %q", got[0], want)
			}
		}
		if strings.Contains(got[0], "\x1b") {
			t.Errorf("%q has control characters", got[0])
		}
	}
}

// What happens within the gathering time is told once, at its end.
func TestNoticesAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out clitest.Buffer
		n := newNotices(&out)
		lines := func() int { return strings.Count(out.String(), "\n") }
		reopened := func(pod string) { n.event(source.Event{Kind: source.Reopened, Origin: origin(pod)}) }
		reopened("a")
		time.Sleep(gather - time.Millisecond)
		reopened("b")
		if lines() != 0 {
			t.Errorf("told before the gathering time was over: %q", out.String())
		}
		time.Sleep(2 * time.Millisecond)
		if lines() != 1 || !strings.Contains(out.String(), "shop/a/app, shop/b/app") {
			t.Errorf("told: %q, want both in one notice", out.String())
		}
		reopened("c")
		time.Sleep(2 * gather)
		if lines() != 2 {
			t.Errorf("told: %q, want a second notice", out.String())
		}
		time.Sleep(time.Hour)
		if lines() != 2 {
			t.Errorf("told: %q, want nothing more", out.String())
		}
	})
}

func TestTroubleIsToldOnce(t *testing.T) {
	var out bytes.Buffer
	n := newNotices(&out)
	for _, text := range []string{"down", "down", "slow", "down"} {
		n.trouble(errors.New(text))
	}
	if got, want := out.String(), "mlogs: down; trying again\nmlogs: slow; trying again\nmlogs: down; trying again\n"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestSummary(t *testing.T) {
	for _, test := range []struct {
		name   string
		kinds  []source.EventKind
		wanted bool
		want   string
		failed bool
	}{
		{"nothing to tell", nil, false, "", false},
		{"asked for", nil, true, "mlogs: 7 lines of 2 containers; streams opened again: 0; gaps: 0\n", false},
		{"streams that were opened again are no loss", []source.EventKind{source.Reopened, source.Recovered}, false, "", false},
		{"counted", []source.EventKind{source.Reopened, source.Recovered, source.Gap, source.Gap}, true,
			"mlogs: 7 lines of 2 containers; streams opened again: 2; gaps: 2\n", false},
		{"a gap is told unasked", []source.EventKind{source.Gap}, false, "mlogs: 7 lines of 2 containers; streams opened again: 0; gaps: 1\n", false},
		{"refused", []source.EventKind{source.Refused}, false, "", true},
		{"failed", []source.EventKind{source.Failed}, false, "", true},
		{"trouble that passes", []source.EventKind{source.Retrying, source.NodeMessage, source.Queued}, false, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out clitest.Buffer
			n := newNotices(&out)
			for _, k := range test.kinds {
				n.event(source.Event{Kind: k, Origin: origin("a"), Err: errors.New("x")})
			}
			n.flush()
			before := len(out.String())
			n.summary(7, 2, test.wanted)
			if got := out.String()[before:]; got != test.want {
				t.Errorf("summary %q, want %q", got, test.want)
			}
			if n.failed() != test.failed {
				t.Errorf("failed = %v, want %v", n.failed(), test.failed)
			}
		})
	}
}
