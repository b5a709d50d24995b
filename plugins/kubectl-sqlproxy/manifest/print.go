package manifest

import (
	"encoding/json"
	"fmt"
	"strings"

	kubejson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Fields are an object's fields as the API takes them, without those that say nothing:
// a status, and what types write as null. Whole numbers are int64, as in unstructured
// objects.
func (o Object) Fields() (map[string]any, error) {
	text, err := json.Marshal(o.Value)
	if err != nil {
		return nil, fmt.Errorf("writing %s %s: %w", o.Kind, o.Name, err)
	}
	var plain map[string]any
	if err := kubejson.UnmarshalCaseSensitivePreserveInts(text, &plain); err != nil {
		return nil, fmt.Errorf("writing %s %s: %w", o.Kind, o.Name, err)
	}
	delete(plain, "status")
	dropNulls(plain)
	return plain, nil
}

// YAML is one document for each object, after the advice as comments.
func (s *Set) YAML() ([]byte, error) {
	var b strings.Builder
	for _, line := range s.Advice {
		b.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	for _, object := range s.Objects {
		fields, err := object.Fields()
		if err != nil {
			return nil, err
		}
		text, err := yaml.Marshal(fields)
		if err != nil {
			return nil, fmt.Errorf("writing %s %s: %w", object.Kind, object.Name, err)
		}
		b.WriteString("---\n")
		b.Write(text)
	}
	return []byte(b.String()), nil
}

// JSON is one List. It has no place for the advice.
func (s *Set) JSON() ([]byte, error) {
	items := make([]any, len(s.Objects))
	for i, object := range s.Objects {
		fields, err := object.Fields()
		if err != nil {
			return nil, err
		}
		items[i] = fields
	}
	text, err := json.MarshalIndent(map[string]any{"apiVersion": "v1", "kind": "List", "items": items}, "", "    ")
	if err != nil {
		return nil, fmt.Errorf("writing the objects: %w", err)
	}
	return append(text, '\n'), nil
}

func dropNulls(value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			if v == nil {
				delete(value, key)
			}
			dropNulls(v)
		}
	case []any:
		for _, v := range value {
			dropNulls(v)
		}
	}
}
