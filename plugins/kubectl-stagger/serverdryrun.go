package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/drain"
)

// serverDryRun has the API server check the first steps of the nodes that are due,
// or of the first one: the cordon, the evictions, the deletion of the Node.
func (o *nodepoolOptions) serverDryRun(ctx context.Context, c *kube.Cluster, p *proposal, notices *cli.Notices) error {
	steps := p.agenda.Due(time.Now())
	if len(steps) == 0 {
		steps = p.agenda.Steps[:min(1, len(p.agenda.Steps))]
	}
	options, err := o.drain.options()
	if err != nil {
		return err
	}
	drainer := &drain.Drainer{Cluster: c, Options: options}
	var refused []error
	for _, step := range steps {
		patch := []byte(`{"spec":{"unschedulable":true}}`)
		if _, err := c.Nodes().Patch(ctx, step.Node, types.MergePatchType, patch, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			refused = append(refused, fmt.Errorf("node %s: cordoning it: %w", step.Node, err))
			continue
		}
		plan, err := drainer.Plan(ctx, step.Node)
		if err != nil {
			return err
		}
		for _, victim := range plan.Evict {
			if !victim.Going.IsZero() {
				continue // it is only waited for
			}
			uid := victim.UID
			err := c.Evict(ctx, victim.Namespace, victim.Name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}, Preconditions: &metav1.Preconditions{UID: &uid}})
			if err != nil {
				refused = append(refused, fmt.Errorf("pod %s of node %s: %w", victim.Pod, step.Node, err))
			}
		}
		if !p.machines.keepNode {
			if err := c.Nodes().Delete(ctx, step.Node, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
				refused = append(refused, fmt.Errorf("node %s: deleting its Node object: %w", step.Node, err))
			}
		}
		notices.Printf("node/%s: cordon, %s and deletion checked (server dry run)", step.Node, count(len(plan.Evict), "eviction"))
	}
	return errors.Join(refused...)
}
