package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

const (
	// preemptibleLife is how long Compute Engine lets preemptible machines live at most.
	preemptibleLife = 24 * time.Hour
	// sameBirth is how near to each other the starts of machines are that end together:
	// within this, one is not replaced and serving for sure before the other goes.
	sameBirth = time.Hour
	// preemptibleGrace is what pods have to end in when such a machine is taken away:
	// https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms
	preemptibleGrace = 15 * time.Second
)

// takenAway is the label by which a node says that the cloud may take it away; "" if none.
func takenAway(set map[string]string) string {
	for _, l := range []string{
		"cloud.google.com/gke-preemptible=true", "cloud.google.com/gke-spot=true",
		"cloud.google.com/gke-provisioning=preemptible", "cloud.google.com/gke-provisioning=spot",
		"eks.amazonaws.com/capacityType=SPOT", "karpenter.sh/capacity-type=spot", "kubernetes.azure.com/scalesetpriority=spot",
	} {
		if name, value, _ := strings.Cut(l, "="); set[name] == value {
			return l
		}
	}
	return ""
}

// checkNodes judges the nodes on which the pods are.
func (c *checker) checkNodes(s *subject) {
	c.checkTolerations(s)
	nodes, known := c.nodesOf(s)
	var taken, born []string
	var labels []finding.Evidence
	for _, name := range sortedKeys(nodes) {
		label := takenAway(nodes[name].Labels)
		if label == "" {
			continue
		}
		taken = append(taken, name)
		if len(labels) < 5 {
			labels = append(labels, quote("node/"+name+", label", label)...)
		}
		if strings.HasSuffix(label, "preemptible=true") || strings.HasSuffix(label, "provisioning=preemptible") {
			born = append(born, name)
		}
	}
	if len(taken) > 0 {
		c.checkGrace(s, labels)
	}
	if len(taken) == 0 || len(taken) < len(nodes) || !known || s.Kind == "DaemonSet" {
		return
	}
	c.add(s, aside, finding.Finding{
		ID: "all-on-preemptible", Severity: finding.Error, Object: s.Object,
		What:     fmt.Sprintf("All pods are on nodes that the cloud takes away at any time: %s.", listed(taken)),
		Evidence: labels,
		Fix: []finding.Step{
			do("Have at least one pod on a node of another kind: a small pool is enough, as the proxy needs little."),
			do("Then have the pods avoid these nodes, with a nodeAffinity: " + avoided(labels[0].Text) + " DoesNotExist."),
		},
	})
	if len(born) == len(nodes) {
		c.checkBirths(s, nodes, born)
	}
}

func avoided(label string) string {
	name, _, _ := strings.Cut(label, "=")
	return name
}

// nodesOf are the nodes of the pods, by name, and whether all of them are known.
func (c *checker) nodesOf(s *subject) (map[string]*corev1.Node, bool) {
	names := map[string]bool{}
	for _, p := range s.livePods() {
		names[p.Value.Spec.NodeName] = true
	}
	nodes := c.nodesNamed(names)
	return nodes, len(nodes) == len(names)
}

func (c *checker) nodesNamed(names map[string]bool) map[string]*corev1.Node {
	nodes := map[string]*corev1.Node{}
	for name := range names {
		if o := c.index.nodes[name]; o != nil {
			nodes[name] = &o.Value
		}
	}
	return nodes
}

