package kubetest

import (
	"fmt"
	"sort"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
)

// change is one write, as watches see it. old is what was there before, nil
// for a creation: selectors need it, as an object that no longer matches is
// DELETED to the watcher.
type change struct {
	rev  uint64
	kind watch.EventType
	obj  *object
	old  *object
}

// history keeps the last changes of one resource, so that watches resume from
// a resource version. It is bounded: older versions are expired.
type history struct {
	max     int
	changes []change // ascending by rev
	floor   uint64   // versions below this one cannot be resumed from
}

func (h *history) add(c change) {
	h.changes = append(h.changes, c)
	// Cutting at twice the size makes the copy rare.
	if len(h.changes) >= 2*h.max {
		cut := len(h.changes) - h.max
		h.floor = h.changes[cut-1].rev
		h.changes = append([]change(nil), h.changes[cut:]...)
	}
}

// expire forgets everything up to rev.
func (h *history) expire(rev uint64) {
	h.floor = rev
	h.changes = nil
}

// since is what happened after rev. The error is 410 Expired, with the text of
// kube-apiserver's watch cache.
func (h *history) since(rev uint64) ([]change, error) {
	floor, changes := h.floor, h.changes
	if extra := len(changes) - h.max; extra > 0 {
		floor, changes = changes[extra-1].rev, changes[extra:]
	}
	if rev < floor {
		return nil, apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", rev, floor))
	}
	i := sort.Search(len(changes), func(i int) bool { return changes[i].rev > rev })
	return changes[i:], nil
}
