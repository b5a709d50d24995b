package kubetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// listMeta is the metadata of a list.
type listMeta struct {
	ResourceVersion    string `json:"resourceVersion"`
	Continue           string `json:"continue,omitempty"`
	RemainingItemCount *int64 `json:"remainingItemCount,omitempty"`
}

// token is what a continue parameter says: go on after Start in the state at
// revision RV. The form is kube-apiserver's, though clients must not look.
type token struct {
	Version string `json:"v"`
	RV      uint64 `json:"rv"`
	Start   string `json:"start"`
}

func (t token) encode() string {
	raw, _ := json.Marshal(t) // strings and a number always marshal
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decodeToken(text string) (token, error) {
	var t token
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &t)
	}
	if err != nil || t.RV == 0 {
		return t, apierrors.NewBadRequest(fmt.Sprintf("invalid continue token: %q", text))
	}
	return t, nil
}

// snapshotKey names the state that a paged list goes through.
type snapshotKey struct {
	gvr       schema.GroupVersionResource
	namespace string
	rev       uint64
}

// maxSnapshots is how many paged lists can be under way; the oldest one then
// gets 410, as after a compaction.
const maxSnapshots = 64

type snapshots struct {
	mu    sync.Mutex
	saved map[snapshotKey][]*object
	order []snapshotKey
}

func (s *snapshots) keep(k snapshotKey, objects []*object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.saved[k]; there {
		return
	}
	if s.saved == nil {
		s.saved = map[snapshotKey][]*object{}
	}
	if len(s.order) >= maxSnapshots {
		delete(s.saved, s.order[0])
		s.order = s.order[1:]
	}
	s.saved[k] = objects
	s.order = append(s.order, k)
}

func (s *snapshots) find(k snapshotKey) ([]*object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.saved[k]
	return o, ok
}

func (s *snapshots) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved, s.order = nil, nil
}

func (s *Server) serveList(w http.ResponseWriter, r *http.Request, c call, t *table) {
	sel, err := newSelector(t.Resource, c.namespace, r.URL.Query())
	if err != nil {
		writeError(w, err)
		return
	}
	objects, meta, err := s.page(t, sel, r)
	if err != nil {
		writeError(w, err)
		return
	}
	switch as := renderingOf(r, s.hasProtobuf(t.Resource)); as {
	case asTable:
		writeRaw(w, http.StatusOK, tableOf(r, t.Resource, objects, meta, true))
	case asMetadata:
		items := make([]json.RawMessage, len(objects))
		for i, o := range objects {
			items[i] = s.render(as, r, t.Resource, o, false)
		}
		writeJSON(w, http.StatusOK, map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": meta, "items": items})
	case asProtobuf:
		s.answerProtobufList(w, t.Resource, objects, meta)
	default:
		writeRaw(w, http.StatusOK, encodeList(t.Resource, objects, meta))
	}
}

func encodeList(r Resource, objects []*object, meta listMeta) []byte {
	size := 256
	for _, o := range objects {
		size += len(o.json) + 1
	}
	m, _ := json.Marshal(meta) // strings and a number always marshal
	buf := fmt.Appendf(make([]byte, 0, size), `{"kind":"%sList","apiVersion":%q,"metadata":%s,"items":[`, r.Kind, r.apiVersion(), m)
	for i, o := range objects {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = o.appendItem(buf, !r.builtin)
	}
	return append(buf, "]}\n"...)
}

// page picks the objects that a list request is to get.
func (s *Server) page(t *table, sel *selector, r *http.Request) ([]*object, listMeta, error) {
	q := r.URL.Query()
	if err := checkListOptions(q.Get("sendInitialEvents"), false, false); err != nil {
		return nil, listMeta{}, err
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	rv := q.Get("resourceVersion")
	var objects []*object
	var rev uint64
	var start string
	if text := q.Get("continue"); text != "" {
		tok, err := decodeToken(text)
		if err != nil {
			return nil, listMeta{}, err
		}
		var ok bool
		rev, start = tok.RV, tok.Start
		if objects, ok = s.store.snapshots.find(snapshotKey{t.gvr(), sel.namespace, rev}); !ok {
			return nil, listMeta{}, s.continueExpired(tok, t, sel.namespace)
		}
	} else {
		objects, rev = s.store.list(t, sel.namespace)
		if err := checkVersion(rv, q.Get("resourceVersionMatch"), rev); err != nil {
			return nil, listMeta{}, err
		}
		if rv == "0" {
			limit = 0 // kube-apiserver answers from its cache, whole
		}
		if limit > 0 && len(objects) > limit {
			s.store.snapshots.keep(snapshotKey{t.gvr(), sel.namespace, rev}, objects)
		}
	}
	page, last, rest := cutPage(objects, sel, start, limit)
	meta := listMeta{ResourceVersion: strconv.FormatUint(rev, 10)}
	if rest > 0 {
		meta.Continue = token{Version: "meta.k8s.io/v1", RV: rev, Start: last}.encode()
		if sel.everything() {
			n := int64(rest)
			meta.RemainingItemCount = &n
		}
	}
	return page, meta, nil
}

// cutPage takes up to limit matching objects after start. last is the key of
// the last one looked at, rest how many were not.
func cutPage(objects []*object, sel *selector, start string, limit int) (page []*object, last string, rest int) {
	first := sort.Search(len(objects), func(i int) bool { return objects[i].key > start })
	for i := first; i < len(objects); i++ {
		if limit > 0 && len(page) == limit {
			return page, objects[i-1].key, len(objects) - i
		}
		if sel.matches(objects[i]) {
			page = append(page, objects[i])
		}
	}
	return page, "", 0
}

// checkVersion refuses resource versions that cannot be served: future ones
// (504, as kube-apiserver after its wait) and, with Exact, past ones (410).
func checkVersion(rv, match string, current uint64) error {
	if rv == "" || rv == "0" {
		return nil
	}
	n, err := strconv.ParseUint(rv, 10, 64)
	switch {
	case err != nil:
		return apierrors.NewBadRequest(fmt.Sprintf("invalid resource version %q", rv))
	case n > current:
		tooLarge := apierrors.NewTimeoutError(fmt.Sprintf("Too large resource version: %d, current: %d", n, current), 1)
		tooLarge.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeResourceVersionTooLarge, Message: "Too large resource version"}}
		return tooLarge
	case match == string(metav1.ResourceVersionMatchExact) && n < current:
		return apierrors.NewResourceExpired(fmt.Sprintf("The resourceVersion for the provided list is too old: %d", n))
	}
	return nil
}

// continueExpired is the 410 for a token whose state is gone; it brings a
// token with which an inconsistent list can go on.
func (s *Server) continueExpired(old token, t *table, namespace string) error {
	err := apierrors.NewResourceExpired("The provided continue parameter is too old to display a consistent list result. " +
		"You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
		"Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted " +
		"between the time the first chunk was returned and now may show up in the list.")
	err.ErrStatus.ListMeta.Continue = s.inconsistent(old, t, namespace)
	return err
}

// inconsistent makes a token that goes on after old in the present state: the
// state is kept for it.
func (s *Server) inconsistent(old token, t *table, namespace string) string {
	objects, rev := s.store.list(t, namespace)
	s.store.snapshots.keep(snapshotKey{t.gvr(), namespace, rev}, objects)
	return token{Version: old.Version, RV: rev, Start: old.Start}.encode()
}
