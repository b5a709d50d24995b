package kubetest

import (
	"maps"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
)

// kubelet knows the containers that have logs, by pod and name.
type kubelet struct {
	mu   sync.Mutex
	pods map[string]map[string]*Container
}

func newKubelet() *kubelet { return &kubelet{pods: map[string]map[string]*Container{}} }

func (k *kubelet) container(s *Server, namespace, pod, name string) *Container {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := objectKey(namespace, pod)
	if k.pods[key] == nil {
		k.pods[key] = map[string]*Container{}
	}
	c := k.pods[key][name]
	if c == nil {
		c = &Container{srv: s, namespace: namespace, pod: pod, name: name, run: newLogRun(""), seen: map[string]bool{}, readers: map[*logReader]struct{}{}}
		k.pods[key][name] = c
	}
	return c
}

// containersOf lists a pod's containers; with forget they are gone for those
// who ask later.
func (k *kubelet) containersOf(pod string, forget bool) []*Container {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := slices.Collect(maps.Values(k.pods[pod]))
	if forget {
		delete(k.pods, pod)
	}
	return out
}

// observe follows the pods' objects: scripts may change container states
// there. It is called under the store's lock.
func (k *kubelet) observe(r Resource, c change) {
	if r.Plural != "pods" || r.Group != "" {
		return
	}
	gone := c.kind == watch.Deleted
	for _, container := range k.containersOf(c.obj.key, gone) {
		if gone {
			container.end()
		} else {
			container.sync(c.obj.data)
		}
	}
}

// sync takes over what a pod's status says: a new container ID is a new
// instance, a terminated state ends the log.
func (c *Container) sync(pod map[string]any) {
	status := containerStatus(pod, c.name)
	id := text(status, "containerID")
	last := text(status, "lastState", "terminated", "containerID")
	c.mu.Lock()
	defer c.mu.Unlock()
	if last != "" && !c.seen[last] {
		c.seen[last] = true
		if c.prev == nil && c.run.id == "" {
			c.prev = newLogRun(last)
			c.prev.ended = true
		}
	}
	switch {
	case id == "":
	case !c.bound:
		c.run.id, c.seen[id], c.bound = id, true, true
	case !c.seen[id]:
		c.switchRun(id)
	}
	if at(status, "state", "terminated") != nil && id == c.run.id {
		c.run.ended = true
		c.wake()
	}
}

// switchRun ends the present instance's log and begins another. Only one
// previous log is kept, as the kubelet keeps one dead container. c.mu is held.
func (c *Container) switchRun(id string) {
	c.run.ended = true
	c.prev, c.run, c.crashed = c.run, newLogRun(id), false
	c.seen[id] = true
	c.wake()
}

// containerStatus is a container's status in a pod, of any sort; nil if none.
func containerStatus(pod map[string]any, name string) map[string]any {
	for _, list := range []string{"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"} {
		statuses, _ := at(pod, "status", list).([]any)
		for _, s := range statuses {
			if m, ok := s.(map[string]any); ok && text(m, "name") == name {
				return m
			}
		}
	}
	return nil
}

// pick is the run whose log a request gets. Texts are those of the kubelet's
// validateContainerLogStatus; the API server hands them on as 400.
func (c *Container) pick(pod map[string]any, previous bool) (*logRun, error) {
	status := containerStatus(pod, c.name)
	c.mu.Lock()
	defer c.mu.Unlock()
	name := text(pod, "metadata", "name")
	fail := func(format string, args ...any) error {
		return apierrors.NewBadRequest(sprintf(format, append([]any{c.name, name}, args...)...))
	}
	switch {
	case status == nil:
		return nil, fail("container %q in pod %q is not available")
	case previous && c.crashed:
		return c.run, nil
	case previous && c.prev != nil:
		return c.prev, nil
	case previous:
		return nil, fail("previous terminated container %q in pod %q not found")
	case c.run.id != "":
		return c.run, nil
	case c.prev != nil:
		return c.prev, nil
	}
	switch reason := text(status, "state", "waiting", "reason"); {
	case at(status, "state", "waiting") == nil:
		return nil, fail("container %q in pod %q is waiting to start - no logs yet")
	case reason == "ErrImagePull":
		return nil, fail("container %q in pod %q is waiting to start: image can't be pulled")
	case reason == "ImagePullBackOff":
		return nil, fail("container %q in pod %q is waiting to start: trying and failing to pull image")
	default:
		return nil, fail("container %q in pod %q is waiting to start: %v", reason)
	}
}
