//go:build e2e

package e2e

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func daemonSet(name string, containers ...corev1.Container) *appsv1.DaemonSet {
	return &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DaemonSetSpec{
			Selector: realcluster.Selector(name),
			Template: realcluster.Template(name, corev1.RestartPolicyAlways, containers...),
		},
	}
}

func replicationController(name string, containers ...corev1.Container) *corev1.ReplicationController {
	template := realcluster.Template(name, corev1.RestartPolicyAlways, containers...)
	return &corev1.ReplicationController{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ReplicationController"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.ReplicationControllerSpec{Selector: map[string]string{"app": name}, Template: &template},
	}
}
