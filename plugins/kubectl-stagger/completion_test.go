package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// TestCompletionThroughKubectl as a shell asks it.
func TestCompletionThroughKubectl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, 2*time.Hour)
	c := kubetest.NewCompletion(t, w.Server, "stagger", asPlugin+"=yes", "kubectl_complete-stagger")
	for args, want := range map[string][]string{
		"stagger no":               {"nodepool", "nodes"},
		"stagger nodepool ":        {"preempt"},
		"stagger nodepool -o wi":   {"wide"},
		"stagger compl":            {"completion"},
		"stagger completion ":      nil,
		"stagger status --color a": {"always", "auto"},
	} {
		got := c.Words(strings.Split(args, " ")...)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("kubectl %s: %q, want %q", args, got, want)
		}
	}
}
