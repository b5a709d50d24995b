package install

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Field is a field that changes. Old and New are JSON; "" is a field that is not there.
// Of a Secret's values they say the length only.
type Field struct {
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// differ finds the fields in which two objects differ.
type differ struct {
	secret bool
	// partial says that the second object names only some of the fields: the others stay.
	partial bool
	found   []Field
}

// diff compares an object as it is with what becomes of it.
func diff(kind string, before, after fields, partial bool) []Field {
	d := &differ{secret: kind == "Secret", partial: partial}
	before, after = settled(before), settled(after)
	if d.secret {
		after = encoded(after)
	}
	d.walk("", before, after)
	return d.found
}

// settled is an object without what the API server keeps account with. kubectl's copy of
// what was applied last may hold a Secret's values.
func settled(o fields) fields {
	o = maps.Clone(o)
	delete(o, "status")
	meta, _ := o["metadata"].(fields)
	meta = maps.Clone(meta)
	for _, key := range []string{"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"} {
		delete(meta, key)
	}
	if notes, ok := meta["annotations"].(fields); ok {
		notes = maps.Clone(notes)
		delete(notes, "kubectl.kubernetes.io/last-applied-configuration")
		delete(notes, "deployment.kubernetes.io/revision")
		meta["annotations"] = notes
		if len(notes) == 0 {
			delete(meta, "annotations")
		}
	}
	o["metadata"] = meta
	return o
}

// encoded is a Secret as the API server stores it: with stringData in data.
func encoded(o fields) fields {
	text, ok := o["stringData"].(fields)
	if !ok {
		return o
	}
	o = maps.Clone(o)
	delete(o, "stringData")
	data, _ := o["data"].(fields)
	if data = maps.Clone(data); data == nil {
		data = fields{}
	}
	for key, value := range text {
		data[key] = base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(value)))
	}
	o["data"] = data
	return o
}

func (d *differ) walk(path string, before, after any) {
	if reflect.DeepEqual(before, after) || after == nil && d.partial {
		return
	}
	x, isMap := before.(fields)
	y, alsoMap := after.(fields)
	if d.secret && strings.HasPrefix(path, ".data") {
		// Keys are told, values are not.
		isMap, alsoMap = path == ".data" && (isMap || before == nil), alsoMap || after == nil
		if !isMap || !alsoMap {
			d.hidden(path, before, after)
			return
		}
	}
	if isMap && alsoMap {
		for _, key := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(x)), slices.Collect(maps.Keys(y)))))) {
			d.walk(path+step(key), x[key], y[key])
		}
		return
	}
	a, isList := before.([]any)
	b, alsoList := after.([]any)
	if isList && alsoList {
		d.lists(path, a, b)
		return
	}
	d.add(path, before, after)
}

func (d *differ) hidden(path string, before, after any) {
	shape := ""
	if before != nil {
		shape = "another value"
	}
	d.found = append(d.found, Field{Path: path[1:], Old: hide(before, ""), New: hide(after, shape)})
}

// hide is what may be said of a Secret's value.
func hide(value any, shape string) string {
	if value == nil {
		return ""
	}
	text := fmt.Sprint(value)
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
		return finding.Secret(len(raw), shape)
	}
	return finding.Secret(len(text), shape)
}

func (d *differ) add(path string, before, after any) {
	f := Field{Path: path[1:]}
	if before != nil {
		f.Old = short(before)
	}
	if after != nil {
		f.New = short(after)
	}
	d.found = append(d.found, f)
}

// longest is how many bytes of a value are shown.
const longest = 300

func short(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	if len(raw) > longest {
		return fmt.Sprintf("%s... (%d bytes)", raw[:longest], len(raw))
	}
	return string(raw)
}

// lists compares lists by what names their elements, or by what is in them.
func (d *differ) lists(path string, before, after []any) {
	key := keyOf(before, after)
	if key == "" {
		d.sets(path, before, after)
		return
	}
	in := func(list []any, name string) any {
		for _, e := range list {
			if fmt.Sprint(e.(fields)[key]) == name {
				return e
			}
		}
		return nil
	}
	found := len(d.found)
	var names []string
	for _, e := range slices.Concat(before, after) {
		if name := fmt.Sprint(e.(fields)[key]); !slices.Contains(names, name) {
			names = append(names, name)
			d.walk(path+"["+name+"]", in(before, name), in(after, name))
		}
	}
	if len(d.found) == found && !d.partial {
		d.add(path, before, after) // only the order differs
	}
}

// keyOf is the field that tells the elements of lists apart; "" where none does.
func keyOf(lists ...[]any) string {
	for _, key := range []string{"name", "port", "containerPort", "mountPath", "topologyKey", "type", "key"} {
		if !slices.ContainsFunc(lists, func(list []any) bool { return !tells(list, key) }) {
			return key
		}
	}
	return ""
}

func tells(list []any, key string) bool {
	seen := map[any]bool{}
	for _, e := range list {
		o, _ := e.(fields)
		switch o[key].(type) {
		case string, float64:
		default:
			return false
		}
		if seen[o[key]] {
			return false
		}
		seen[o[key]] = true
	}
	return true
}

// sets names the elements that come and go, without their places: an argument that is
// added in front of others changes only itself.
func (d *differ) sets(path string, before, after []any) {
	without := func(list, other []any) []any {
		other = slices.Clone(other)
		var left []any
		for _, e := range list {
			if i := slices.IndexFunc(other, func(o any) bool { return reflect.DeepEqual(o, e) }); i >= 0 {
				other = slices.Delete(other, i, i+1)
			} else {
				left = append(left, e)
			}
		}
		return left
	}
	gone, fresh := without(before, after), without(after, before)
	if len(gone) == 0 && len(fresh) == 0 {
		d.add(path, before, after) // only the order differs
		return
	}
	for _, e := range gone {
		d.add(path+"[]", e, nil)
	}
	for _, e := range fresh {
		d.add(path+"[]", nil, e)
	}
}

// step is a key in a path.
func step(key string) string {
	if key != "" && !strings.ContainsAny(key, ".[]/\" \t\n") {
		return "." + key
	}
	raw, err := json.Marshal(key)
	if err != nil {
		return "[?]"
	}
	return "[" + string(raw) + "]"
}
