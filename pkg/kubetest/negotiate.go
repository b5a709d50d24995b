package kubetest

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// rendering is the form in which a client wants objects.
type rendering int

const (
	asObjects  rendering = iota // the objects themselves, as JSON
	asTable                     // meta.k8s.io/v1 Table: kubectl get
	asMetadata                  // meta.k8s.io/v1 PartialObjectMetadata: metadata clients
	asProtobuf                  // the objects themselves, as protobuf: typed clients that ask for it
)

// renderingOf reads the Accept header: the first form that the server has. CBOR,
// and protobuf where the objects do not have that form, are passed over; all
// clients accept JSON after them.
func renderingOf(r *http.Request, protobuf bool) rendering {
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		mediaType, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err == nil && protobuf && mediaType == runtime.ContentTypeProtobuf && params["as"] == "" {
			return asProtobuf
		}
		if err != nil || (mediaType != "application/json" && mediaType != "*/*") {
			continue
		}
		if params["g"] != "meta.k8s.io" || params["v"] != "v1" {
			return asObjects
		}
		switch params["as"] {
		case "Table":
			return asTable
		case "PartialObjectMetadata", "PartialObjectMetadataList":
			return asMetadata
		}
	}
	return asObjects
}

// answer sends one object in the form that the client wants.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, code int, res Resource, o *object) {
	as := renderingOf(r, s.hasProtobuf(res))
	if as == asProtobuf {
		s.answerProtobuf(w, code, res, o)
		return
	}
	writeRaw(w, code, s.render(as, r, res, o, true))
}

// render encodes one object as JSON. A table's column definitions come only with the
// first of a watch's rows, as kube-apiserver sends them.
func (s *Server) render(as rendering, r *http.Request, res Resource, o *object, first bool) []byte {
	switch as {
	case asTable:
		return tableOf(r, res, []*object{o}, listMeta{ResourceVersion: text(o.data, "metadata", "resourceVersion")}, first)
	case asMetadata:
		raw, err := json.Marshal(map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": o.data["metadata"]})
		if err == nil {
			return raw
		}
	}
	return o.json
}
