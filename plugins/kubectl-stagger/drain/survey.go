package drain

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

// surveyPage is how many pods are looked at in one go.
const surveyPage = 500

// Survey finds what forbids draining any of the nodes that of selects, in one pass
// over the cluster's pods, of which no more than a page is in memory. The plan has
// only Refusals, Waits and Unseen.
func (d *Drainer) Survey(ctx context.Context, of func(node string) bool) (*Plan, error) {
	var (
		found   Plan
		budgets []policyv1.PodDisruptionBudget
		asked   bool
		now     = time.Now()
		sets    = d.lazyDaemonSets(ctx)
		opts    = metav1.ListOptions{Limit: surveyPage}
	)
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
		if !asked && len(pods) > 0 {
			asked = true
			if budgets, err = d.budgets(ctx, pods, &found.Unseen); err != nil {
				return nil, fmt.Errorf("disruption budgets: %w", err)
			}
		}
		plan := Examine(pods, budgets, sets, d.Options, now)
		found.Refusals, found.Waits = append(found.Refusals, plan.Refusals...), append(found.Waits, plan.Waits...)
		if opts.Continue = page.Continue; opts.Continue == "" {
			return &found, nil
		}
	}
}

// lazyDaemonSets asks for each DaemonSet once, when it is first asked about.
func (d *Drainer) lazyDaemonSets(ctx context.Context) DaemonSets {
	resource := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "daemonsets"}
	answers := map[[2]string]error{}
	return func(namespace, name string) error {
		key := [2]string{namespace, name}
		answer, known := answers[key]
		if known {
			return answer
		}
		answer = d.Options.request(ctx, func(ctx context.Context) error {
			_, err := kube.ObjectsOf[metav1.PartialObjectMetadata](d.Cluster, resource, namespace).Get(ctx, name)
			return err
		})
		if answer != nil && !apierrors.IsNotFound(answer) {
			answer = fmt.Errorf("DaemonSet %s/%s: %w", namespace, name, answer)
		}
		answers[key] = answer
		return answer
	}
}
