package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/drain"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rollout"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// proposal is a plan before it is agreed to, with all that there is to say of it.
type proposal struct {
	snapshot *pool.Snapshot
	planner  rollout.Planner
	agenda   *rollout.Agenda
	machines *machines
	// unfinished are replacements that an earlier run has begun.
	unfinished []ledger.Record
	seen       ledger.State // of the lease
	notes      []string     // what could not be looked at
	blockers   []string     // what keeps the plan from being carried out
}

// propose looks at the pool and plans, or finds the plan of an earlier run.
func (o *nodepoolOptions) propose(ctx context.Context, c *kube.Cluster) (*proposal, error) {
	cloud, err := o.machines.cloud()
	if err != nil {
		return nil, err
	}
	s, err := o.collect(ctx, c, cloud)
	if err != nil {
		return nil, err
	}
	life, err := s.MaxAge()
	if err != nil {
		return nil, err
	}
	p := &proposal{snapshot: s, planner: rollout.Planner{Options: o.plan.options(life)}}
	lease := o.leaseConfig(c)
	p.seen, err = ledger.Peek(ctx, lease)
	switch {
	case apierrors.IsForbidden(err) || apierrors.IsNotFound(err):
		p.notes = append(p.notes, fmt.Sprintf("Skipped: the plan of an earlier run, if there was one: %v.", err))
	case err != nil:
		return nil, err
	}
	if p.unfinished, err = rollout.Unfinished(s, lease.Namespace+"/"+lease.Name, p.seen.InFlight); err != nil {
		return nil, err
	}
	earlier := p.seen.Plan
	if o.replan {
		earlier.MadeAt = time.Time{}
	}
	if p.agenda, err = p.planner.Make(s, earlier, s.TakenAt); err != nil {
		return nil, explainPlan(err)
	}
	p.machines, err = o.machines.recreatorFor(c, s)
	if err != nil {
		p.blockers = append(p.blockers, err.Error())
	}
	return p, nil
}

// explainPlan names the flags that change what the planner could not keep.
func explainPlan(err error) error {
	var infeasible *spread.Infeasible
	if errors.As(err, &infeasible) {
		return fmt.Errorf("%w (--window, --max, --concurrency, --hours, --within)", err)
	}
	return err
}

func (o *nodepoolOptions) leaseConfig(c *kube.Cluster) ledger.Config {
	return ledger.Config{Cluster: c, Namespace: o.leaseNamespace, Name: o.leaseName()}
}

// leaseName is of the nodes that are meant: two labels may have pools of one name.
func (o *nodepoolOptions) leaseName() string {
	switch {
	case o.query.Selector != "":
		return ledger.NameFor(o.query.Selector)
	case o.cluster.poolLabel != "":
		return ledger.NameFor(o.cluster.poolLabel + "=" + o.query.Pool)
	}
	return ledger.NameFor(o.query.Pool)
}

// warnings is all that the user should know of the plan.
func (p *proposal) warnings() []string {
	all := append(append([]string(nil), p.snapshot.Missing...), p.notes...)
	if p.agenda.Plan != nil {
		all = append(all, p.agenda.Plan.Warnings...)
	}
	for _, record := range p.unfinished {
		all = append(all, fmt.Sprintf("An earlier run has begun to replace node %s (%s): that is finished first.", record.Node, record.Step))
	}
	if p.seen.Holder != "" {
		all = append(all, fmt.Sprintf("Another run is at work on this pool: %s.", p.seen.Holder))
	}
	return all
}

// preflight finds what would keep the steps up to a time from being carried out,
// before anything is changed.
func (o *nodepoolOptions) preflight(ctx context.Context, c *kube.Cluster, p *proposal, until time.Time) error {
	if p.machines == nil {
		return nil // said already
	}
	nodes := map[string]bool{}
	for _, step := range p.agenda.Steps {
		if until.IsZero() || !step.At.After(until) {
			nodes[step.Node] = true
		}
	}
	if len(nodes) == 0 {
		return nil
	}
	options, err := o.drain.options()
	if err != nil {
		return err
	}
	drainer := &drain.Drainer{Cluster: c, Options: options}
	plan, err := drainer.Survey(ctx, func(node string) bool { return nodes[node] })
	if err != nil {
		return err
	}
	p.notes = append(p.notes, plan.Unseen...)
	if err := plan.Err(); err != nil {
		p.blockers = append(p.blockers, err.Error())
	}
	if err := p.machines.recreator.Check(ctx, targets(p.snapshot, nodes)); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.blockers = append(p.blockers, err.Error())
	}
	return nil
}

func targets(s *pool.Snapshot, nodes map[string]bool) []recreate.Target {
	var all []recreate.Target
	for i := range s.Nodes {
		if n := &s.Nodes[i]; nodes[n.Name] {
			all = append(all, recreate.Target{Node: n.Name, UID: n.Machine.UID, ProviderID: n.Machine.ProviderID, Labels: n.Labels, Annotations: n.Annotations})
		}
	}
	return all
}
