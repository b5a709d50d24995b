//go:build e2e

package e2e

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// template is that of pods which run on the pool only, spread over its nodes.
func (p *gkePool) template(app string) corev1.PodTemplateSpec {
	template := realcluster.Template(app, corev1.RestartPolicyAlways, realcluster.Container("app", realcluster.BusyboxImage, "sleep", "inf"))
	spec := &template.Spec
	spec.NodeSelector = map[string]string{poolLabel: p.name}
	spec.Tolerations = []corev1.Toleration{{Key: taintKey, Operator: corev1.TolerationOpExists}}
	spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
		MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: realcluster.Selector(app),
	}}
	return template
}

func (p *gkePool) deployment(app string, replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: realcluster.Selector(app), Template: p.template(app)},
	}
}

func (p *gkePool) statefulSet(app string, replicas int32) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"},
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, Selector: realcluster.Selector(app), ServiceName: app,
			PodManagementPolicy: appsv1.ParallelPodManagement, Template: p.template(app),
		},
	}
}

func (p *gkePool) daemonSet(app string) *appsv1.DaemonSet {
	return &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec:       appsv1.DaemonSetSpec{Selector: realcluster.Selector(app), Template: p.template(app)},
	}
}

// budget is a PodDisruptionBudget for an app's pods; one of the values is "".
func budget(app, minAvailable, maxUnavailable string) *policyv1.PodDisruptionBudget {
	b := &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: realcluster.Selector(app)},
	}
	if minAvailable != "" {
		b.Spec.MinAvailable = new(intstr.Parse(minAvailable))
	}
	if maxUnavailable != "" {
		b.Spec.MaxUnavailable = new(intstr.Parse(maxUnavailable))
	}
	return b
}

// counted waits until the disruption controller has counted the app's pods.
func counted(ns *realcluster.Namespace, app string, pods int) {
	ns.Until("the budget's count", podTime, func() error {
		got := ns.Kubectl("get", "pdb", app, "-n", ns.Name, "-o", "jsonpath={.status.expectedPods}/{.status.currentHealthy}")
		if want := fmt.Sprintf("%d/%d", pods, pods); got != want {
			return fmt.Errorf("%s, want %s", got, want)
		}
		return nil
	})
}
