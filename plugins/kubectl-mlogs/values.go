package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/fifo"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
)

// The flag values below fail while flags are parsed, so that the error names
// the flag.

// patterns is a repeatable regular expression.
type patterns []*regexp.Regexp

func (p *patterns) Set(s string) error {
	re, err := regexp.Compile(s)
	if err == nil {
		*p = append(*p, re)
	}
	return err
}

func (p *patterns) String() string {
	words := make([]string, len(*p))
	for i, re := range *p {
		words[i] = re.String()
	}
	return strings.Join(words, ",")
}

func (p *patterns) Type() string { return "regexp" }

// output is the value of -o.
type output struct {
	format   render.Format
	template string
}

func (o *output) Set(s string) error {
	name, template, _ := strings.Cut(s, "=")
	switch format := render.Format(name); {
	case format == render.JSONPath && template == "":
		return fmt.Errorf("jsonpath wants a template, as in jsonpath='{.pod} {.message}'")
	case format == render.JSONPath:
		o.format, o.template = format, template
		return nil
	case slices.Contains([]render.Format{render.Default, render.Raw, render.JSON, render.ExtJSON}, render.Format(s)):
		o.format, o.template = format, ""
		return nil
	}
	return fmt.Errorf("must be one of %s", strings.Join(outputNames(), ", "))
}

func outputNames() []string { return []string{"default", "raw", "json", "extjson", "jsonpath="} }

func (o *output) String() string {
	if o.template != "" {
		return string(o.format) + "=" + o.template
	}
	return string(o.format)
}

func (o *output) Type() string { return "format" }

// stamps is the value of --timestamps.
type stamps render.Stamps

func (s *stamps) Set(v string) error {
	switch v {
	case "true", string(render.RFC3339): // kubectl's --timestamps is a plain switch
		*s = stamps(render.RFC3339)
	case string(render.Short):
		*s = stamps(render.Short)
	case "false":
		*s = stamps(render.NoStamps)
	default:
		return fmt.Errorf("must be rfc3339 or short")
	}
	return nil
}

func (s *stamps) String() string { return string(*s) }
func (s *stamps) Type() string   { return "form" }

// size is a number of bytes with an optional unit.
type size int

func (s *size) Set(v string) error {
	q, err := resource.ParseQuantity(v)
	if err != nil {
		return fmt.Errorf("want bytes, as in 65536, 64Ki or 1Mi")
	}
	if q.Value() < 1 || q.Value() > 1<<30 {
		return fmt.Errorf("must be between 1 and 1Gi")
	}
	*s = size(q.Value())
	return nil
}

func (s *size) String() string { return resource.NewQuantity(int64(*s), resource.BinarySI).String() }
func (s *size) Type() string   { return "bytes" }

// zone is the value of --timezone.
type zone struct{ *time.Location }

func (z *zone) Set(v string) error {
	location, err := time.LoadLocation(v)
	if err != nil {
		return fmt.Errorf("want a name of the time zone database, as in UTC, Local or Asia/Tokyo: %w", err)
	}
	z.Location = location
	return nil
}

func (z *zone) String() string {
	if z.Location == nil {
		return ""
	}
	return z.Location.String()
}

func (z *zone) Type() string { return "zone" }

// instant is the value of --since-time.
type instant struct{ time.Time }

func (t *instant) Set(v string) error {
	at, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		return fmt.Errorf("want a time in RFC 3339, as in 2006-01-02T15:04:05Z")
	}
	t.Time = at
	return nil
}

func (t *instant) String() string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func (t *instant) Type() string { return "time" }

// states is the value of --container-state.
type states []kube.ContainerState

func (s *states) Set(v string) error {
	for _, word := range strings.Split(v, ",") {
		switch state := kube.ContainerState(word); state {
		case kube.Running, kube.Waiting, kube.Terminated:
			*s = append(*s, state)
		case "all":
			*s = nil
		default:
			return fmt.Errorf("must be running, waiting, terminated or all")
		}
	}
	return nil
}

func (s *states) String() string {
	words := make([]string, len(*s))
	for i, state := range *s {
		words[i] = string(state)
	}
	return strings.Join(words, ",")
}

func (s *states) Type() string { return "states" }

// readerExit is the value of --on-reader-exit.
type readerExit fifo.Policy

func (r *readerExit) Set(v string) error {
	switch p := fifo.Policy(v); p {
	case fifo.Wait, fifo.Stop:
		*r = readerExit(p)
		return nil
	}
	return fmt.Errorf("must be wait or stop")
}

func (r *readerExit) String() string { return string(*r) }
func (r *readerExit) Type() string   { return "policy" }
