package main

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
)

// Each value is given as a flag, more than once where that is allowed, and is
// printed back as String has it.
func TestFlagValues(t *testing.T) {
	for _, test := range []struct {
		name string
		make func() pflag.Value
		args []string
		want string
	}{
		{"no pattern", func() pflag.Value { return new(patterns) }, nil, ""},
		{"patterns", func() pflag.Value { return new(patterns) }, []string{"^a$", "b,c"}, "^a$,b,c"},
		{"output", func() pflag.Value { return new(output) }, []string{"json"}, "json"},
		{"output, twice", func() pflag.Value { return new(output) }, []string{"jsonpath={.pod}", "raw"}, "raw"},
		{"a template", func() pflag.Value { return new(output) }, []string{"jsonpath={.pod}={.message}"}, "jsonpath={.pod}={.message}"},
		{"stamps as kubectl has them", func() pflag.Value { return new(stamps) }, []string{"true"}, "rfc3339"},
		{"stamps", func() pflag.Value { return new(stamps) }, []string{"short"}, "short"},
		{"stamps off again", func() pflag.Value { return new(stamps) }, []string{"rfc3339", "false"}, ""},
		{"bytes", func() pflag.Value { return new(size) }, []string{"65536"}, "64Ki"},
		{"a unit", func() pflag.Value { return new(size) }, []string{"1Mi"}, "1Mi"},
		{"a decimal unit", func() pflag.Value { return new(size) }, []string{"1k"}, "1k"},
		{"the smallest", func() pflag.Value { return new(size) }, []string{"1"}, "1"},
		{"the largest", func() pflag.Value { return new(size) }, []string{"1Gi"}, "1Gi"},
		{"no zone", func() pflag.Value { return new(zone) }, nil, ""},
		{"UTC", func() pflag.Value { return new(zone) }, []string{"UTC"}, "UTC"},
		{"the local zone", func() pflag.Value { return new(zone) }, []string{"Local"}, "Local"},
		{"no time", func() pflag.Value { return new(instant) }, nil, ""},
		{"a time", func() pflag.Value { return new(instant) }, []string{"2024-05-06T12:00:00.5+02:00"}, "2024-05-06T12:00:00.5+02:00"},
		{"a state", func() pflag.Value { return new(states) }, []string{"running"}, "running"},
		{"states", func() pflag.Value { return new(states) }, []string{"running,waiting", "terminated"}, "running,waiting,terminated"},
		{"all states", func() pflag.Value { return new(states) }, []string{"running", "all"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := test.make()
			for _, arg := range test.args {
				if err := v.Set(arg); err != nil {
					t.Fatalf("Set(%q) = %v", arg, err)
				}
			}
			if got := v.String(); got != test.want {
				t.Errorf("String = %q, want %q", got, test.want)
			}
			if v.Type() == "" {
				t.Error("no type for the help text")
			}
		})
	}
}

func TestBadFlagValues(t *testing.T) {
	for _, test := range []struct {
		value pflag.Value
		bad   []string
		hint  string // what every error says
	}{
		{new(patterns), []string{"(", "a**", "["}, "error parsing regexp"},
		{new(output), []string{"", "yaml", "JSON", "jsonpath2"}, "default, raw, json, extjson, jsonpath="},
		{new(output), []string{"jsonpath", "jsonpath="}, "wants a template"},
		{new(stamps), []string{"", "yes", "rfc822", "RFC3339"}, "rfc3339 or short"},
		{new(size), []string{"", "x", "12 Ki", "1MiB"}, "want bytes"},
		{new(size), []string{"0", "-1", "2Gi", "1073741825", "9E", "Mi"}, "between 1 and 1Gi"},
		{new(zone), []string{"Nowhere/Else", "../etc/passwd", "CET+1"}, "time zone database"},
		{new(instant), []string{"", "yesterday", "2024-05-06", "2024-05-06 12:00:00", "2024-05-06T12:00:00", "1700000000"}, "RFC 3339"},
		{new(states), []string{"", "Running", "running,", "running waiting", "dead"}, "running, waiting, terminated or all"},
	} {
		for _, bad := range test.bad {
			if err := test.value.Set(bad); err == nil || !strings.Contains(err.Error(), test.hint) {
				t.Errorf("%T.Set(%q) = %v, want an error that says %q", test.value, bad, err, test.hint)
			}
		}
	}
}

func TestPatternsMatchAny(t *testing.T) {
	var p patterns
	for _, s := range []string{"^web", "db$"} {
		if err := p.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	if len(p) != 2 || !p[0].MatchString("web-0") || p[0].MatchString("my-web") || !p[1].MatchString("my-db") {
		t.Errorf("patterns = %v", p)
	}
}

func TestOutputForgetsItsTemplate(t *testing.T) {
	var o output
	for _, s := range []string{"jsonpath={.pod}", "json"} {
		if err := o.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	if o.format != render.JSON || o.template != "" {
		t.Errorf("output = %+v", o)
	}
}

func TestInstantKeepsNanoseconds(t *testing.T) {
	var at instant
	if err := at.Set("2024-05-06T12:00:00.123456789-01:00"); err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2024, 5, 6, 13, 0, 0, 123456789, time.UTC); !at.Equal(want) {
		t.Errorf("got %v, want %v", at.Time, want)
	}
}
