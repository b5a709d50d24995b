package kubetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/watch"
)

// watcher writes one watch's events.
type watcher struct {
	s      *Server
	w      http.ResponseWriter
	r      *http.Request
	t      *table
	sel    *selector
	as     rendering
	rev    uint64 // what the client knows
	first  bool   // no event was sent yet
	stream *stream
}

func (s *Server) serveWatch(w http.ResponseWriter, r *http.Request, c call, t *table) {
	q := r.URL.Query()
	sel, err := newSelector(t.Resource, c.namespace, q)
	initial := q.Get("sendInitialEvents")
	if err == nil {
		err = checkListOptions(initial, true, s.opts.watchList)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	if c.name != "" {
		sel.fields = fields.AndSelectors(sel.fields, fields.OneTermEqualSelector("metadata.name", c.name))
	}
	rv := q.Get("resourceVersion")
	rev, err := strconv.ParseUint(rv, 10, 64)
	if err != nil && rv != "" {
		writeError(w, apierrors.NewBadRequest(fmt.Sprintf("invalid resource version %q", rv)))
		return
	}
	wt := &watcher{s: s, w: w, r: r, t: t, sel: sel, as: renderingOf(r, false), rev: rev, first: true, stream: s.streams.begin(watchStream, w, r)}
	defer wt.stream.finish()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	switch {
	case isTrue(initial), rev == 0 && initial == "":
		if !wt.sendState(isTrue(initial)) {
			return
		}
	case rev == 0:
		wt.rev = s.store.revision()
	}
	// A version that is too old is told in the stream, as kube-apiserver does.
	wt.run(timeoutOf(q.Get("timeoutSeconds")), isTrue(q.Get("allowWatchBookmarks")))
}

// timeoutOf is how long a watch lives: what the client asks for, else 30 to 60
// minutes (kube-apiserver's --min-request-timeout).
func timeoutOf(seconds string) time.Duration {
	if n, err := strconv.Atoi(seconds); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return 30*time.Minute + rand.N(30*time.Minute)
}

// run sends changes until the watch ends.
func (wt *watcher) run(timeout time.Duration, bookmarks bool) {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	tick := time.NewTicker(wt.s.opts.bookmarkTime)
	defer tick.Stop()
	for {
		changes, now, more, err := wt.s.store.since(wt.t, wt.rev)
		if err != nil {
			wt.sendError(err)
			return
		}
		for _, c := range changes {
			if !wt.sendChange(c) {
				return
			}
		}
		wt.rev = max(wt.rev, now) // a client may ask for a future version
		if wt.stream.rc.Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-tick.C:
			if bookmarks && !wt.sendBookmark(wt.rev, false) {
				return
			}
		case <-deadline.C:
			return
		case <-wt.stream.ctx.Done():
			if errors.Is(context.Cause(wt.stream.ctx), errExpired) {
				wt.sendError(apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", wt.rev, wt.s.store.revision())))
			}
			return
		}
	}
}

// sendState sends what exists as ADDED events. With end, a bookmark that says
// "that was all" follows (WatchList).
func (wt *watcher) sendState(end bool) bool {
	objects, rev := wt.s.store.list(wt.t, wt.sel.namespace)
	for _, o := range objects {
		if wt.sel.matches(o) && !wt.send(watch.Added, o) {
			return false
		}
	}
	wt.rev = rev
	return !end || wt.sendBookmark(rev, true)
}

// sendChange sends a change as the selector sees it: an object that begins to
// match is ADDED, one that ceases to is DELETED, with its last matching state
// and the resource version of the change (kube-apiserver's cacher).
func (wt *watcher) sendChange(c change) bool {
	now := c.kind != watch.Deleted && wt.sel.matches(c.obj)
	before := wt.sel.matches(c.old)
	switch {
	case now && before:
		return wt.send(watch.Modified, c.obj)
	case now:
		return wt.send(watch.Added, c.obj)
	case !before:
		return true
	case c.kind == watch.Deleted:
		return wt.send(watch.Deleted, c.obj)
	}
	gone, err := newObject(copyForWrite(c.old), c.rev)
	return err == nil && wt.send(watch.Deleted, gone)
}

func (wt *watcher) send(kind watch.EventType, o *object) bool {
	raw := wt.s.render(wt.as, wt.r, wt.t.Resource, o, wt.first)
	wt.first = false
	return wt.sendRaw(kind, raw)
}

func (wt *watcher) sendRaw(kind watch.EventType, object []byte) bool {
	frame := fmt.Appendf(make([]byte, 0, len(object)+40), `{"type":%q,"object":%s}`+"\n", kind, object)
	_, err := wt.w.Write(frame)
	return err == nil && wt.stream.ctx.Err() == nil
}

// sendBookmark tells the client the resource version up to which it has seen
// everything.
func (wt *watcher) sendBookmark(rev uint64, end bool) bool {
	meta := map[string]any{"resourceVersion": strconv.FormatUint(rev, 10), "creationTimestamp": nil}
	if end {
		meta["annotations"] = map[string]any{metav1.InitialEventsAnnotationKey: "true"}
	}
	o := &object{data: map[string]any{"apiVersion": wt.t.apiVersion(), "kind": wt.t.Kind, "metadata": meta}}
	o.json, o.bareAt, _ = encodeObject(o.data) // plain data always marshals
	raw := o.json
	switch wt.as {
	case asTable:
		raw = tableOf(wt.r, wt.t.Resource, nil, listMeta{ResourceVersion: strconv.FormatUint(rev, 10)}, wt.first)
	case asMetadata:
		raw = wt.s.render(asMetadata, wt.r, wt.t.Resource, o, false)
	}
	return wt.sendRaw(watch.Bookmark, raw)
}

func (wt *watcher) sendError(err error) {
	raw, _ := json.Marshal(statusOf(err)) // a Status always marshals
	frame := fmt.Appendf(nil, `{"type":%q,"object":%s}`+"\n", watch.Error, raw)
	wt.w.Write(frame)    //nolint:errcheck // the watch ends anyway
	wt.stream.rc.Flush() //nolint:errcheck
}

// checkListOptions refuses sendInitialEvents where it is not served, with the
// 422 that makes reflectors fall back to list and watch.
func checkListOptions(initial string, watching, watchList bool) error {
	if initial == "" || (watching && watchList) {
		return nil
	}
	detail := "sendInitialEvents is forbidden for list"
	if watching {
		detail = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
	}
	return apierrors.NewInvalid(schema.GroupKind{Group: "meta.k8s.io", Kind: "ListOptions"}, "",
		field.ErrorList{field.Forbidden(field.NewPath("sendInitialEvents"), detail)})
}
