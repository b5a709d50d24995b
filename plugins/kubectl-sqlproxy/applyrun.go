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
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/collect"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/install"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

// run plans, shows, asks and acts.
func (o *applyOptions) run(ctx context.Context, cmd *cobra.Command) error {
	c, err := o.cluster.connect()
	if err != nil {
		return err
	}
	namespace, err := o.cluster.oneNamespace(c)
	if err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	set, err := o.build(ctx, c, namespace)
	if err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	notices := cli.NewNotices(o.ErrOut, "sqlproxy")
	for _, warning := range set.Warnings {
		notices.Printf("warning: %s", warning)
	}
	target := install.Target{Namespace: namespace, Name: o.flags.name}
	if o.printScript {
		return o.runScript(cmd, target, set)
	}
	plan, err := install.Look(ctx, c, target, set, install.Options{Force: o.force, Prune: o.prune, Local: o.dryRun == dryRunClient})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("this cannot be applied, and nothing was changed:\n%w", err)
	}
	agreed, err := o.propose(ctx, c, plan, notices)
	if err != nil || !agreed {
		return err
	}
	return o.act(ctx, c, plan, set, notices)
}

// build makes the objects, for the version of Kubernetes that the cluster has.
func (o *applyOptions) build(ctx context.Context, c *kube.Cluster, namespace string) (*manifest.Set, error) {
	config, err := o.flags.config(namespace)
	if err != nil {
		return nil, err
	}
	if config.Server == (manifest.ServerVersion{}) && !o.printScript {
		// A cluster that does not say it is taken for a new one; it answers to the rest.
		if minor, err := c.Minor(ctx); err == nil {
			config.Server = manifest.ServerVersion{Major: 1, Minor: minor}
		}
	}
	return manifest.Build(config)
}

// propose shows the plan and reports whether it is to be carried out.
func (o *actOptions) propose(ctx context.Context, c *kube.Cluster, plan *install.Plan, notices *cli.Notices) (bool, error) {
	if err := o.printPlan(plan); err != nil {
		return false, err
	}
	for _, text := range plan.Unseen {
		notices.Printf("%s", text)
	}
	if o.dryRun != dryRunNone {
		if o.dryRun == dryRunServer {
			if err := plan.TryRemove(ctx, c); err != nil {
				return false, err
			}
		}
		for i := range plan.Steps {
			o.name(&plan.Steps[i])
		}
		notices.Printf("nothing was changed (%s dry run)", o.dryRun)
		return false, nil
	}
	if plan.Changes() == 0 {
		return true, nil
	}
	agreed, err := cli.Confirm(ctx, o.IOStreams, question(plan, c), o.yes)
	if err == nil && !agreed {
		err = errors.New("not confirmed: nothing was changed")
	}
	return agreed, err
}

// question says what a yes means.
func question(plan *install.Plan, c *kube.Cluster) string {
	var parts []string
	for _, action := range []install.Action{install.Create, install.Change, install.Remove} {
		n := 0
		for i := range plan.Steps {
			if plan.Steps[i].Action == action {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", action, n))
		}
	}
	text := strings.Join(parts, ", ")
	return fmt.Sprintf("%s%s in namespace %s of %s?", strings.ToUpper(text[:1]), text[1:], plan.Namespace, c)
}

// act carries the plan out.
func (o *applyOptions) act(ctx context.Context, c *kube.Cluster, plan *install.Plan, set *manifest.Set, notices *cli.Notices) error {
	done, made := 0, 0
	err := plan.Apply(ctx, c, func(s *install.Step) {
		done++
		if s.Action == install.Create {
			made++
		}
		o.tell(s, notices)
	})
	if err != nil {
		notices.Printf("%d of %d objects are applied; the same command goes on where this one ended", done, len(set.Objects))
		return err
	}
	if o.wait {
		if err := o.rollout(ctx, c, plan, notices); err != nil {
			return err
		}
	}
	err = plan.Remove(ctx, c, func(s *install.Step) { o.tell(s, notices) })
	if ctx.Err() != nil {
		notices.Printf("the proxy runs; not all was deleted that is not wanted any more: the same command does it")
	}
	if err != nil {
		return err
	}
	o.conclude(plan, set, made, notices)
	return nil
}

// conclude says what is left to do.
func (o *applyOptions) conclude(plan *install.Plan, set *manifest.Set, made int, notices *cli.Notices) {
	if plan.Changes() == 0 {
		notices.Printf("nothing to do: all is as it is wanted")
		return
	}
	if made > 0 {
		for _, line := range set.Advice {
			fmt.Fprintln(o.ErrOut, cli.Visible(line))
		}
	}
	// A proxy that cannot reach its instances is ready all the same.
	notices.Printf("whether it reaches the databases: kubectl sqlproxy check %s -n %s --live", plan.Name, plan.Namespace)
}

// tell says that a step is done.
func (o *actOptions) tell(s *install.Step, notices *cli.Notices) {
	if done := map[install.Action]string{install.Create: "created", install.Change: "changed", install.Remove: "deleted"}[s.Action]; done != "" {
		notices.Printf("%s %s", s.Resource(), done)
	}
	o.name(s)
}

// name prints the object of a step that changes something, for -o name.
func (o *actOptions) name(s *install.Step) {
	if o.output == "name" && (s.Action == install.Create || s.Action == install.Change || s.Action == install.Remove) {
		fmt.Fprintln(o.Out, cli.Visible(s.Resource()))
	}
}

// rollout waits, and explains why it waits in vain.
func (o *applyOptions) rollout(ctx context.Context, c *kube.Cluster, plan *install.Plan, notices *cli.Notices) error {
	began := time.Now()
	err := plan.Rollout(ctx, c, install.Wait{Timeout: o.timeout, Pause: o.pause, Report: func(stand string) { notices.Printf("rollout: %s", stand) }})
	var failed *install.Failed
	switch {
	case ctx.Err() != nil:
		text := "all is applied, and the rollout goes on by itself: kubectl rollout status deployment/%s -n %s"
		if o.prune {
			text += "; nothing was deleted"
		}
		notices.Printf(text, plan.Name, plan.Namespace)
	case errors.As(err, &failed):
		o.explain(ctx, c, plan.Target, notices)
	case err == nil && plan.Changes() > 0:
		notices.Printf("the proxy runs (%s)", time.Since(began).Round(time.Second))
	}
	return err
}

// explain prints what check finds of a rollout that has failed.
func (o *applyOptions) explain(ctx context.Context, c *kube.Cluster, target install.Target, notices *cli.Notices) {
	s, err := collect.Cluster(ctx, c, collect.Query{Namespaces: []string{target.Namespace}, Workload: target.Name, Logs: true})
	if err != nil {
		notices.Printf("why it failed could not be looked at: %v", err)
		return
	}
	report, err := diagnose.Check(s, diagnose.Options{Now: time.Now(), Targets: []diagnose.Target{{Kind: "Deployment", Namespace: target.Namespace, Name: target.Name}}})
	if err != nil {
		notices.Printf("why it failed could not be looked at: %v", err)
		return
	}
	if verdict := report.Verdict(); verdict == finding.OK || verdict == finding.Info {
		notices.Printf("check finds nothing that explains it")
		return
	}
	if err := report.Print(o.ErrOut, finding.Options{Format: finding.Tree, Colour: o.colour.Wanted(o.ErrOut), ASCII: finding.NeedsASCII(os.Getenv), Namespace: target.Namespace}); err != nil {
		notices.Printf("why it failed could not be printed: %v", err)
	}
}