// checkBirths finds preemptible nodes that end together, a day after their start. An
// object that is older than that has outlived a machine, and does not tell when the next
// one started.
func (c *checker) checkBirths(s *subject, nodes map[string]*corev1.Node, names []string) {
	if len(names) < 2 {
		return
	}
	slices.SortFunc(names, func(a, b string) int {
		return nodes[a].CreationTimestamp.Compare(nodes[b].CreationTimestamp.Time)
	})
	first, last := nodes[names[0]].CreationTimestamp.Time, nodes[names[len(names)-1]].CreationTimestamp.Time
	if first.IsZero() || c.Now.Sub(first) > preemptibleLife || last.Sub(first) > sameBirth {
		return
	}
	f := finding.Finding{
		ID: "all-same-birth", Severity: finding.Warning, Object: s.Object,
		What: fmt.Sprintf("The pods' preemptible nodes started within %s of each other, so they end together, at about %s.",
			shownDuration(last.Sub(first)), first.Add(preemptibleLife).UTC().Format("2006-01-02 15:04 MST")),
		Cause: "A preemptible machine lives for 24 hours at most.",
		Fix:   []finding.Step{do("Replace the nodes at different times of the day: kubectl stagger plans that."), do("Or have one pod on a node that is not preemptible.")},
		Docs:  "https://cloud.google.com/compute/docs/instances/preemptible",
	}
	for _, name := range names[:min(len(names), 5)] {
		f.Evidence = append(f.Evidence, quote("node/"+name+", creationTimestamp", nodes[name].CreationTimestamp.UTC().Format(time.RFC3339))...)
	}
	c.add(s, aside, f)
}

// shownDuration is a duration for people: "25m", "under a minute".
func shownDuration(d time.Duration) string {
	if d < time.Minute {
		return "a minute"
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// checkGrace finds pods that take longer to end than preemption leaves them.
func (c *checker) checkGrace(s *subject, labels []finding.Evidence) {
	need := s.shutdownTime()
	if !s.told() || !strings.Contains(labels[0].Text, "gke-") || need <= preemptibleGrace {
		return
	}
	f := finding.Finding{
		ID: "grace-over-15s-on-preemptible", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("A pod takes up to %s to end, but has 15s when its node is preempted: then its connections are cut.", need),
		Evidence: append(labels[:1:1], quote("preStop and sigterm delays", need.String())...),
		Cause:    "GKE gives pods 15 seconds when a node of this kind is taken away, whatever their terminationGracePeriodSeconds are.",
		Fix:      []finding.Step{do("Have the pods on nodes of another kind, or clients that connect again by themselves.")},
		Docs:     "https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms",
	}
	if strings.Contains(labels[0].Text, "spot") {
		f.Fix = append(f.Fix, do("On GKE 1.35 and later, the time that Spot nodes leave can be raised to 120 seconds."))
	}
	c.add(s, aside, f)
}

// checkTolerations finds pods that are let onto preemptible nodes on purpose.
func (c *checker) checkTolerations(s *subject) {
	for i, t := range s.Template.Spec.Tolerations {
		if t.Key == "cloud.google.com/gke-preemptible" || t.Key == "cloud.google.com/gke-spot" {
			c.add(s, aside, finding.Finding{
				ID: "tolerates-preemptible", Severity: finding.Info, Object: s.Object,
				What:     "The pods tolerate nodes that the cloud takes away at any time.",
				Evidence: quote(fmt.Sprintf("spec.template.spec.tolerations[%d]", i), t.Key),
				Fix:      []finding.Step{do("Leave the toleration out if that is not on purpose.")},
			})
			return
		}
	}
}

// checkDeadPeer tells of connections that a preempted client leaves open: v1 asks a peer
// after a minute only, and old versions never.
func (c *checker) checkDeadPeer(s *subject) {
	if s.Spec.Engine != proxy.V1 {
		return
	}
	for _, o := range c.Nodes {
		if label := takenAway(o.Value.Labels); label != "" {
			c.add(s, aside, finding.Finding{
				ID: "dead-peer", Severity: finding.Info, Object: s.Object,
				What:     "Clients on nodes that are taken away end without a word, and v1 of the proxy keeps their connections to the database for minutes.",
				Evidence: quote("node/"+o.Name+", label", label),
				Fix:      []finding.Step{do("Move to v2, which asks idle peers every 30 seconds: kubectl sqlproxy convert shows how.")},
			})
			return
		}
	}
}
