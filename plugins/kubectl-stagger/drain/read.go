package drain

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
)

// Plan reads what is on the node and says what a drain would do. Errors are those of
// reading; what forbids the drain is in the plan.
func (d *Drainer) Plan(ctx context.Context, node string) (*Plan, error) {
	plan, _, err := d.plan(ctx, node)
	return plan, err
}

// plan also tells of which version the list of pods is.
func (d *Drainer) plan(ctx context.Context, node string) (plan *Plan, version string, err error) {
	list, err := d.podsOn(ctx, node, "")
	if err != nil {
		return nil, "", fmt.Errorf("pods of node %s: %w", node, err)
	}
	around := surroundings{Drainer: d}
	if err := around.read(ctx, list.Items); err != nil {
		return nil, "", err
	}
	p := Examine(list.Items, around.budgets, around.daemonSet, d.Options, time.Now())
	p.Unseen = around.unseen
	return &p, list.ResourceVersion, nil
}

// podsOn lists the node's pods as of version or later; "" is as of now. In one
// page: with a limit, older API servers read the whole cluster's pods to find them.
func (d *Drainer) podsOn(ctx context.Context, node, version string) (*corev1.PodList, error) {
	opts := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String()}
	if version != "" {
		opts.ResourceVersion, opts.ResourceVersionMatch = version, metav1.ResourceVersionMatchNotOlderThan
	}
	var list *corev1.PodList
	err := d.Options.request(ctx, func(ctx context.Context) (err error) {
		list, err = d.Cluster.Pods("").List(ctx, opts)
		return err
	})
	return list, err
}
