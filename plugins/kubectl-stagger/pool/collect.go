package pool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Collect looks at the pool that q means, and at the cluster around it. cloud may be
// nil; without it, and where it does not know a machine, starts are what Kubernetes
// knows of them.
//
// Kept of the cluster's workloads are those with a pod in the pool, and those that
// tolerate the pool's taints, if it has any; Desired is -1 in all of them.
//
// The error is that there are no such nodes, with the pools that there are, or that
// the cluster could not be asked. What the user has no right to see, and what the
// cloud does not tell, is said in Missing instead, but for the nodes.
func Collect(ctx context.Context, c *kube.Cluster, q Query, cloud Cloud, now time.Time) (*Snapshot, error) {
	nodes, err := listNodes(ctx, c, q.PoolLabel)
	if err != nil {
		return nil, err
	}
	g := &gathering{cluster: c, query: q, cloud: cloud, nodes: nodes, snapshot: &Snapshot{TakenAt: now}}
	for _, step := range []func(context.Context) error{g.askMachines, g.choose, g.askClaims, g.askCloud, g.takePods} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return g.result(), nil
}

// gathering is a snapshot in the making.
type gathering struct {
	cluster  *kube.Cluster
	query    Query
	cloud    Cloud
	nodes    []candidate // by name; once the pool is chosen, its nodes come first
	inside   int         // how many of nodes are the pool's
	snapshot *Snapshot
}

// skip says what could not be looked at, unless err ends the whole.
func (g *gathering) skip(ctx context.Context, err error, what, instead string) error {
	if ctx.Err() != nil {
		return err
	}
	g.miss("Skipped: %s (%v); %s.", what, strings.TrimSuffix(err.Error(), "."), instead)
	return nil
}

func (g *gathering) miss(format string, args ...any) {
	g.snapshot.Missing = append(g.snapshot.Missing, fmt.Sprintf(format, args...))
}

// askMachines reads Cluster API's Machines, which name the pool.
func (g *gathering) askMachines(ctx context.Context) error {
	machines, err := machinesOf(ctx, g.cluster, g.tagged())
	if err != nil {
		return g.skip(ctx, err, "Cluster API's Machines", "pools are found by the nodes' labels only, and starts without them")
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		n.witnesses.machine = machines[n.tagged.machine].created
		if g.query.PoolLabel == "" {
			n.add(machines)
		}
	}
	return nil
}

func (g *gathering) tagged() []tagged {
	all := make([]tagged, len(g.nodes))
	for i := range g.nodes {
		all[i] = g.nodes[i].tagged
	}
	return all
}

// choose finds the pool's nodes and puts them first.
func (g *gathering) choose(context.Context) error {
	s := g.snapshot
	var member func(*candidate) bool
	if g.query.Selector != "" {
		selector, err := labels.Parse(g.query.Selector)
		if err != nil {
			return fmt.Errorf("selector %q: %w", g.query.Selector, err)
		}
		s.Name = g.query.Selector
		member = func(n *candidate) bool { return selector.Matches(labels.Set(n.Labels)) }
	} else {
		label, err := labelOf(g.tagged(), g.query.Pool, g.query.PoolLabel)
		if err != nil {
			return g.withMissing(err)
		}
		s.Name, s.Label = g.query.Pool, label
		member = func(n *candidate) bool { return slices.Contains(n.tags, tag{label, s.Name}) }
	}
	var in, out []candidate
	for i := range g.nodes {
		n := &g.nodes[i]
		n.Pool = n.tagged.pool(s.Label)
		if member(n) {
			in = append(in, *n)
		} else {
			out = append(out, *n)
		}
	}
	if len(in) == 0 {
		return fmt.Errorf("none of the cluster's %s has labels that match %q", plural(len(g.nodes), "node"), g.query.Selector)
	}
	g.nodes, g.inside = append(in, out...), len(in)
	s.Platform = platformOf(append([]tag{{label: s.Label}}, tagsOf(in[0].Labels, "")...))
	return nil
}

