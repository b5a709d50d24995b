package install

import (
	"context"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Wait says how something is waited for.
type Wait struct {
	Timeout time.Duration
	// Pause is the time between two looks; 0 is a second.
	Pause time.Duration
	// Report is told how it stands, each time that has changed.
	Report func(string)
}

// Failed is a rollout that does not come to its end.
type Failed struct {
	Why   string // a sentence without its end
	Stand string // how it stood
}

// Error says both.
func (f *Failed) Error() string {
	if f.Stand == "" {
		return f.Why
	}
	return f.Why + ": " + f.Stand
}

// Rollout waits until every pod of the plan's Deployments is one of the template that
// was applied, and is available. The error is a *Failed when that does not come, that of
// ctx, or the API's status.
func (p *Plan) Rollout(ctx context.Context, c *kube.Cluster, w Wait) error {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Kind != "Deployment" || s.Action == Remove || s.Action == Keep {
			continue
		}
		err := w.until(ctx, func(ctx context.Context) (string, bool, error) { return rollout(ctx, c, s.Object) })
		if err != nil {
			return err
		}
	}
	return nil
}

// until looks until it is done. An API that is away for a while is no end.
func (w Wait) until(ctx context.Context, look func(context.Context) (stand string, done bool, err error)) error {
	limited, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	pause := w.Pause
	if pause == 0 {
		pause = time.Second
	}
	last := ""
	for {
		stand, done, err := look(limited)
		switch failed := (*Failed)(nil); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && (asFailed(err, &failed) || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err)):
			return err
		case err != nil && limited.Err() == nil:
			stand = "the cluster does not answer, trying again: " + err.Error()
		case done:
			return nil
		}
		if stand != "" && stand != last {
			w.Report(stand)
			last = stand
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limited.Done():
			return &Failed{Why: fmt.Sprintf("after %v it is not done", w.Timeout), Stand: last}
		case <-time.After(pause):
		}
	}
}

func asFailed(err error, into **Failed) bool {
	f, ok := err.(*Failed)
	*into = f
	return ok
}

// rollout looks at a Deployment, as kubectl rollout status does.
func rollout(ctx context.Context, c *kube.Cluster, o Object) (string, bool, error) {
	k, _ := kindOf(o.APIVersion, o.Kind)
	d, err := kube.ObjectsOf[appsv1.Deployment](c, k.resource(), o.Namespace).Get(ctx, o.Name)
	if err != nil {
		return "", false, err
	}
	if d.Status.ObservedGeneration < d.Generation {
		return "the Deployment's controller has not seen it yet", false, nil
	}
	want := int32(1)
	if d.Spec.Replicas != nil {
		want = *d.Spec.Replicas
	}
	st := &d.Status
	if st.UpdatedReplicas >= want && st.Replicas == st.UpdatedReplicas && st.AvailableReplicas == st.UpdatedReplicas {
		return "", true, nil
	}
	stand := fmt.Sprintf("%d of %d available", min(st.AvailableReplicas, st.UpdatedReplicas), want)
	if old := st.Replicas - st.UpdatedReplicas; old > 0 {
		stand += fmt.Sprintf(", %d of before still there", old)
	}
	waits, err := podWaits(ctx, c, d)
	if err != nil {
		return "", false, err
	}
	stand += waits
	for _, condition := range st.Conditions {
		switch {
		case condition.Type == appsv1.DeploymentReplicaFailure && condition.Status == corev1.ConditionTrue:
			stand += "; pods cannot be made: " + condition.Message
		case condition.Type == appsv1.DeploymentProgressing && condition.Reason == "ProgressDeadlineExceeded":
			return stand, false, &Failed{Why: "the rollout makes no progress any more", Stand: stand}
		}
	}
	return stand, false, nil
}

// mostPods is how many pods are told of at a time.
const mostPods = 4

// podWaits says what the pods of a Deployment wait for.
func podWaits(ctx context.Context, c *kube.Cluster, d *appsv1.Deployment) (string, error) {
	pods, err := c.Pods(d.Namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(d.Spec.Selector), Limit: 100})
	if apierrors.IsForbidden(err) {
		return "; what the pods wait for may not be looked at", nil
	}
	if err != nil {
		return "", err
	}
	var all []string
	for i := range pods.Items {
		if why := waitsFor(&pods.Items[i], d.Spec.MinReadySeconds); why != "" {
			all = append(all, fmt.Sprintf("; pod %s %s", pods.Items[i].Name, why))
		}
	}
	if more := len(all) - mostPods; more > 0 {
		all = append(all[:mostPods], fmt.Sprintf("; and %d more", more))
	}
	return strings.Join(all, ""), nil
}

// waitsFor says what keeps a pod from being available; "" where nothing does, and of one
// that is on its way out.
func waitsFor(pod *corev1.Pod, minReady int32) string {
	if pod.DeletionTimestamp != nil {
		return ""
	}
	for _, condition := range pod.Status.Conditions {
		switch {
		case condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse:
			return "has no node: " + condition.Message
		case condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue:
			if time.Since(condition.LastTransitionTime.Time) < time.Duration(minReady)*time.Second {
				return fmt.Sprintf("is ready, and has to stay so for %d s", minReady)
			}
			return ""
		}
	}
	for _, list := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range list {
			if why := containerWaits(&list[i]); why != "" {
				return why
			}
		}
	}
	return "is " + strings.ToLower(string(pod.Status.Phase))
}

func containerWaits(st *corev1.ContainerStatus) string {
	ended := func(t *corev1.ContainerStateTerminated) string {
		return fmt.Sprintf("has ended with exit code %d (%s)", t.ExitCode, t.Reason)
	}
	switch {
	case st.State.Waiting != nil:
		text := "waits: " + st.State.Waiting.Reason
		if st.State.Waiting.Message != "" && st.LastTerminationState.Terminated == nil {
			text += ": " + st.State.Waiting.Message
		}
		if last := st.LastTerminationState.Terminated; last != nil {
			text += fmt.Sprintf("; %s %s", st.Name, ended(last))
		}
		return st.Name + " " + text
	case st.State.Terminated != nil && (st.State.Terminated.ExitCode != 0 || st.RestartCount > 0):
		return st.Name + " " + ended(st.State.Terminated)
	case st.State.Running != nil && st.Started != nil && !*st.Started:
		return st.Name + " runs, and its startup probe has not passed"
	case st.State.Running != nil && !st.Ready:
		return st.Name + " runs, and is not ready"
	}
	return ""
}
