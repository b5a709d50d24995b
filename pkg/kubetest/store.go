package kubetest

import (
	"sort"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

// store holds all objects. Revisions count writes over all resources, as
// etcd's do.
type store struct {
	mu        sync.RWMutex
	rev       uint64
	tables    map[schema.GroupVersionResource]*table
	max       int // changes kept by resource
	observe   func(Resource, change)
	snapshots snapshots
}

// table holds the objects of one resource.
type table struct {
	Resource
	objects map[string]*object
	history history
	changed chan struct{} // closed at the next change; nil when nobody waits
}

// newStore makes an empty store. observe is told of every change, in order; it
// runs under the store's lock and must not call the store.
func newStore(maxHistory int, observe func(Resource, change)) *store {
	return &store{rev: 1, tables: map[schema.GroupVersionResource]*table{}, max: maxHistory, observe: observe}
}

func (s *store) register(r Resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.tables[r.gvr()]; there {
		return
	}
	s.tables[r.gvr()] = &table{Resource: r.complete(), objects: map[string]*object{}, history: history{max: s.max, floor: 0}}
}

func (s *store) table(gvr schema.GroupVersionResource) *table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tables[gvr]
}

func (s *store) tableOfKind(gvk schema.GroupVersionKind) *table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, t := range s.tables {
		if t.gvk() == gvk {
			return t
		}
	}
	return nil
}

// resources lists what is served, by group, version and plural.
func (s *store) resources() []Resource {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Resource, 0, len(s.tables))
	for _, t := range s.tables {
		out = append(out, t.Resource)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Group != b.Group {
			return a.Group < b.Group
		}
		if a.Version != b.Version {
			return a.Version < b.Version
		}
		return a.Plural < b.Plural
	})
	return out
}

func (s *store) get(t *table, namespace, name string) *object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return t.objects[objectKey(namespace, name)]
}

func (s *store) revision() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.rev
}

// list gives the objects of one namespace ("" is all) by key, and the
// revision at which that was the state.
func (s *store) list(t *table, namespace string) ([]*object, uint64) {
	s.mu.RLock()
	out := make([]*object, 0, len(t.objects))
	for key, o := range t.objects {
		if namespace == "" || strings.HasPrefix(key, namespace+"/") {
			out = append(out, o)
		}
	}
	rev := s.rev
	s.mu.RUnlock()
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out, rev
}

// changeFunc decides on a write, given what is stored now (nil: nothing). It
// returns the new data, which the store takes over; nil data removes the
// object, keep leaves all as it is. It runs under the store's lock and must not
// call the store.
type changeFunc func(old *object) (data map[string]any, keep bool, err error)

// write changes the object at namespace/name by f, atomically, and returns
// what is stored afterwards; for a removal, the last state.
func (s *store) write(t *table, namespace, name string, f changeFunc) (*object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := objectKey(namespace, name)
	old := t.objects[key]
	data, keep, err := f(old)
	if err != nil || keep {
		return old, err
	}
	kind := watch.Modified
	switch {
	case data == nil && old == nil:
		return nil, nil
	case data == nil:
		kind, data = watch.Deleted, copyForWrite(old)
	case old == nil:
		kind = watch.Added
	}
	obj, err := newObject(data, s.rev+1)
	if err != nil {
		return nil, err
	}
	s.rev++
	if kind == watch.Deleted {
		delete(t.objects, key)
	} else {
		t.objects[key] = obj
	}
	c := change{rev: s.rev, kind: kind, obj: obj, old: old}
	t.history.add(c)
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
	s.observe(t.Resource, c)
	return obj, nil
}

// since gives what happened to a resource after rev, the revision up to which
// that is all, and a channel that is closed at the next change. The error is
// 410 Expired.
func (s *store) since(t *table, rev uint64) ([]change, uint64, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, err := t.history.since(rev)
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return changes, s.rev, t.changed, err
}

// expire makes every revision before the present one unusable, for watches
// and for continue tokens, as a compaction does.
func (s *store) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tables {
		t.history.expire(s.rev)
	}
	s.snapshots.clear()
}

// copyForWrite copies what a write changes in place (the metadata); the rest
// is shared, since stored data never changes.
func copyForWrite(o *object) map[string]any {
	data := make(map[string]any, len(o.data))
	for k, v := range o.data {
		data[k] = v
	}
	meta := map[string]any{}
	for k, v := range metaOf(o.data) {
		meta[k] = v
	}
	data["metadata"] = meta
	return data
}
