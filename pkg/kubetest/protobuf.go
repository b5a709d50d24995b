package kubetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

// wireForm is an object as protobuf, made when it is first asked for: a list of
// 150,000 pods then costs no more than copying them.
type wireForm struct {
	once sync.Once
	raw  []byte
	err  error
}

// hasProtobuf says whether objects of the resource have that form: built-in kinds
// whose Go types are known. Custom resources never have it.
func (s *Server) hasProtobuf(r Resource) bool { return r.builtin && s.scheme.Recognizes(r.gvk()) }

// protobuf is the object's message, without the envelope. The error is that what the
// script stored does not fit the kind.
func (s *Server) protobuf(r Resource, o *object) ([]byte, error) {
	o.wire.once.Do(func() {
		typed, err := s.scheme.New(r.gvk())
		if err == nil {
			err = fromMap(o.data, typed)
		}
		if err != nil {
			o.wire.err = fmt.Errorf("%s %s as protobuf: %w", r.Kind, o.key, err)
			return
		}
		// A message says nothing of its kind: the envelope, or the list, does.
		o.wire.raw, o.wire.err = typed.(interface{ Marshal() ([]byte, error) }).Marshal()
	})
	return o.wire.raw, o.wire.err
}

// answerProtobuf sends one object.
func (s *Server) answerProtobuf(w http.ResponseWriter, code int, r Resource, o *object) {
	raw, err := s.protobuf(r, o)
	if err != nil {
		writeError(w, apierrors.NewInternalError(err))
		return
	}
	writeProtobuf(w, code, r.apiVersion(), r.Kind, raw)
}

// The keys of a list's fields, the same in all of them: metadata is field 1, items
// field 2, both of bytes with their length before them.
const (
	listMetadataKey = 1<<3 | 2
	listItemsKey    = 2<<3 | 2
)

// answerProtobufList sends a list, made of its items' bytes.
func (s *Server) answerProtobufList(w http.ResponseWriter, r Resource, objects []*object, meta listMeta) {
	head, err := (&metav1.ListMeta{ResourceVersion: meta.ResourceVersion, Continue: meta.Continue, RemainingItemCount: meta.RemainingItemCount}).Marshal()
	if err != nil {
		writeError(w, apierrors.NewInternalError(err))
		return
	}
	items, size := make([][]byte, len(objects)), len(head)+16
	for i, o := range objects {
		if items[i], err = s.protobuf(r, o); err != nil {
			writeError(w, apierrors.NewInternalError(err))
			return
		}
		size += len(items[i]) + 8
	}
	list := appendField(make([]byte, 0, size), listMetadataKey, head)
	for _, item := range items {
		list = appendField(list, listItemsKey, item)
	}
	writeProtobuf(w, http.StatusOK, r.apiVersion(), r.Kind+"List", list)
}

func appendField(buf []byte, key byte, value []byte) []byte {
	return append(binary.AppendUvarint(append(buf, key), uint64(len(value))), value...)
}

// writeProtobuf puts a message into Kubernetes' envelope, which names its kind.
func writeProtobuf(w http.ResponseWriter, code int, apiVersion, kind string, message []byte) {
	var buf bytes.Buffer
	envelope := &runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: apiVersion, Kind: kind}, Raw: message}
	if err := protobuf.NewSerializer(nil, nil).Encode(envelope, &buf); err != nil {
		writeError(w, apierrors.NewInternalError(err))
		return
	}
	w.Header().Set("Content-Type", runtime.ContentTypeProtobuf)
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(code)
	w.Write(buf.Bytes()) //nolint:errcheck // the client is gone; nobody is left to tell
}
