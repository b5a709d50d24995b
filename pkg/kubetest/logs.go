package kubetest

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// serveLog answers pods/log as API server and kubelet do together.
func (s *Server) serveLog(w http.ResponseWriter, r *http.Request, c call, t *table) {
	o := s.store.get(t, c.namespace, c.name)
	if o == nil {
		writeError(w, apierrors.NewNotFound(t.gr(), c.name))
		return
	}
	opts, err := parseLogOptions(r.URL.Query())
	if err == nil {
		err = checkLogOptions(r.URL.Query(), opts, c.name)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	name, err := containerOf(o.data, r.URL.Query().Get("container"))
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	if text(o.data, "spec", "nodeName") == "" {
		return // no kubelet to ask: an empty answer
	}
	container := s.Container(c.namespace, c.name, name)
	run, err := container.pick(o.data, opts.previous)
	if err != nil {
		writeError(w, err)
		return
	}
	st := s.streams.begin(logStream, w, r)
	defer st.finish()
	reader, messages := container.newReader(run, opts)
	defer reader.close()
	w.WriteHeader(http.StatusOK)
	for _, m := range messages {
		if _, err := w.Write([]byte(m)); err != nil {
			return
		}
	}
	if st.rc.Flush() == nil && sendPreloaded(w, st, reader) {
		sendRecords(w, st, reader)
	}
}

// sendPreloaded sends the rendered part in writes of 256 KiB; false: that was
// all.
func sendPreloaded(w http.ResponseWriter, st *stream, r *logReader) bool {
	r.c.mu.Lock()
	raw := r.file.preload
	if r.opts.tail >= 0 && len(r.file.records) > 0 {
		raw = nil // the tail is looked for in the records only
	}
	r.c.mu.Unlock()
	if len(raw) == 0 {
		return true
	}
	raw = preloaded(raw, r.opts)
	if r.format.remain >= 0 {
		r.format.remain -= int64(len(raw))
	}
	for len(raw) > 0 {
		n := min(len(raw), 256<<10)
		if _, err := w.Write(raw[:n]); err != nil || st.ctx.Err() != nil {
			return false
		}
		raw = raw[n:]
	}
	return st.rc.Flush() == nil && r.format.remain != 0
}

// sendRecords sends records until the log ends or the client goes. What is
// held for a client that does not read is one batch.
func sendRecords(w http.ResponseWriter, st *stream, r *logReader) {
	var buf []byte
	for {
		records, wait := r.next()
		if records == nil {
			if wait == nil {
				return
			}
			select {
			case <-wait:
				continue
			case <-st.ctx.Done():
				return
			}
		}
		var full bool
		buf = buf[:0]
		for _, rec := range records {
			if rec.only != nil {
				if _, mine := rec.only[r]; mine {
					buf = append(buf, rec.Text...)
				}
				continue
			}
			if buf, full = r.format.append(buf, rec); full {
				break
			}
		}
		if _, err := w.Write(buf); err != nil || st.rc.Flush() != nil || full || st.ctx.Err() != nil {
			return
		}
	}
}

func parseLogOptions(q url.Values) (logOptions, error) {
	o := logOptions{
		follow: isTrue(q.Get("follow")), previous: isTrue(q.Get("previous")), timestamps: isTrue(q.Get("timestamps")),
		tail: -1, limit: -1, stream: q.Get("stream"),
	}
	for name, into := range map[string]*int64{"tailLines": &o.tail, "limitBytes": &o.limit} {
		if v := q.Get(name); v != "" {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return o, apierrors.NewBadRequest(err.Error())
			}
			*into = n
		}
	}
	if v := q.Get("sinceTime"); v != "" {
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return o, apierrors.NewBadRequest(err.Error())
		}
		// The API server asks the kubelet in whole seconds.
		o.since = t.Truncate(time.Second)
	}
	if v := q.Get("sinceSeconds"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return o, apierrors.NewBadRequest(err.Error())
		}
		o.since = time.Now().Add(-time.Duration(n) * time.Second)
	}
	return o, nil
}

// checkLogOptions is ValidatePodLogOptions of Kubernetes; its answer is 422.
func checkLogOptions(q url.Values, o logOptions, pod string) error {
	var errs field.ErrorList
	if q.Has("tailLines") && o.tail < 0 {
		errs = append(errs, field.Invalid(field.NewPath("tailLines"), o.tail, "must be greater than or equal to 0"))
	}
	if q.Has("limitBytes") && o.limit < 1 {
		errs = append(errs, field.Invalid(field.NewPath("limitBytes"), o.limit, "must be greater than 0"))
	}
	seconds, _ := strconv.ParseInt(q.Get("sinceSeconds"), 10, 64)
	switch {
	case q.Get("sinceSeconds") != "" && q.Get("sinceTime") != "":
		errs = append(errs, field.Forbidden(field.NewPath(""), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
	case q.Get("sinceSeconds") != "" && seconds < 1:
		errs = append(errs, field.Invalid(field.NewPath("sinceSeconds"), seconds, "must be greater than 0"))
	}
	switch o.stream {
	case "", "All":
	case "Stdout", "Stderr":
		if o.tail >= 0 {
			errs = append(errs, field.Forbidden(field.NewPath(""), "`tailLines` and specific `stream` are mutually exclusive for now"))
		}
	default:
		errs = append(errs, field.NotSupported(field.NewPath("stream"), o.stream, []string{"All", "Stderr", "Stdout"}))
	}
	if len(errs) == 0 {
		return nil
	}
	return apierrors.NewInvalid(schema.GroupKind{Kind: "PodLogOptions"}, pod, errs)
}

// containerOf finds the container that a request means; the errors are those
// of the API server's validateContainer (registry/core/pod/strategy.go).
func containerOf(pod map[string]any, asked string) (string, error) {
	name := text(pod, "metadata", "name")
	var names []string
	main := 0
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		specs, _ := at(pod, "spec", list).([]any)
		for _, c := range specs {
			if m, ok := c.(map[string]any); ok {
				names = append(names, text(m, "name"))
			}
		}
		if list == "containers" {
			main = len(specs)
		}
	}
	for _, n := range names {
		if n == asked && asked != "" {
			return n, nil
		}
	}
	switch {
	case asked != "":
		return "", apierrors.NewBadRequest(sprintf("container %s is not valid for pod %s", asked, name))
	case main == 1:
		specs := at(pod, "spec", "containers").([]any)
		return text(specs[0].(map[string]any), "name"), nil
	case main == 0:
		return "", apierrors.NewBadRequest(sprintf("a container name must be specified for pod %s", name))
	}
	return "", apierrors.NewBadRequest(sprintf("a container name must be specified for pod %s, choose one of: %s", name, names))
}
