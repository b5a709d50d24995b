package snapshot

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
)

// reader adds an object of one kind.
type reader func(*Snapshot, finding.Object, []byte) error

// reading makes a reader of what is to be done with the object once it is decoded.
func reading[T any](add func(*Snapshot, finding.Object, *T)) reader {
	return func(s *Snapshot, o finding.Object, raw []byte) error {
		in := new(T)
		if err := manifest.Decode(raw, in); err != nil {
			return err
		}
		add(s, o, in)
		return nil
	}
}

// workloads are how each kind of workload is read.
func workloads() map[string]reader {
	return map[string]reader{
		"Deployment": reading(func(s *Snapshot, o finding.Object, in *appsv1.Deployment) {
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: count(in.Spec.Replicas), Template: in.Spec.Template, Deployment: in}, in.Spec.Selector)
		}),
		"StatefulSet": reading(func(s *Snapshot, o finding.Object, in *appsv1.StatefulSet) {
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: count(in.Spec.Replicas), Template: in.Spec.Template}, in.Spec.Selector)
		}),
		"DaemonSet": reading(func(s *Snapshot, o finding.Object, in *appsv1.DaemonSet) {
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: -1, Template: in.Spec.Template}, in.Spec.Selector)
		}),
		"ReplicaSet": reading(func(s *Snapshot, o finding.Object, in *appsv1.ReplicaSet) {
			if !ownedBy(&in.ObjectMeta, "Deployment") {
				s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: count(in.Spec.Replicas), Template: in.Spec.Template}, in.Spec.Selector)
			}
		}),
		"Job": reading(func(s *Snapshot, o finding.Object, in *job) {
			if !ownedBy(&in.ObjectMeta, "CronJob") {
				s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: -1, Template: in.Spec.Template}, in.Spec.Selector)
			}
		}),
		"CronJob": reading(func(s *Snapshot, o finding.Object, in *cronJob) {
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: -1, Template: in.Spec.JobTemplate.Spec.Template}, nil)
		}),
		"Pod": reading((*Snapshot).addPod),
	}
}

// addPod adds a pod, which is a workload where no other controls it.
func (s *Snapshot) addPod(o finding.Object, in *corev1.Pod) {
	pod := &Pod{Object: o, Value: *in}
	s.Pods = append(s.Pods, pod)
	if controlled(&in.ObjectMeta) {
		return
	}
	s.addWorkload(&Workload{
		Object: o, Meta: in.ObjectMeta, Replicas: 1, Pods: []*Pod{pod},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: in.Labels, Annotations: in.Annotations}, Spec: in.Spec},
	}, nil)
}

func (s *Snapshot) addWorkload(w *Workload, selector *metav1.LabelSelector) {
	w.Selector = labels.Nothing()
	if selector != nil {
		if parsed, err := metav1.LabelSelectorAsSelector(selector); err == nil {
			w.Selector = parsed
		}
	}
	s.Workloads = append(s.Workloads, w)
}

// count is the API's default where no number is given.
func count(n *int32) int {
	if n == nil {
		return 1
	}
	return int(*n)
}

// ownedBy reports whether a workload belongs to one that is read itself. Those of kinds
// that are not, an Argo Rollout's ReplicaSet, stand for themselves.
func ownedBy(meta *metav1.ObjectMeta, kind string) bool {
	controller := metav1.GetControllerOf(meta)
	return controller != nil && controller.Kind == kind
}

func controlled(meta *metav1.ObjectMeta) bool { return metav1.GetControllerOf(meta) != nil }
