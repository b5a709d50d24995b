//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const (
	fleetPool       = "preempt"
	fleetReplicas   = 30 // pods of a Deployment
	fleetNamespaces = 50
	fleetBudgets    = 500 // Deployments that have a disruption budget
)

// newFleet fills a server with a pool of preemptible nodes, and pods of Deployments
// on them.
func newFleet(server *kubetest.Server, nodes, pods int) error {
	now := time.Now().Truncate(time.Second)
	for i := range nodes {
		started := metav1.NewTime(now.Add(-time.Duration(i%1200) * time.Minute)) // several in each minute of 20 hours
		node := kubetest.Node(fleetNode(i), func(n *corev1.Node) {
			n.CreationTimestamp, n.Status.Conditions[0].LastTransitionTime = started, started
			n.Spec.ProviderID = "gce://project/zone-a/" + n.Name
			n.Labels["cloud.google.com/gke-nodepool"], n.Labels["cloud.google.com/gke-preemptible"] = fleetPool, "true"
		})
		if err := server.Create(node); err != nil {
			return err
		}
	}
	for i := range pods {
		if err := server.Create(fleetPod(i, nodes, now)); err != nil {
			return err
		}
	}
	for i := range min(fleetBudgets, pods/fleetReplicas) {
		namespace, app := fleetApp(i)
		budget := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: app},
			Spec:   policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}},
			Status: policyv1.PodDisruptionBudgetStatus{CurrentHealthy: fleetReplicas, ExpectedPods: fleetReplicas, DesiredHealthy: 1, DisruptionsAllowed: fleetReplicas - 1}}
		if err := server.Create(budget); err != nil {
			return err
		}
	}
	return nil
}

func fleetNode(i int) string { return fmt.Sprintf("gke-main-preempt-1a2b3c4d-%04d", i) }

func fleetApp(i int) (namespace, name string) {
	return fmt.Sprintf("team-%02d", i%fleetNamespaces), fmt.Sprintf("service-%05d", i)
}

// fleetPod is a pod of 2 KB as protobuf: two containers, a volume, tolerations, and
// as much in annotations as the management of fields would take.
func fleetPod(i, nodes int, now time.Time) *corev1.Pod {
	namespace, app := fleetApp(i / fleetReplicas)
	set := app + "-7d4b9c6f5d"
	return kubetest.Pod(namespace, fmt.Sprintf("%s-%05d", set, i), kubetest.OnNode(fleetNode(i%nodes)), kubetest.Created(now.Add(-time.Minute)),
		kubetest.WithContainers("app", "proxy"), kubetest.WithRequests("100m", "128Mi"),
		kubetest.WithLabels("app", app, "pod-template-hash", "7d4b9c6f5d", "app.kubernetes.io/name", app, "app.kubernetes.io/version", "1.2.3"),
		kubetest.WithOwner("apps/v1", "ReplicaSet", set, set), kubetest.WithAnnotations("bench", strings.Repeat("x", 1000)),
		kubetest.With(func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
			for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
				p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: new(int64(300))})
			}
		}))
}
