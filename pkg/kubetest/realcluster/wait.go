package realcluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pollEvery is the time between two looks at a condition.
const pollEvery = 150 * time.Millisecond

// Until waits until ok returns nil, and fails the test with its last error when
// limit is over.
func (n *Namespace) Until(what string, limit time.Duration, ok func() error) {
	n.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("not within %s: %s: %v", limit, what, err)
		}
		time.Sleep(pollEvery)
	}
}

// podTime is how long a pod may take to get somewhere.
const podTime = 4 * time.Minute

// Pods returns the pods that a label selector selects; "" selects all.
func (n *Namespace) Pods(selector string) ([]corev1.Pod, error) {
	// Not the test's own context, which has ended when a test cleans up.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	list, err := n.Cluster.Pods(n.Name).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// UntilPods waits until count pods of the selector exist and ok holds for each.
func (n *Namespace) UntilPods(what, selector string, count int, ok func(*corev1.Pod) bool) []corev1.Pod {
	n.t.Helper()
	var pods []corev1.Pod
	n.Until(what, podTime, func() (err error) {
		if pods, err = n.Pods(selector); err != nil {
			return err
		}
		var left []string
		for i := range pods {
			if !ok(&pods[i]) {
				left = append(left, fmt.Sprintf("%s is %s", pods[i].Name, stateOf(&pods[i])))
			}
		}
		if len(left) > 0 || len(pods) != count {
			return fmt.Errorf("%d pods, want %d; %s", len(pods), count, strings.Join(left, ", "))
		}
		return nil
	})
	return pods
}

// Running waits until count pods of the selector run and are ready.
func (n *Namespace) Running(selector string, count int) []corev1.Pod {
	n.t.Helper()
	return n.UntilPods("running pods", selector, count, Ready)
}

// Gone waits until there are no pods of the selector any more.
func (n *Namespace) Gone(selector string) {
	n.t.Helper()
	n.UntilPods("no pods", selector, 0, func(*corev1.Pod) bool { return false })
}

// Ready reports whether a pod is ready and not about to go.
func Ready(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
			return p.DeletionTimestamp == nil
		}
	}
	return false
}

// Ended reports whether a pod has succeeded or failed.
func Ended(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// Restarts returns how often the pod's containers have been restarted.
func Restarts(p *corev1.Pod) int {
	total := 0
	for _, s := range p.Status.ContainerStatuses {
		total += int(s.RestartCount)
	}
	return total
}

// stateOf says where a pod stands, with the reason why a container waits.
func stateOf(p *corev1.Pod) string {
	state := string(p.Status.Phase)
	for _, s := range p.Status.ContainerStatuses {
		if w := s.State.Waiting; w != nil {
			state += " (" + s.Name + ": " + w.Reason + " " + w.Message + ")"
		}
	}
	return state
}
