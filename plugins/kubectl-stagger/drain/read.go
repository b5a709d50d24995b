package drain

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

var budgetResource = schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}

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
	var unseen []string
	budgets, err := d.budgets(ctx, list.Items, &unseen)
	if err != nil {
		return nil, "", fmt.Errorf("disruption budgets: %w", err)
	}
	daemonSets, err := d.daemonSets(ctx, list.Items)
	if err != nil {
		return nil, "", err
	}
	p := Examine(list.Items, budgets, daemonSets, d.Options, time.Now())
	p.Unseen = unseen
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

// budgets reads those that may concern the pods: of the whole cluster, or where that
// is forbidden of the pods' namespaces.
func (d *Drainer) budgets(ctx context.Context, pods []corev1.Pod, unseen *[]string) ([]policyv1.PodDisruptionBudget, error) {
	if d.Options.DisableEviction || len(pods) == 0 {
		return nil, nil
	}
	budgets, err := d.budgetsIn(ctx, "")
	if !apierrors.IsForbidden(err) {
		return budgets, err
	}
	var namespaces []string
	for i := range pods {
		namespaces = append(namespaces, pods[i].Namespace)
	}
	slices.Sort(namespaces)
	for _, namespace := range slices.Compact(namespaces) {
		some, err := d.budgetsIn(ctx, namespace)
		switch {
		case apierrors.IsForbidden(err):
			*unseen = append(*unseen, fmt.Sprintf("The disruption budgets of namespace %s may not be listed: whether they can ever be met is not known.", namespace))
		case err != nil:
			return nil, err
		}
		budgets = append(budgets, some...)
	}
	return budgets, nil
}

func (d *Drainer) budgetsIn(ctx context.Context, namespace string) ([]policyv1.PodDisruptionBudget, error) {
	var budgets []policyv1.PodDisruptionBudget
	err := d.Options.request(ctx, func(ctx context.Context) error {
		return kube.ObjectsOf[policyv1.PodDisruptionBudget](d.Cluster, budgetResource, namespace).
			Each(ctx, metav1.ListOptions{}, func(b *policyv1.PodDisruptionBudget) error {
				budgets = append(budgets, *b)
				return nil
			})
	})
	return budgets, err
}

// daemonSets asks once for each DaemonSet that owns one of the pods. That it may not
// ask is an answer; other errors are not.
func (d *Drainer) daemonSets(ctx context.Context, pods []corev1.Pod) (DaemonSets, error) {
	sets := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "daemonsets"}
	answers := map[[2]string]error{}
	for i := range pods {
		namespace, name := pods[i].Namespace, daemonSetOf(&pods[i])
		if _, asked := answers[[2]string{namespace, name}]; asked || name == "" {
			continue
		}
		err := d.Options.request(ctx, func(ctx context.Context) error {
			_, err := kube.ObjectsOf[metav1.PartialObjectMetadata](d.Cluster, sets, namespace).Get(ctx, name)
			return err
		})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
			return nil, fmt.Errorf("DaemonSet %s/%s: %w", namespace, name, err)
		}
		answers[[2]string{namespace, name}] = err
	}
	return func(namespace, name string) error { return answers[[2]string{namespace, name}] }, nil
}
