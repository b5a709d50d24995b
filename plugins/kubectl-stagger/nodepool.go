package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/drain"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/replace"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rollout"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// run plans, shows, asks and acts.
func (o *nodepoolOptions) run(ctx context.Context, cmd *cobra.Command) error {
	o.verbose = cli.Verbose(cmd)
	c, err := o.cluster.connect()
	if err != nil {
		return err
	}
	p, err := o.propose(ctx, c)
	if err != nil {
		return err
	}
	if o.printScript {
		return o.runScript(cmd, p)
	}
	until := o.until(p)
	if err := o.preflight(ctx, c, p, until); err != nil {
		return err
	}
	if err := o.printPlan(p); err != nil {
		return err
	}
	notices := cli.NewNotices(o.ErrOut, "stagger")
	if o.output != planJSON && o.output != planYAML {
		for _, warning := range p.warnings() {
			notices.Printf("%s", warning)
		}
	}
	if len(p.blockers) > 0 {
		return fmt.Errorf("this plan cannot be carried out, and nothing was changed:\n%s", strings.Join(p.blockers, "\n"))
	}
	switch {
	case o.dryRun == dryRunServer:
		return o.serverDryRun(ctx, c, p, notices)
	case o.dryRun == dryRunClient:
		return nil
	case len(p.agenda.Steps) == 0 && len(p.unfinished) == 0 && p.planner.Options.Mode == spread.Once:
		notices.Printf("nothing to do")
		return nil
	}
	agreed, err := cli.Confirm(ctx, o.IOStreams, o.question(p, until), o.yes)
	if err != nil {
		return err
	}
	if !agreed {
		return errors.New("not confirmed: nothing was changed")
	}
	return o.act(ctx, c, p, notices)
}

// until is when this run ends; zero is when the plan is done.
func (o *nodepoolOptions) until(p *proposal) time.Time {
	if o.watch {
		return time.Time{}
	}
	return p.snapshot.TakenAt.Add(o.during)
}

// question says what a yes means.
func (o *nodepoolOptions) question(p *proposal, until time.Time) string {
	due := 0
	for _, step := range p.agenda.Steps {
		if until.IsZero() || !step.At.After(until) {
			due++
		}
	}
	first := ""
	if n := len(p.unfinished); n > 0 {
		first = fmt.Sprintf("Finish %s that an earlier run has begun. ", count(n, "replacement"))
	}
	switch {
	case o.watch:
		return fmt.Sprintf("%sReplace %s at their times, and stay for that?", first, count(due, "node"))
	case due == 0:
		return first + "Write this plan on the nodes? None of its steps is due now."
	}
	return fmt.Sprintf("%sWrite this plan on the nodes, and replace the %s that are due now?", first, count(due, "node"))
}

// act carries the plan out, under the pool's lease.
func (o *nodepoolOptions) act(ctx context.Context, c *kube.Cluster, p *proposal, notices *cli.Notices) error {
	config := o.leaseConfig(c)
	config.Holder, config.Unchanged = holder(), p.seen.Version
	config.Waiting = func(holder string, atMost time.Duration) {
		notices.Printf("looking for %s whether %s is still at work", span(atMost), holder)
	}
	lease, held, err := ledger.Acquire(ctx, config)
	if err != nil {
		return err
	}
	var until time.Time
	if !o.watch {
		until = time.Now().Add(o.during) // the question may have taken its time
	}
	outcome, err := o.rollout(c, p, lease, until).Run(held, p.snapshot, p.agenda)
	if !errors.Is(context.Cause(held), ledger.ErrLost) {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if failed := lease.Release(release); failed != nil {
			notices.Printf("the lease could not be given back, and ends by itself: %v", failed)
		}
	}
	return o.report(ctx, c, p, outcome, err, notices)
}

func (o *nodepoolOptions) rollout(c *kube.Cluster, p *proposal, lease *ledger.Lease, until time.Time) *rollout.Rollout {
	progress := &progress{out: o.ErrOut, names: o.Out, onlyNames: o.output == planName, zone: o.plan.zone.get(), verbose: o.verbose}
	options, _ := o.drain.options() // validated
	replacer := &replace.Replacer{
		Cluster: c, Recreator: p.machines.recreator, Cloud: p.machines.cloud, Lease: lease, KeepNode: p.machines.keepNode,
		DrainTimeout: o.drain.timeout, SuccessorTimeout: o.machines.patience, Report: progress.replacement,
		Drainer: &drain.Drainer{Cluster: c, Options: options, Report: progress.drain},
	}
	if p.machines.renames {
		replacer.Members = func(ctx context.Context) ([]pool.Node, error) { return pool.List(ctx, c, o.poolQuery(), time.Now()) }
		replacer.Known = map[string]bool{}
		for i := range p.snapshot.Nodes {
			replacer.Known[p.snapshot.Nodes[i].Name] = true
		}
	}
	return &rollout.Rollout{
		Cluster: c, Lease: lease, Replacer: replacer, Planner: p.planner, Until: until, Report: progress.rollout,
		Collect: func(ctx context.Context) (*pool.Snapshot, error) { return o.collect(ctx, c, p.machines.cloud) },
	}
}

// selectorOf selects the pool's nodes.
func selectorOf(s *pool.Snapshot) string {
	if s.Label == "" {
		return s.Name
	}
	return s.Label + "=" + s.Name
}

// holder names this run for people and tells it from all others.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	return fmt.Sprintf("%s_%d_%x", host, os.Getpid(), time.Now().UnixNano())
}

// report says how the run has ended, and measures the pool where the plan is done.
func (o *nodepoolOptions) report(ctx context.Context, c *kube.Cluster, p *proposal, outcome rollout.Outcome, failed error, notices *cli.Notices) error {
	if n := len(outcome.Replaced); n > 0 || failed == nil {
		notices.Printf("%s replaced", count(n, "node"))
	}
	if failed != nil {
		return failed
	}
	if len(outcome.Left) > 0 {
		var names []string
		for _, left := range outcome.Left {
			names = append(names, left.Node)
		}
		return fmt.Errorf("%s could not be replaced, left as found: %s", count(len(names), "node"), strings.Join(names, ", "))
	}
	if outcome.Next != nil {
		notices.Printf("next: node %s at %s; run this again then, or with --watch", outcome.Next.Node, clockAt(outcome.Next.At, time.Now(), o.plan.zone.get()))
		return nil
	}
	return o.measure(ctx, c, p, notices)
}

// measure looks at the pool once more, and says what a window takes of it now.
func (o *nodepoolOptions) measure(ctx context.Context, c *kube.Cluster, p *proposal, notices *cli.Notices) error {
	s, err := o.collect(ctx, c, p.machines.cloud)
	if err != nil {
		return err
	}
	options := p.planner.Options
	if p.agenda.Plan != nil {
		options.Window = p.agenda.Plan.Window
	}
	window, figures, err := spread.Look(s.Spread(), options, s.TakenAt)
	if err != nil {
		return err
	}
	notices.Printf("now a window of %s takes %s", span(window), takes(figures, len(s.Nodes)))
	return nil
}
