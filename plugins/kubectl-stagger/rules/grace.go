package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// What GKE's nodes give pods that are not critical to the system when they are
// preempted, or die of age: of 30 s of notice the last 15 are for those that are. It
// was 25 s before GKE 1.22.8. (GKE's documentation of Spot VMs and preemptible VMs.)
const (
	noticeGrace = 15 * time.Second
	// usualGrace is the API's default; who has not said more may not need more.
	usualGrace = 30 * time.Second
)

// checkGrace finds pods that want more time to end than a dying node gives them.
func (c *checker) checkGrace(w *workload) {
	critical := w.system || strings.HasPrefix(w.priority, "system-")
	if critical || w.Grace <= noticeGrace || (c.Pool != nil && !c.onGKE()) {
		return
	}
	f := finding.Finding{
		ID: LongGrace, Severity: finding.Info, Object: w.object,
		What:     fmt.Sprintf("Its pods may take %d s to end, and a node of GKE that is preempted or dies of age gives them %d s (25 s before GKE 1.22.8).", int(w.Grace.Seconds()), int(noticeGrace.Seconds())),
		Evidence: []finding.Evidence{{Source: "terminationGracePeriodSeconds", Text: fmt.Sprint(int(w.Grace.Seconds()))}},
		Cause:    "A preStop hook counts in. A drain, as by kubectl stagger, gives pods all of their time; a node that dies by itself does not.",
		Fix:      []finding.Step{{Do: "See that the pods end in 15 s, or have nodes drained before they die, as kubectl stagger nodepool does in its rolling mode."}},
	}
	if w.Grace > usualGrace || w.preStop > noticeGrace {
		f.Severity = finding.Warning
	}
	if w.preStop > 0 {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "lifecycle.preStop.sleep", Text: fmt.Sprintf("%d s", int(w.preStop.Seconds()))})
	}
	c.add(f)
}

// onGKE reports whether the pool is one of GKE whose nodes end with a short notice.
func (c *checker) onGKE() bool {
	if c.Pool.Platform.Name != "GKE" {
		return false
	}
	for i := range c.Pool.Nodes {
		if l := c.Pool.Nodes[i].Lifetime; l == pool.Preemptible || l == pool.Spot {
			return true
		}
	}
	return false
}
