package rules

import (
	"fmt"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// overtime is by how much a Node object may be older than its machine's limit before
// it is sure to be of an earlier machine: clouds take their time.
const overtime = 10 * time.Minute

// checkNodes judges the machines, whatever runs on them.
func (c *checker) checkNodes() {
	nodes := c.Pool.Nodes
	var unknown, estimated, stale []string
	limited := false
	spot := 0
	for i := range nodes {
		n := &nodes[i]
		if n.Unschedulable {
			c.add(cordoned(n))
		}
		if n.Lifetime == pool.Spot {
			spot++
		}
		if n.MaxAge <= 0 {
			continue
		}
		limited = true
		switch {
		case !c.dated[i]:
			unknown = append(unknown, n.Name)
		case n.Start.Source.Estimated():
			estimated = append(estimated, fmt.Sprintf("%s (%s, %s)", n.Name, clock(n.Start.At), estimatedBy(n.Start.Source)))
		}
		if n.Lifetime == pool.Preemptible && c.now.Sub(n.Created) > n.MaxAge+overtime && !n.Created.IsZero() {
			stale = append(stale, n.Name)
		}
	}
	if !limited {
		c.add(c.noAgeLimit(spot))
	}
	c.addStarts(unknown, estimated, stale)
	if len(nodes) == 1 {
		c.add(finding.Finding{
			ID: OneNodePool, Severity: finding.Warning, Object: c.poolObject(),
			What:  "The pool has only one node: when it dies, all that the pool carries goes at once, and nothing can be spread.",
			Cause: "A machine that is made anew takes minutes to be ready.",
			Fix:   []finding.Step{{Do: "Give the pool at least two smaller nodes; in a regional GKE cluster --num-nodes counts for each zone."}},
		})
	}
}

func cordoned(n *pool.Node) finding.Finding {
	f := finding.Finding{
		ID: Cordoned, Severity: finding.Warning, Object: nodeObject(n.Name),
		What:     "The node is cordoned: the pool pays for it and has less room than it seems.",
		Evidence: []finding.Evidence{{Source: "spec.unschedulable", Text: "true"}},
		Cause:    "Somebody cordoned it, or a machine was made anew under the name of one that was: the Node object can outlive its machine.",
		Fix:      []finding.Step{{Do: "If nobody works on it:"}, command("kubectl", "uncordon", n.Name)},
	}
	if len(n.Annotations) > 0 {
		f.Severity = finding.Info
		f.Cause = "kubectl stagger works on it, or was interrupted; a new run takes it up where it was left."
		for _, key := range sortedKeys(n.Annotations) {
			f.Evidence = append(f.Evidence, finding.Evidence{Source: "metadata.annotations[" + key + "]", Text: n.Annotations[key]})
		}
	}
	return f
}

func (c *checker) noAgeLimit(spot int) finding.Finding {
	f := finding.Finding{
		ID: NoAgeLimit, Severity: finding.Info, Object: c.poolObject(),
		What: "The pool's machines are not known to die at a certain age, so nothing is said of deaths that come together.",
		Fix:  []finding.Step{{Do: "If they do, say at which age: --max-age 24h."}},
	}
	if spot > 0 {
		f.What = "Spot VMs have no age limit: they may be taken at any time, but do not die together of age, so nothing is said of that."
		f.Fix[0].Do = "If the pool limits how long they run, or you replace them at an age, say it: --max-age 24h."
	}
	return f
}

func estimatedBy(s pool.Source) string {
	if s == pool.FromReady {
		return "since when it is Ready"
	}
	return "when its oldest running container started"
}

// addStarts tells of machines whose age is not known for sure.
func (c *checker) addStarts(unknown, estimated, stale []string) {
	ask := finding.Step{Do: "Let the cloud be asked, which knows when each machine started: --via api or gcloud, with the right compute.instances.list."}
	if len(unknown) > 0 {
		c.add(finding.Finding{
			ID: UnknownStart, Severity: finding.Warning, Object: c.poolObject(),
			What:  fmt.Sprintf("When the machine of %s started is not known, or longer ago than it can live, so it may die at any time, and together with others: %s.", count(len(unknown), "node"), some(unknown)),
			Cause: "Kubernetes may not notice that a machine is made anew under the same name.",
			Fix:   []finding.Step{ask},
		})
	}
	if len(estimated) > 0 {
		c.add(finding.Finding{
			ID: EstimatedStart, Severity: finding.Info, Object: c.poolObject(),
			What: fmt.Sprintf("The start of %s is an estimate: %s.", count(len(estimated), "machine"), some(estimated)),
			Fix:  []finding.Step{ask},
		})
	}
	if len(stale) > 0 {
		c.add(finding.Finding{
			ID: StaleNode, Severity: finding.Info, Object: c.poolObject(),
			What:  fmt.Sprintf("The Node object of %s is older than a machine can be, so it is of an earlier machine: %s.", count(len(stale), "node"), some(stale)),
			Cause: "The machine was made anew under the same name before Kubernetes noticed that it was gone. What a hand put on the Node, a taint or a cordon, is still there; the AGE of kubectl get nodes is not the machine's.",
		})
	}
}
