package kubetest

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Deployment is a Deployment with its ReplicaSets and Pods, as the controllers
// would have made them. It changes only by its methods; errors of the script
// (a name twice) fail the test. Its methods are for one goroutine.
type Deployment struct {
	Namespace, Name string

	srv      *Server
	opts     []PodOption
	object   *appsv1.Deployment
	current  *appsv1.ReplicaSet
	revision int
	pods     []string
}

// Deployment makes a Deployment with replicas running pods, its ReplicaSet
// between them. The pods carry the label app=<name> beside what opts say.
func (s *Server) Deployment(namespace, name string, replicas int, opts ...PodOption) *Deployment {
	d := &Deployment{Namespace: namespace, Name: name, srv: s, opts: opts}
	labels := map[string]string{"app": name}
	d.object = &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels, Generation: 1},
		Spec: appsv1.DeploymentSpec{Replicas: new(int32(replicas)), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: templateOf(labels, opts)},
		Status: deploymentStatus(replicas),
	}
	s.Must(s.Create(d.object))
	d.newReplicaSet(replicas)
	for range replicas {
		d.addPod()
	}
	return d
}

func deploymentStatus(n int) appsv1.DeploymentStatus {
	return appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: int32(n), ReadyReplicas: int32(n), UpdatedReplicas: int32(n), AvailableReplicas: int32(n)}
}

// templateOf is the pod template that opts make.
func templateOf(labels map[string]string, opts []PodOption) corev1.PodTemplateSpec {
	pod := Pod("", "", opts...)
	pod.Spec.NodeName = ""
	all := map[string]string{}
	maps.Copy(all, labels)
	maps.Copy(all, pod.Labels)
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: all, Annotations: pod.Annotations}, Spec: pod.Spec}
}

func (d *Deployment) newReplicaSet(replicas int) {
	d.revision++
	hash := templateHash(d.Name, d.revision)
	template := *d.object.Spec.Template.DeepCopy()
	template.Labels["pod-template-hash"] = hash
	labels := maps.Clone(d.object.Spec.Selector.MatchLabels)
	labels["pod-template-hash"] = hash
	d.current = &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name + "-" + hash, Labels: labels, Generation: 1,
			Annotations:     map[string]string{"deployment.kubernetes.io/revision": strconv.Itoa(d.revision)},
			OwnerReferences: []metav1.OwnerReference{ownerRef("apps/v1", "Deployment", d.Name, string(d.object.UID))}},
		Spec:   appsv1.ReplicaSetSpec{Replicas: new(int32(replicas)), Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template},
		Status: appsv1.ReplicaSetStatus{ObservedGeneration: 1, Replicas: int32(replicas), ReadyReplicas: int32(replicas), AvailableReplicas: int32(replicas)},
	}
	d.srv.Must(d.srv.Create(d.current))
}

// templateHash is like Kubernetes' pod-template-hash in looks.
func templateHash(name string, revision int) string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", name, revision)
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	out, sum := []byte{}, h.Sum32()
	for range 9 {
		out = append(out, letters[sum%27])
		sum = sum/27 + sum<<5
	}
	return string(out)
}

// addPod makes one pod of the current ReplicaSet and returns its name.
func (d *Deployment) addPod() string {
	opts := append(slices.Clone(d.opts),
		WithLabels("app", d.Name, "pod-template-hash", d.current.Labels["pod-template-hash"]),
		WithOwner("apps/v1", "ReplicaSet", d.current.Name, string(d.current.UID)))
	pod := Pod(d.Namespace, d.current.Name+"-"+nameSuffix(), opts...)
	d.srv.Must(d.srv.Create(pod))
	d.pods = append(d.pods, pod.Name)
	return pod.Name
}

// Pods are the names of the pods, oldest first.
func (d *Deployment) Pods() []string { return slices.Clone(d.pods) }

// Containers are the named container's logs of all pods, in the order of Pods.
func (d *Deployment) Containers(name string) []*Container {
	var out []*Container
	for _, pod := range d.pods {
		out = append(out, d.srv.Container(d.Namespace, pod, name))
	}
	return out
}

// Scale adds pods, or removes the youngest, until there are replicas.
func (d *Deployment) Scale(replicas int) {
	for len(d.pods) < replicas {
		d.addPod()
	}
	for len(d.pods) > replicas {
		last := len(d.pods) - 1
		d.srv.Must(d.srv.DeletePod(d.Namespace, d.pods[last]))
		d.pods = d.pods[:last]
	}
	d.object.Spec.Replicas, d.object.Status = new(int32(replicas)), deploymentStatus(replicas)
	d.current.Spec.Replicas, d.current.Status.Replicas = new(int32(replicas)), int32(replicas)
	d.current.Status.ReadyReplicas, d.current.Status.AvailableReplicas = int32(replicas), int32(replicas)
	d.srv.Must(d.srv.Update(d.object, d.current))
}

// Rollout makes a new ReplicaSet and replaces the pods one by one, each new one
// before an old one goes. step, when not nil, is called after each pod with
// the old and the new name.
func (d *Deployment) Rollout(step func(old, new string)) {
	old, n := d.current, len(d.pods)
	d.newReplicaSet(n)
	for range n {
		fresh := d.addPod()
		gone := d.pods[0]
		d.pods = d.pods[1:]
		d.srv.Must(d.srv.DeletePod(d.Namespace, gone))
		if step != nil {
			step(gone, fresh)
		}
	}
	old.Spec.Replicas, old.Status = new(int32(0)), appsv1.ReplicaSetStatus{ObservedGeneration: 1}
	d.srv.Must(d.srv.Update(old))
}

// Replace deletes a pod and makes another in its place, as when it was deleted
// or evicted; it returns the new name. A pod that is gone already is replaced
// too.
func (d *Deployment) Replace(pod string) string {
	if err := d.srv.DeletePod(d.Namespace, pod); !isNotFound(err) {
		d.srv.Must(err)
	}
	d.pods = slices.DeleteFunc(d.pods, func(name string) bool { return name == pod })
	return d.addPod()
}
