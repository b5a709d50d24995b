package kubetest

import (
	"bytes"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/json"
)

// settle makes new data of an existing object fit to be stored: preconditions
// hold, what clients may not set is kept, the parts that belong to the other
// endpoint (status, or all but status) too. nil means that the object goes
// away: its last finalizer was taken.
func (e *edit) settle(old *object, data map[string]any) (map[string]any, error) {
	meta, was := metaOf(data), metaOfStored(old)
	if rv := text(meta, "resourceVersion"); rv != "" && rv != text(was, "resourceVersion") {
		return nil, apierrors.NewConflict(e.t.gr(), e.name,
			fmt.Errorf("the object has been modified; please apply your changes to the latest version and try again"))
	}
	if uid := text(meta, "uid"); uid != "" && uid != old.uid {
		return nil, apierrors.NewConflict(e.t.gr(), e.name,
			//lint:ignore ST1005 the real server's text
			fmt.Errorf("Precondition failed: UID in precondition: %s, UID in object meta: %s", uid, old.uid))
	}
	for _, key := range []string{"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "name", "namespace"} {
		if v, there := was[key]; there {
			meta[key] = v
		} else {
			delete(meta, key)
		}
	}
	mergeStringDataOf(e.t, data)
	if e.t.Status {
		if data = keepOtherHalf(old, data, e.subresource == "status"); data == nil {
			return nil, nil
		}
	}
	if !sameJSON(data["spec"], old.data["spec"]) {
		metaOf(data)["generation"] = number(was, "generation") + 1
	}
	if text(was, "deletionTimestamp") != "" && len(finalizersOf(data)) == 0 && number(was, "deletionGracePeriodSeconds") == 0 {
		return nil, nil
	}
	return data, nil
}

func mergeStringDataOf(t *table, data map[string]any) {
	if t.Group == "" && t.Kind == "Secret" {
		mergeStringData(data)
	}
}

// keepOtherHalf takes status from data and the rest from old, or the other way
// round.
func keepOtherHalf(old *object, data map[string]any, statusOnly bool) map[string]any {
	base, status := data, old.data["status"]
	if statusOnly {
		base, status = copyForWrite(old), data["status"]
	}
	if status == nil {
		delete(base, "status")
	} else {
		base["status"] = status
	}
	return base
}

func sameJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

func finalizersOf(data map[string]any) []any {
	f, _ := at(data, "metadata", "finalizers").([]any)
	return f
}
