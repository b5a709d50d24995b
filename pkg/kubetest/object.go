package kubetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

// object is one version of one stored object. It never changes: a write makes
// a new one. So lists, watches and paging snapshots share it without copies.
type object struct {
	key       string // namespace/name
	namespace string
	name      string
	uid       string
	rev       uint64
	labels    labels.Set
	data      map[string]any // must not be changed
	json      []byte
	bareAt    int // where json goes on after apiVersion and kind
	wire      wireForm
}

func objectKey(namespace, name string) string { return namespace + "/" + name }

// newObject takes data over; the caller must not use it afterwards.
func newObject(data map[string]any, rev uint64) (*object, error) {
	meta := metaOf(data)
	meta["resourceVersion"] = strconv.FormatUint(rev, 10)
	raw, bareAt, err := encodeObject(data)
	if err != nil {
		return nil, err
	}
	o := &object{rev: rev, data: data, json: raw, bareAt: bareAt, namespace: text(meta, "namespace"), name: text(meta, "name"), uid: text(meta, "uid")}
	o.key = objectKey(o.namespace, o.name)
	if ls, ok := meta["labels"].(map[string]any); ok {
		o.labels = make(labels.Set, len(ls))
		for k := range ls {
			o.labels[k] = text(ls, k)
		}
	}
	return o, nil
}

// encodeObject puts apiVersion and kind first, so that lists of built-in kinds,
// whose items go without them, need no second encoding.
func encodeObject(data map[string]any) (raw []byte, bareAt int, err error) {
	apiVersion, kind := data["apiVersion"], data["kind"]
	delete(data, "apiVersion")
	delete(data, "kind")
	rest, err := json.Marshal(data)
	data["apiVersion"], data["kind"] = apiVersion, kind
	if err != nil {
		return nil, 0, err
	}
	raw = fmt.Appendf(make([]byte, 0, len(rest)+64), `{"apiVersion":%q,"kind":%q,`, apiVersion, kind)
	bareAt = len(raw)
	return append(raw, rest[1:]...), bareAt, nil
}

// appendItem appends the object as an item of a list: built-in kinds leave
// apiVersion and kind to the list, custom resources repeat them.
func (o *object) appendItem(buf []byte, custom bool) []byte {
	if custom {
		return append(buf, o.json...)
	}
	return append(append(buf, '{'), o.json[o.bareAt:]...)
}

// metaOf is data's metadata, made if it is missing.
func metaOf(data map[string]any) map[string]any {
	meta, ok := data["metadata"].(map[string]any)
	if !ok {
		meta = map[string]any{}
		data["metadata"] = meta
	}
	return meta
}

// text is the string at a path of keys; "" when there is none.
func text(data map[string]any, path ...string) string {
	v, _ := at(data, path...).(string)
	return v
}

// at is the value at a path of keys; nil when there is none.
func at(data map[string]any, path ...string) any {
	var v any = data
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// number is the integer at a path of keys; 0 when there is none.
func number(data map[string]any, path ...string) int64 {
	switch n := at(data, path...).(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// now is the time as objects hold it: whole seconds, UTC.
func now() string { return time.Now().UTC().Format(time.RFC3339) }
