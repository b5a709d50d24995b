package drain

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// surveyPage is how many pods are looked at in one go.
const surveyPage = 500

// Survey finds what forbids draining any of the nodes that of selects, in one pass
// over the cluster's pods, of which no more than a page is in memory. The plan has
// only Refusals, Waits and Unseen.
func (d *Drainer) Survey(ctx context.Context, of func(node string) bool) (*Plan, error) {
	found, around, now := Plan{}, surroundings{Drainer: d}, time.Now()
	opts := metav1.ListOptions{Limit: surveyPage}
	for {
		var page *corev1.PodList
		err := d.Options.request(ctx, func(ctx context.Context) (err error) {
			page, err = d.Cluster.Pods("").List(ctx, opts)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("pods: %w", err)
		}
		var pods []corev1.Pod
		for i := range page.Items {
			if node := page.Items[i].Spec.NodeName; node != "" && of(node) {
				pods = append(pods, page.Items[i])
			}
		}
		if err := around.read(ctx, pods); err != nil {
			return nil, err
		}
		plan := Examine(pods, around.budgets, around.daemonSet, d.Options, now)
		found.Refusals, found.Waits = append(found.Refusals, plan.Refusals...), append(found.Waits, plan.Waits...)
		if opts.Continue = page.Continue; opts.Continue == "" {
			found.Unseen = around.unseen
			return &found, nil
		}
	}
}
