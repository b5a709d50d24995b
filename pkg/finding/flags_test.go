package finding

import (
	"testing"

	"github.com/spf13/pflag"
)

var (
	_ pflag.Value = new(FailOn)
	_ pflag.Value = new(Format)
)

func TestFlags(t *testing.T) {
	level, format := FailOnError, Table
	flags := pflag.NewFlagSet("check", pflag.ContinueOnError)
	flags.Var(&level, "fail-on", "")
	flags.VarP(&format, "output", "o", "")
	if err := flags.Parse([]string{"--fail-on", "none", "-oyaml"}); err != nil || level != FailOnNone || format != YAML {
		t.Errorf("%v, %s, %s", err, level, format)
	}
	for _, args := range [][]string{{"--fail-on=info"}, {"--fail-on="}, {"-ojsonpath"}, {"-o", ""}} {
		if err := flags.Parse(args); err == nil {
			t.Errorf("%s is accepted", args)
		}
	}
	if level.Type() != "severity" || format.Type() != "format" || level.String() != "none" || format.String() != "yaml" {
		t.Error("help text")
	}
	for _, f := range formats() {
		if err := format.Set(string(f)); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestNeedsASCII(t *testing.T) {
	for _, tc := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "C"}, true},
		{map[string]string{"LANG": "en_GB.UTF-8"}, false},
		{map[string]string{"LANG": "de_DE.utf8"}, false},
		{map[string]string{"LANG": "de_DE.ISO-8859-1"}, true},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, true},
		{map[string]string{"LANG": "C", "LC_CTYPE": "C.UTF-8"}, false},
	} {
		if got := NeedsASCII(func(name string) string { return tc.env[name] }); got != tc.want {
			t.Errorf("%v: %v", tc.env, got)
		}
	}
}
