package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/tunnel"
)

const (
	// testPatience is how long a throw-away pod may take, its image's pull included.
	testPatience = 90 * time.Second
	// deletePatience is how long its deletion may take, which Ctrl-C does not stop.
	deletePatience = 15 * time.Second
	testLogBytes   = 64 << 10
	testLines      = 20
)

// test has a throw-away pod of a proxy's template try its instances.
func (l *liveLook) test(ctx context.Context, p *snapshot.Proxy) {
	result, reason := l.try(ctx, p)
	if result == nil {
		l.miss("ConnectionTest", "connections of "+kubectlName(p.Workload), p.Namespace, reason)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snapshot.Tests = append(l.snapshot.Tests, result)
}

// try returns the result, or why there is none.
func (l *liveLook) try(ctx context.Context, p *snapshot.Proxy) (*snapshot.ConnectionTest, string) {
	pod, reason := testPod(p)
	if pod == nil {
		return nil, reason
	}
	pods := kube.ObjectsOf[corev1.Pod](l.cluster, schema.GroupVersionResource{Version: "v1", Resource: "pods"}, p.Namespace)
	l.notices.Printf("trying the instances of %s in a throw-away pod, %s/%s", kubectlName(p.Workload), p.Namespace, pod.Name)
	// Whatever Create returns, the pod may be there.
	defer l.remove(ctx, p.Namespace, pod.Name)
	if _, err := pods.Create(ctx, pod); err != nil {
		return nil, fmt.Sprintf("no throw-away pod: %v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	why := "it did not start"
	for {
		lines := l.testLog(ctx, p.Namespace, pod)
		if verdict(lines, "Connection test passed") {
			return &snapshot.ConnectionTest{Workload: p.Object, Passed: true, Lines: lines}, ""
		}
		now, err := l.cluster.Pods(p.Namespace).Get(ctx, pod.Name)
		switch {
		case verdict(lines, "Connection test failed") || err == nil && hasEnded(now):
			// Between the log and the end more may have been said.
			if again := l.testLog(ctx, p.Namespace, pod); len(again) > 0 {
				lines = again
			}
			return &snapshot.ConnectionTest{Workload: p.Object, Lines: lines}, ""
		case err == nil && len(lines) == 0:
			why = "it " + orElse(tunnel.NotReady(now), "says nothing")
		case len(lines) > 0:
			why = "it says no result, and last: " + lines[len(lines)-1]
		case ctx.Err() == nil:
			why = err.Error()
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Sprintf("no result within %s of the throw-away pod: %s", testPatience, why)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// remove deletes the pod, after Ctrl-C, too.
func (l *liveLook) remove(ctx context.Context, namespace, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deletePatience)
	defer cancel()
	err := l.cluster.Pods(namespace).Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
		l.notices.Printf("the throw-away pod is left: %v; kubectl delete pod -n %s %s", err, namespace, name)
	}
}

// testLog is the end of what the pod has said; none where it has not begun.
func (l *liveLook) testLog(ctx context.Context, namespace string, pod *corev1.Pod) []string {
	tail := int64(10 * testLines)
	log, err := l.cluster.OpenLog(ctx, namespace, pod.Name, &corev1.PodLogOptions{Container: pod.Spec.Containers[0].Name, TailLines: &tail})
	if err != nil {
		return nil
	}
	defer log.Close()
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(log, testLogBytes))
	for scanner.Scan() {
		lines = append(lines, scanner.Text()[:min(len(scanner.Text()), 1000)])
	}
	return lines[max(0, len(lines)-testLines):]
}

func verdict(lines []string, text string) bool {
	for _, line := range lines {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}

// hasEnded reports whether the pod's first container has: a mesh's may go on.
func hasEnded(pod *corev1.Pod) bool {
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == pod.Spec.Containers[0].Name && c.State.Terminated != nil {
			return true
		}
	}
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
