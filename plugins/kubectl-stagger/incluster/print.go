package incluster

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// WriteYAML writes one document per object, after the head as comments.
func WriteYAML(w io.Writer, head []string, objects []runtime.Object) error {
	var b strings.Builder
	for _, line := range head {
		b.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	for _, object := range objects {
		plain, err := fields(object)
		if err != nil {
			return err
		}
		text, err := yaml.Marshal(plain)
		if err != nil {
			return fmt.Errorf("writing %T: %w", object, err)
		}
		b.WriteString("---\n")
		b.Write(text)
	}
	return write(w, b.String())
}

// WriteJSON writes the objects as one List.
func WriteJSON(w io.Writer, objects []runtime.Object) error {
	items := make([]any, len(objects))
	for i, object := range objects {
		plain, err := fields(object)
		if err != nil {
			return err
		}
		items[i] = plain
	}
	text, err := json.MarshalIndent(map[string]any{"apiVersion": "v1", "kind": "List", "items": items}, "", "    ")
	if err != nil {
		return fmt.Errorf("writing the objects: %w", err)
	}
	return write(w, string(text)+"\n")
}

func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the objects: %w", err)
	}
	return nil
}

// fields are an object's fields that say something: types write a status and times
// that nobody has set.
func fields(object runtime.Object) (map[string]any, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("writing %T: %w", object, err)
	}
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, fmt.Errorf("writing %T: %w", object, err)
	}
	delete(plain, "status")
	dropNulls(plain)
	return plain, nil
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
