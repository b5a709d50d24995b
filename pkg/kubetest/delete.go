package kubetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

func (s *Server) serveDelete(w http.ResponseWriter, r *http.Request, e *edit) {
	opts, err := s.deleteOptions(r, e)
	if err == nil {
		var o *object
		if o, err = s.deleteObject(e, e.name, opts); err == nil {
			if e.t.returnsObject || text(o.data, "metadata", "deletionTimestamp") != "" {
				s.answer(w, r, http.StatusOK, e.t.Resource, o)
				return
			}
			writeStatus(w, metav1.Status{
				TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess, Code: http.StatusOK,
				Details: &metav1.StatusDetails{Name: e.name, Group: e.t.Group, Kind: e.t.Plural, UID: types.UID(o.uid)},
			})
			return
		}
	}
	writeError(w, err)
}

func (s *Server) serveDeleteCollection(w http.ResponseWriter, r *http.Request, e *edit) {
	opts, err := s.deleteOptions(r, e)
	if err != nil {
		writeError(w, err)
		return
	}
	sel, err := newSelector(e.t.Resource, e.namespace, e.query)
	if err != nil {
		writeError(w, err)
		return
	}
	objects, rev := s.store.list(e.t, e.namespace)
	var gone []*object
	for _, o := range objects {
		if !sel.matches(o) {
			continue
		}
		one := *e
		one.namespace, one.name = o.namespace, o.name
		if o, err := s.deleteObject(&one, o.name, opts); err == nil {
			gone = append(gone, o)
		}
	}
	writeRaw(w, http.StatusOK, encodeList(e.t.Resource, gone, listMeta{ResourceVersion: strconv.FormatUint(rev, 10)}))
}

// deleteOptions come in the body, as the client libraries send them, or in the
// query.
func (s *Server) deleteOptions(r *http.Request, e *edit) (*metav1.DeleteOptions, error) {
	opts := &metav1.DeleteOptions{}
	data, err := s.decodeBody(r)
	if err != nil {
		return nil, err
	}
	if data != nil {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(data, opts); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
	}
	if v := e.query.Get("gracePeriodSeconds"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		opts.GracePeriodSeconds = &n
	}
	if v := e.query.Get("propagationPolicy"); v != "" {
		opts.PropagationPolicy = new(metav1.DeletionPropagation(v))
	}
	e.dryRun = e.dryRun || slices.Contains(opts.DryRun, metav1.DryRunAll)
	return opts, nil
}

// deleteObject deletes as a client asks: pods with a grace period and objects
// with finalizers first get a deletionTimestamp. It returns the last state.
func (s *Server) deleteObject(e *edit, name string, opts *metav1.DeleteOptions) (*object, error) {
	var grace time.Duration
	var removed bool
	o, err := s.commit(e, name, func(old *object) (map[string]any, error) {
		if old == nil {
			return nil, apierrors.NewNotFound(e.t.gr(), name)
		}
		if err := checkPreconditions(e.t, old, opts.Preconditions); err != nil {
			return nil, err
		}
		seconds := graceOf(e.t, old, opts)
		if removed = seconds == 0 && len(finalizersOf(old.data)) == 0; removed {
			return nil, nil
		}
		grace = time.Duration(seconds) * time.Second
		data := copyForWrite(old)
		meta := metaOf(data)
		if text(meta, "deletionTimestamp") == "" || number(meta, "deletionGracePeriodSeconds") > seconds {
			meta["deletionTimestamp"] = time.Now().Add(grace).UTC().Format(time.RFC3339)
			meta["deletionGracePeriodSeconds"] = seconds
		}
		return data, nil
	})
	if err != nil || e.dryRun {
		if e.result != nil {
			o = e.result
		}
		return o, err
	}
	if removed {
		if p := opts.PropagationPolicy; p == nil || *p != metav1.DeletePropagationOrphan {
			s.collect(o)
		}
		return o, nil
	}
	if grace > 0 {
		s.terminateLater(e.t, o, min(grace, s.opts.termination))
	}
	return o, nil
}

// terminateLater is the kubelet's part of a pod's deletion.
func (s *Server) terminateLater(t *table, o *object, after time.Duration) {
	finish := func() {
		_, err := s.store.write(t, o.namespace, o.name, func(old *object) (map[string]any, bool, error) {
			if old == nil || old.uid != o.uid {
				return nil, true, nil // somebody was quicker
			}
			if len(finalizersOf(old.data)) == 0 {
				return nil, false, nil
			}
			data := copyForWrite(old)
			metaOf(data)["deletionGracePeriodSeconds"] = int64(0)
			return data, false, nil
		})
		s.Must(err)
	}
	if after <= 0 {
		finish()
		return
	}
	time.AfterFunc(after, func() {
		select {
		case <-s.closed:
		default:
			finish()
		}
	})
}

// graceOf is a deletion's grace period in seconds: 0 for all but pods that run
// on a node (CheckGracefulDelete in registry/core/pod/strategy.go).
func graceOf(t *table, o *object, opts *metav1.DeleteOptions) int64 {
	if t.Group != "" || t.Kind != "Pod" {
		return 0
	}
	phase := text(o.data, "status", "phase")
	if text(o.data, "spec", "nodeName") == "" || phase == "Succeeded" || phase == "Failed" {
		return 0
	}
	if opts.GracePeriodSeconds != nil {
		return max(*opts.GracePeriodSeconds, 0)
	}
	if at(o.data, "spec", "terminationGracePeriodSeconds") == nil {
		return 30
	}
	return number(o.data, "spec", "terminationGracePeriodSeconds")
}

func checkPreconditions(t *table, o *object, p *metav1.Preconditions) error {
	if p == nil {
		return nil
	}
	gr := schema.GroupResource{Group: t.Group, Resource: t.Kind}
	if p.UID != nil && string(*p.UID) != o.uid {
		return apierrors.NewConflict(gr, o.name, fmt.Errorf(
			"the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *p.UID, o.uid))
	}
	if rv := text(metaOfStored(o), "resourceVersion"); p.ResourceVersion != nil && *p.ResourceVersion != rv {
		return apierrors.NewConflict(gr, o.name, fmt.Errorf(
			"the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *p.ResourceVersion, rv))
	}
	return nil
}
