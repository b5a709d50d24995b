package snapshot

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
)

// workloads are how each kind of workload is read.
func workloads() map[string]func(*Snapshot, finding.Object, []byte) error {
	return map[string]func(*Snapshot, finding.Object, []byte) error{
		"Deployment": func(s *Snapshot, o finding.Object, raw []byte) error {
			var in appsv1.Deployment
			if err := manifest.Decode(raw, &in); err != nil {
				return err
			}
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: count(in.Spec.Replicas), Template: in.Spec.Template, Deployment: &in}, in.Spec.Selector)
			return nil
		},
		"StatefulSet": func(s *Snapshot, o finding.Object, raw []byte) error {
			var in appsv1.StatefulSet
			if err := manifest.Decode(raw, &in); err != nil {
				return err
			}
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: count(in.Spec.Replicas), Template: in.Spec.Template}, in.Spec.Selector)
			return nil
		},
		"DaemonSet": func(s *Snapshot, o finding.Object, raw []byte) error {
			var in appsv1.DaemonSet
			if err := manifest.Decode(raw, &in); err != nil {
				return err
			}
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: -1, Template: in.Spec.Template}, in.Spec.Selector)
			return nil
		},
		"ReplicaSet": func(s *Snapshot, o finding.Object, raw []byte) error {
			var in appsv1.ReplicaSet
			if err := manifest.Decode(raw, &in); err != nil || ownedBy(&in.ObjectMeta, "Deployment") {
				return err
			}
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: count(in.Spec.Replicas), Template: in.Spec.Template}, in.Spec.Selector)
			return nil
		},
		"Job": func(s *Snapshot, o finding.Object, raw []byte) error {
			var in job
			if err := manifest.Decode(raw, &in); err != nil || ownedBy(&in.ObjectMeta, "CronJob") {
				return err
			}
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: -1, Template: in.Spec.Template}, in.Spec.Selector)
			return nil
		},
		"CronJob": func(s *Snapshot, o finding.Object, raw []byte) error {
			var in cronJob
			if err := manifest.Decode(raw, &in); err != nil {
				return err
			}
			s.addWorkload(&Workload{Object: o, Meta: in.ObjectMeta, Replicas: -1, Template: in.Spec.JobTemplate.Spec.Template}, nil)
			return nil
		},
		"Pod": func(s *Snapshot, o finding.Object, raw []byte) error {
			var in corev1.Pod
			if err := manifest.Decode(raw, &in); err != nil {
				return err
			}
			pod := &Pod{Object: o, Value: in}
			s.Pods = append(s.Pods, pod)
			if controlled(&in.ObjectMeta) {
				return nil
			}
			s.addWorkload(&Workload{
				Object: o, Meta: in.ObjectMeta, Replicas: 1, Pods: []*Pod{pod},
				Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: in.Labels, Annotations: in.Annotations}, Spec: in.Spec},
			}, nil)
			return nil
		},
	}
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
