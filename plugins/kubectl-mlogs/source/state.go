package source

import (
	"sync"

	"github.com/kubechores/kubechores/pkg/kube"
)

// State is the newest that is known of a container. The pod watch writes it,
// the container's reader reads it and is woken by changes.
type State struct {
	mu      sync.Mutex
	now     Snapshot
	version uint64
	changed chan struct{}
}

// Snapshot is one look at a State.
type Snapshot struct {
	kube.Container
	// Gone: the pod does not exist any more; its logs cannot be had.
	Gone bool
	// Lost: kubelet does not know any more what became of the instance.
	Lost bool
	// Final: the container will not be started again.
	Final bool
}

// NewState starts with what is known now.
func NewState(now Snapshot) *State {
	return &State{now: now, changed: make(chan struct{})}
}

// Set replaces what is known by what the pod said at version (kube.Pod.Version).
// Older news than the newest are ignored: the watch may be behind a direct look.
func (s *State) Set(now Snapshot, version uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if version >= s.version {
		s.version = version
		s.set(now)
	}
}

func (s *State) set(now Snapshot) {
	if now.ID == "" { // kubelet has lost the container (ContainerStatusUnknown): its last instance is over
		now.ID, now.Restarts, now.Ended, now.Lost = s.now.ID, s.now.Restarts, true, true
	}
	if s.now.Gone || s.now == now {
		return // a pod that is gone does not come back: its successor has another UID
	}
	s.now = now
	close(s.changed)
	s.changed = make(chan struct{})
}

// SetGone tells that the pod does not exist any more.
func (s *State) SetGone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now
	now.Gone = true
	s.set(now)
}

// Get returns what is known, and a channel that is closed at the next change.
func (s *State) Get() (Snapshot, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.changed
}
