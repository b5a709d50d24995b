package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/roster"
)

const (
	// debugPrefix begins the names of ephemeral containers that mlogs makes.
	debugPrefix = "mlogs-"
	// debugTime is how long one may take to run: its image may have to be pulled.
	debugTime = 2 * time.Minute
	// debugScript keeps an ephemeral container as long as an agent works in it,
	// and for a minute more.
	debugScript = `n=0; while [ $n -lt 4 ]; do sleep 15; n=$((n+1)); grep -q "mlogs[-]" /proc/[0-9]*/cmdline 2>/dev/null && n=0; done; exit 0`
)

// debugContainer returns the name of an ephemeral container that shares the
// processes of a container and runs: one of an earlier mlogs, or a new one.
func (x *sources) debugContainer(ctx context.Context, e roster.Entry) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, debugTime, fmt.Errorf("it does not run after %s", debugTime))
	defer cancel()
	pods := e.Cluster.Pods(e.Pod.Namespace)
	pod, err := pods.Get(ctx, e.Pod.Name)
	if err != nil {
		return "", err
	}
	if pod.Spec.ShareProcessNamespace != nil && *pod.Spec.ShareProcessNamespace {
		return "", errors.New("the pod's containers share their processes, and process 1 is none of theirs")
	}
	image := x.stream.debugImage
	if name := runningDebug(pod, e.Container.Name, image); name != "" {
		return name, nil
	}
	add := newDebug(pod, e.Container.Name, image)
	if err := e.Cluster.AddEphemeralContainer(ctx, pod.Namespace, pod.Name, add); err != nil {
		if apierrors.IsForbidden(err) {
			return "", fmt.Errorf("%w; --debug-image takes the right to patch pods/ephemeralcontainers", err)
		}
		return "", err
	}
	x.stream.notices.Printf("%s/%s/%s has no shell: its files are read through the ephemeral container %s, which ends by itself and stays in the pod's spec",
		pod.Namespace, pod.Name, e.Container.Name, add.Name)
	return add.Name, awaitDebug(ctx, e.Cluster, pod, add.Name)
}

// newDebug describes the ephemeral container. It has the user and the rights of
// the other one: with others it might not see its files, or not be admitted.
func newDebug(pod *corev1.Pod, target, image string) *corev1.EphemeralContainer {
	add := &corev1.EphemeralContainer{TargetContainerName: target}
	add.Name = debugPrefix + strings.ToLower(rand.Text()[:5])
	add.Image, add.ImagePullPolicy = image, corev1.PullIfNotPresent
	add.Command = []string{"sh", "-c", debugScript}
	for i := range pod.Spec.Containers {
		if c := &pod.Spec.Containers[i]; c.Name == target && c.SecurityContext != nil {
			add.SecurityContext = c.SecurityContext.DeepCopy()
		}
	}
	return add
}

// runningDebug finds one that an earlier mlogs has made.
func runningDebug(pod *corev1.Pod, target, image string) string {
	for i := range pod.Spec.EphemeralContainers {
		c := &pod.Spec.EphemeralContainers[i]
		if !isDebug(c.Name) || c.TargetContainerName != target || c.Image != image {
			continue
		}
		for _, s := range pod.Status.EphemeralContainerStatuses {
			if s.Name == c.Name && s.State.Running != nil {
				return c.Name
			}
		}
	}
	return ""
}

func isDebug(container string) bool { return strings.HasPrefix(container, debugPrefix) }

// awaitDebug waits until the ephemeral container runs. The error says what its
// status says.
func awaitDebug(ctx context.Context, c *kube.Cluster, pod *corev1.Pod, name string) error {
	for {
		now, err := c.Pods(pod.Namespace).Get(ctx, pod.Name)
		if err != nil {
			return err
		}
		reason := "the kubelet has not begun"
		for _, s := range now.Status.EphemeralContainerStatuses {
			switch {
			case s.Name != name:
			case s.State.Running != nil:
				return nil
			case s.State.Terminated != nil:
				return fmt.Errorf("it has ended with code %d (%s)", s.State.Terminated.ExitCode, s.State.Terminated.Reason)
			case s.State.Waiting != nil:
				reason = s.State.Waiting.Reason + " " + s.State.Waiting.Message
				if strings.Contains(s.State.Waiting.Reason, "InvalidImageName") || strings.Contains(s.State.Waiting.Reason, "ImagePull") {
					return fmt.Errorf("its image cannot be had: %s", reason)
				}
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%s)", context.Cause(ctx), strings.TrimSpace(reason))
		case <-time.After(500 * time.Millisecond):
		}
	}
}
