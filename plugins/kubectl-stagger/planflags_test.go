package main

import (
	"io"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

func TestHours(t *testing.T) {
	for _, test := range []struct {
		text string
		want []spread.Span
	}{
		{"22:00-06:00", []spread.Span{{From: 22 * time.Hour, To: 6 * time.Hour}}},
		{"09:30-12:00, 13:00-24:00", []spread.Span{{From: 9*time.Hour + 30*time.Minute, To: 12 * time.Hour}, {From: 13 * time.Hour, To: 24 * time.Hour}}},
		{"00:00-00:00", []spread.Span{{}}},
	} {
		var h hours
		if err := h.Set(test.text); err != nil || len(h) != len(test.want) {
			t.Errorf("%q: %v, %v", test.text, h, err)
			continue
		}
		for i := range h {
			if h[i] != test.want[i] {
				t.Errorf("%q is %v", test.text, h)
			}
		}
		var again hours
		if err := again.Set(h.String()); err != nil || again.String() != h.String() {
			t.Errorf("%q does not survive as %q", test.text, h.String())
		}
	}
	for _, bad := range []string{"", "22:00", "22-6", "25:00-06:00", "22:00-06:60", "24:00-06:00", "a-b", "22:00-06:00-07:00"} {
		var h hours
		if err := h.Set(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, h)
		}
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Hour)
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"--mode", "twice"}, "--mode"},
		{[]string{"--window", "-1h"}, "--window"},
		{[]string{"--max", "0"}, "--max"},
		{[]string{"--concurrency", "0"}, "--concurrency"},
		{[]string{"--hours", "night"}, "--hours"},
		{[]string{"--time-zone", "Europe/Nowhere"}, "--time-zone"},
		{[]string{"--once", "--watch"}, "--watch"},
		{[]string{"--for", "5m", "--watch"}, "--for"},
		{[]string{"--dry-run", "--once"}, "--dry-run"},
		{[]string{"--dry-run=maybe"}, "--dry-run"},
		{[]string{"--via", "magic"}, "--via"},
		{[]string{"--via", "exec="}, "exec="},
		{[]string{"--gce-endpoint", "compute"}, "--gce-endpoint"},
		{[]string{"--pod-selector", "a in ("}, "--pod-selector"},
		{[]string{"--grace-period", "-2"}, "--grace-period"},
		{[]string{"--timeout", "-1s"}, "--timeout"},
		{[]string{"--window", "30h"}, "window"},
		{[]string{"--window", "20h"}, "--window"},
		{[]string{"--print-script", "--mode", "rolling"}, "--print-script"},
		{[]string{"more"}, "one POOL at a time"},
		{[]string{"-o", "xml"}, "json"},
		{[]string{"--context", "a", "--context", "b"}, "--context"},
	} {
		_, _, err := w.run(append([]string{"nodepool", testPool}, test.args...)...)
		if err == nil {
			t.Errorf("%v is taken", test.args)
			continue
		}
		clitest.ExpectError(t, err, test.says)
	}
	_, _, err := w.run("nodepool")
	clitest.ExpectError(t, err, "which POOL?", "status")
	_, _, err = w.run("nodes")
	clitest.ExpectError(t, err, "-l SELECTOR")
}

func TestUnknownCommand(t *testing.T) {
	cmd := newCommand(genericiooptions.IOStreams{Out: io.Discard, ErrOut: io.Discard})
	cmd.SetArgs([]string{"nodepol", "x"})
	cmd.SetOut(io.Discard)
	clitest.ExpectError(t, cmd.Execute(), "nodepol", "nodepool")
}
