package kube

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

// podStore turns what a reflector writes into PodEvents: it keeps the selected
// pods so that a list after a lost watch yields the deletions in between.
type podStore struct {
	ctx    context.Context
	match  matcher
	emit   func(PodEvent)
	synced func(listed []string) // called after each complete list, with the names of all pods in it

	mu    sync.Mutex
	known map[types.UID]*Pod
}

var _ cache.TransformingStore = (*podStore)(nil)

func newPodStore(ctx context.Context, match matcher, emit func(PodEvent), synced func([]string)) *podStore {
	return &podStore{ctx: ctx, match: match, emit: emit, synced: synced, known: map[types.UID]*Pod{}}
}

// Transformer keeps a streamed initial list small.
func (s *podStore) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		if pod, ok := object.(*corev1.Pod); ok {
			return slim(pod), nil
		}
		return object, nil
	}
}

// Add takes a new pod from the watch.
func (s *podStore) Add(object any) error { return s.Update(object) }

// Update takes a changed pod from the watch.
func (s *podStore) Update(object any) error {
	if pod, ok := object.(*corev1.Pod); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.apply(newPod(pod))
	}
	return nil
}

// Delete takes the last state of a pod that is gone.
func (s *podStore) Delete(object any) error {
	if pod, ok := object.(*corev1.Pod); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remove(newPod(pod))
	}
	return nil
}

// Replace takes a complete list. Deletions are told first, so that a pod that
// was recreated under its name is seen to go before it comes.
func (s *podStore) Replace(objects []any, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pods := make([]*Pod, 0, len(objects))
	listed := make(map[types.UID]bool, len(objects))
	names := make([]string, 0, len(objects))
	for _, object := range objects {
		if pod, ok := object.(*corev1.Pod); ok {
			pods = append(pods, newPod(pod))
			listed[pod.UID] = true
			names = append(names, pod.Name)
		}
	}
	for uid, pod := range s.known {
		if !listed[uid] {
			s.remove(pod)
		}
	}
	for _, pod := range pods {
		s.apply(pod)
	}
	s.synced(names)
	return nil
}

// Resync is part of the interface; there is nothing to repeat here.
func (s *podStore) Resync() error { return nil }

func (s *podStore) apply(pod *Pod) {
	if s.known[pod.UID] == nil && !s.selected(pod) {
		return
	}
	s.known[pod.UID] = pod
	s.emit(PodEvent{Type: PodApplied, Pod: pod})
}

func (s *podStore) remove(pod *Pod) {
	if s.known[pod.UID] == nil {
		return
	}
	delete(s.known, pod.UID)
	s.emit(PodEvent{Type: PodDeleted, Pod: pod})
}

// selected asks the matcher, again after a pause while the API cannot answer:
// to give up would be to lose the pod, since its next event may be hours away.
func (s *podStore) selected(pod *Pod) bool {
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		ok, err := s.match(s.ctx, pod)
		if err == nil {
			return ok
		}
		s.emit(PodEvent{Type: PodTrouble, Pod: pod, Err: err})
		select {
		case <-s.ctx.Done():
			return false
		case <-time.After(pause):
		}
	}
}

// slim is the part of a pod that newPod reads.
func slim(pod *corev1.Pod) *corev1.Pod {
	thin := &corev1.Pod{
		TypeMeta: pod.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID, ResourceVersion: pod.ResourceVersion,
			Labels: pod.Labels, OwnerReferences: pod.OwnerReferences, DeletionTimestamp: pod.DeletionTimestamp,
		},
		Spec: corev1.PodSpec{NodeName: pod.Spec.NodeName},
		Status: corev1.PodStatus{
			Phase:                      pod.Status.Phase,
			InitContainerStatuses:      pod.Status.InitContainerStatuses,
			ContainerStatuses:          pod.Status.ContainerStatuses,
			EphemeralContainerStatuses: pod.Status.EphemeralContainerStatuses,
		},
	}
	for i := range pod.Spec.InitContainers {
		thin.Spec.InitContainers = append(thin.Spec.InitContainers, corev1.Container{Name: pod.Spec.InitContainers[i].Name})
	}
	for i := range pod.Spec.Containers {
		thin.Spec.Containers = append(thin.Spec.Containers, corev1.Container{Name: pod.Spec.Containers[i].Name})
	}
	for i := range pod.Spec.EphemeralContainers {
		thin.Spec.EphemeralContainers = append(thin.Spec.EphemeralContainers, corev1.EphemeralContainer{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: pod.Spec.EphemeralContainers[i].Name}})
	}
	return thin
}
