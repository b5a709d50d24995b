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
	// fresh makes path anew: {range} leaves the evaluator in the middle of the template.
	fresh func() *jsonpath.JSONPath
	zone  *time.Location
	out   bytes.Buffer
	safe  bool
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
	f := &pathForm{path: path, zone: opts.Zone, safe: opts.Terminal}
	if strings.Contains(template, "range") {
		f.fresh = func() *jsonpath.JSONPath {
			p := jsonpath.New("output").AllowMissingKeys(true)
			_ = p.Parse(template) // it was parsed before
			return p
		}
	}
	return f, nil
}

func (f *pathForm) appendLine(dst []byte, o *record.Origin, l record.Line, message []byte) []byte {
	object := map[string]any{
		"context": o.Context, "namespace": o.Namespace, "pod": o.Pod, "container": o.Container, "node": o.Node, "file": o.File,
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
	if f.fresh != nil {
		f.path = f.fresh()
	}
	f.out.Reset()
	if err := f.path.Execute(&f.out, object); err != nil {
		// One line that does not fit the template must not end the stream.
		f.out.Reset()
		fmt.Fprintf(&f.out, "<%v>", err)
	}
	out := bytes.TrimSuffix(f.out.Bytes(), []byte("\n")) // kubectl's templates end with {"\n"}
	if f.safe {
		dst = appendSafe(dst, out)
	} else {
		dst = append(dst, out...)
	}
	return append(dst, '\n')
}