// withMissing adds to an error what may be its cause.
func (g *gathering) withMissing(err error) error {
	if len(g.snapshot.Missing) == 0 {
		return err
	}
	return fmt.Errorf("%w. %s", err, strings.Join(g.snapshot.Missing, " "))
}

// askClaims reads Karpenter's NodeClaims where there is Karpenter, and says how each
// machine ends.
func (g *gathering) askClaims(ctx context.Context) error {
	var all claims
	karpenter := func(n candidate) bool { return n.Labels[karpenterPool] != "" }
	if slices.ContainsFunc(g.nodes, karpenter) {
		var err error
		if all, err = claimsOf(ctx, g.cluster); err != nil {
			if err := g.skip(ctx, err, "Karpenter's NodeClaims", "when nodes expire is not known, and starts are found without them"); err != nil {
				return err
			}
		}
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		if found, ok := all.of(&n.Node); ok {
			n.claim = found.created
			expiry, err := parseExpiry(found.expireAfter)
			if err != nil {
				g.miss("The NodeClaim of node %s has no usable time to expire: %v.", n.Name, err)
			}
			n.expireAfter = expiry
		}
		g.settle(i, "")
	}
	return nil
}

// settle decides how a node's machine ends; cloud is what the cloud says of it, if
// anything.
func (g *gathering) settle(i int, cloud Lifetime) {
	n := &g.nodes[i]
	n.Lifetime, n.MaxAge = lifetimeOf(n.Labels, n.expireAfter, cloud)
	if i < g.inside && g.query.MaxAge > 0 {
		n.MaxAge = g.query.MaxAge
	}
}

// askCloud asks for the pool's machines.
func (g *gathering) askCloud(ctx context.Context) error {
	if g.cloud == nil {
		return nil
	}
	nodes := make([]Node, g.inside)
	for i := range nodes {
		nodes[i] = g.nodes[i].Node
	}
	vms, err := g.cloud.VMs(ctx, nodes)
	if err != nil {
		return g.skip(ctx, err, "the cloud's record of the machines", "their starts are what Kubernetes knows of them")
	}
	for i := range nodes {
		n := &g.nodes[i]
		vm, ok := vms[n.Name]
		if !ok {
			continue
		}
		n.cloud = vm.Started
		g.settle(i, vm.Lifetime)
	}
	return nil
}

// takePods reads the disruption budgets and the pods.
func (g *gathering) takePods(ctx context.Context) error {
	b, unreadable, err := listBudgets(ctx, g.cluster)
	switch {
	case apierrors.IsForbidden(err):
		g.snapshot.BudgetsUnseen = true
		g.miss("Skipped: disruption budgets (%v); which evictions they will refuse is not known.", err)
	case err != nil:
		return fmt.Errorf("list of disruption budgets: %w", err)
	}
	g.snapshot.Missing = append(g.snapshot.Missing, unreadable...)
	t := newTally(g.nodes, g.inside, b, g.snapshot.TakenAt)
	err = t.list(ctx, g.cluster)
	switch {
	case apierrors.IsForbidden(err):
		g.snapshot.PodsUnseen = true
		g.miss("Skipped: pods (%v); what runs in the pool, and what room there is elsewhere, is not known.", err)
	case err != nil:
		return fmt.Errorf("list of pods: %w", err)
	}
	g.snapshot.Budgets = b.all
	g.snapshot.Pods, g.snapshot.Workloads = t.result()
	return nil
}

// result dates the machines and hands the snapshot out.
func (g *gathering) result() *Snapshot {
	s := g.snapshot
	var ahead []string
	for i := range g.nodes {
		n := &g.nodes[i]
		var early bool
		if n.Start, early = n.start(n.MaxAge, s.TakenAt); early && i < g.inside {
			ahead = append(ahead, n.Name)
		}
		if i < g.inside {
			s.Nodes = append(s.Nodes, n.Node)
		} else {
			s.Elsewhere = append(s.Elsewhere, n.Node)
		}
	}
	if len(ahead) > 0 {
		g.miss("The start of %s is more than %s in the future, so their clocks or this machine's are wrong, and it counts as unknown: %s.",
			plural(len(ahead), "node"), slack, shorten(ahead))
	}
	return s
}
