package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/byhand"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// runScript prints the bash script that does the plan by hand.
func (o *nodepoolOptions) runScript(cmd *cobra.Command, p *proposal) error {
	notices := cli.NewNotices(o.ErrOut, "stagger")
	for _, warning := range p.warnings() {
		notices.Printf("%s", warning)
	}
	if p.machines == nil {
		return fmt.Errorf("no script: %s", strings.Join(p.blockers, "\n"))
	}
	if len(p.agenda.Steps) == 0 {
		return fmt.Errorf("no script: there is nothing to do for %q", p.snapshot.Name)
	}
	plan := byhand.Plan{
		Pool: p.snapshot.Name, Via: byhand.Via(p.machines.via), Command: strings.TrimPrefix(o.machines.via, viaExec),
		AssumeRepair: o.machines.assumeRepair, Drain: o.drain.args(), KubectlArgs: o.kubectlArgs(cmd), Patience: o.machines.patience,
		Invocation: script.Invocation("stagger"), Printed: time.Now(),
	}
	if p.machines.renames {
		plan.Selector = selectorOf(p.snapshot)
	}
	if p.agenda.Plan != nil {
		plan.Window, plan.LowerBound = p.agenda.Plan.Window, p.agenda.Plan.LowerBound
	}
	nodes := map[string]*pool.Node{}
	for i := range p.snapshot.Nodes {
		nodes[p.snapshot.Nodes[i].Name] = &p.snapshot.Nodes[i]
	}
	for _, step := range p.agenda.Steps {
		machine := nodes[step.Node].Machine
		plan.Steps = append(plan.Steps, byhand.Step{Node: step.Node, ProviderID: machine.ProviderID, UID: string(machine.UID),
			BootID: machine.BootID, At: step.At.In(o.plan.zone.get()), Reason: step.Reason})
	}
	return byhand.Write(o.Out, plan)
}

func (o *nodepoolOptions) kubectlArgs(cmd *cobra.Command) []string {
	args := kube.KubectlArgs(cmd.Flags())
	for _, context := range o.cluster.connection.Contexts {
		args = append(args, "--context="+context)
	}
	return args
}
