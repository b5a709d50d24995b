package pool

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// String is the owner for people: "Deployment shop/web".
func (o Owner) String() string { return o.Kind + " " + o.Namespace + "/" + o.Name }

// ownerOf finds the workload of a pod without asking the server: a Deployment names
// its ReplicaSets NAME-HASH, and labels the pods with the hash; an Argo Rollout has
// a label of its own for it. Pods that nobody, or only their node, made have none.
func ownerOf(pod *corev1.Pod) (Owner, bool) {
	ref := metav1.GetControllerOfNoCopy(pod)
	if ref == nil || (ref.Kind == "Node" && ref.APIVersion == "v1") {
		return Owner{}, false
	}
	o := Owner{APIVersion: ref.APIVersion, Kind: ref.Kind, Namespace: pod.Namespace, Name: ref.Name}
	if o.Kind != "ReplicaSet" {
		return o, true
	}
	if name, ok := withoutHash(ref.Name, pod.Labels["rollouts-pod-template-hash"]); ok {
		return Owner{"argoproj.io/v1alpha1", "Rollout", pod.Namespace, name}, true
	}
	if name, ok := withoutHash(ref.Name, pod.Labels["pod-template-hash"]); ok {
		o.Kind, o.Name = "Deployment", name
	}
	return o, true
}

// withoutHash cuts the hash off a ReplicaSet's name.
func withoutHash(set, hash string) (name string, ok bool) {
	if hash == "" {
		return "", false
	}
	name, ok = strings.CutSuffix(set, "-"+hash)
	return name, ok && name != ""
}
