package render

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/json" // whole numbers stay whole
	"k8s.io/client-go/util/jsonpath"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// pathForm evaluates a JSONPath template on the object that ExtJSON prints.
type pathForm struct {
	path *jsonpath.JSONPath
	zone *time.Location
	out  bytes.Buffer
	safe bool
}

func newPathForm(opts Options) (*pathForm, error) {
	template := opts.Template
	if !strings.Contains(template, "{") { // kubectl takes pod and .pod for {.pod}, too
		template = "{." + strings.TrimPrefix(template, ".") + "}"
	}
	path := jsonpath.New("output").AllowMissingKeys(true)
	if err := path.Parse(template); err != nil {
		return nil, fmt.Errorf("jsonpath %q: %w", opts.Template, err)
	}
	return &pathForm{path: path, zone: opts.Zone, safe: opts.Terminal}, nil
}

func (f *pathForm) appendLine(dst []byte, o *record.Origin, l record.Line, message []byte) []byte {
	object := map[string]any{
		"context": o.Context, "namespace": o.Namespace, "pod": o.Pod, "container": o.Container, "node": o.Node,
		"message": string(message),
	}
	if l.Time != record.NoTime {
		object["time"] = time.Unix(0, l.Time).In(f.zone).Format(time.RFC3339Nano)
	}
	if isObject(message) {
		var inner map[string]any
		if json.Unmarshal(message, &inner) == nil {
			object["message"] = inner
		}
	}
	f.out.Reset()
	if err := f.path.Execute(&f.out, object); err != nil {
		// One line that does not fit the template must not end the stream.
		f.out.Reset()
		fmt.Fprintf(&f.out, "<%v>", err)
	}
	if f.safe {
		dst = appendSafe(dst, f.out.Bytes())
	} else {
		dst = append(dst, f.out.Bytes()...)
	}
	return append(dst, '\n')
}
