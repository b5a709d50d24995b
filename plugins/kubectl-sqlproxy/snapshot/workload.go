package snapshot

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Workload is what makes pods: a Deployment, StatefulSet, DaemonSet, ReplicaSet that no
// Deployment has made, CronJob, Job that no CronJob has made, or a pod that nothing owns.
type Workload struct {
	finding.Object
	Meta metav1.ObjectMeta
	// Replicas is how many pods are wanted; -1 where no number says it.
	Replicas int
	Template corev1.PodTemplateSpec
	Selector labels.Selector
	// Deployment is nil for other kinds.
	Deployment *appsv1.Deployment
	// Pods are its pods. Of workloads without a proxy they are not known.
	Pods []*Pod
}

// RunsToEnd reports whether the pods are to end by themselves.
func (w *Workload) RunsToEnd() bool { return w.Kind == "Job" || w.Kind == "CronJob" }
