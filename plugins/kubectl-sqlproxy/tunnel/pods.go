package tunnel

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Target is the port that connections are led to.
type Target struct {
	Namespace string
	// Name is what messages call it: "deployment/sql-proxy".
	Name string
	// Selector selects its pods, in kubectl's syntax; or Pod is the only one.
	Selector, Pod string
	Port          int
}

// pods returns the names of the target's pods that are ready, sorted, and why others are
// not. The error is the API's status.
func (t *Target) pods(ctx context.Context, cluster *kube.Cluster) (ready []string, why string, err error) {
	opts := metav1.ListOptions{LabelSelector: t.Selector, Limit: 500}
	if t.Pod != "" {
		opts.FieldSelector = fields.OneTermEqualSelector("metadata.name", t.Pod).String()
	}
	list, err := cluster.Pods(t.Namespace).List(ctx, opts)
	if err != nil {
		return nil, "", fmt.Errorf("listing the pods of %s in namespace %s: %w", t.Name, t.Namespace, err)
	}
	var others []string
	for i := range list.Items {
		p := &list.Items[i]
		if reason := NotReady(p); reason != "" {
			others = append(others, fmt.Sprintf("pod %s %s", p.Name, reason))
		} else {
			ready = append(ready, p.Name)
		}
	}
	slices.Sort(ready)
	slices.Sort(others)
	const shown = 3
	switch {
	case len(others) > shown:
		why = fmt.Sprintf("%s; and %d more", strings.Join(others[:shown], "; "), len(others)-shown)
	case len(others) > 0:
		why = strings.Join(others, "; ")
	case len(ready) == 0:
		why = "it has no pods"
	}
	return ready, why, nil
}

// NotReady says why a pod does not serve; "" for one that does.
func NotReady(p *corev1.Pod) string {
	switch {
	case p.DeletionTimestamp != nil:
		return "is being deleted"
	case p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded:
		return strings.TrimSpace("has ended " + p.Status.Reason)
	}
	for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if w := c.State.Waiting; w != nil && w.Reason != "PodInitializing" {
			return withMessage("waits: "+w.Reason, w.Message)
		}
	}
	for _, condition := range p.Status.Conditions {
		switch {
		case condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue:
			return ""
		case condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse:
			return withMessage("is on no node", condition.Message)
		}
	}
	for _, c := range p.Status.ContainerStatuses {
		if c.State.Running != nil && !c.Ready {
			return fmt.Sprintf("is not ready: container %s has not passed its probes", c.Name)
		}
	}
	return "is not ready"
}

func withMessage(text, message string) string {
	if message == "" {
		return text
	}
	return text + ": " + message
}
