package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
)

var update = flag.Bool("update", false, "write generated parts of the README")

// TestReadme fails when a generated part of the README is not what it is generated
// from.
func TestReadme(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	parts := examples(t)
	parts["findings"] = diagnose.Catalogue().Markdown()
	root := newCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard})
	for _, cmd := range root.Commands() {
		if cmd.Name() != "help" && cmd.Name() != "completion" && cmd.Name() != "version" {
			parts["flags of "+cmd.Name()] = flagTable(cmd)
		}
	}
	for name, part := range parts {
		begin, end := "<!-- "+name+": generated -->\n", "<!-- end of "+name+" -->"
		head, rest, ok1 := strings.Cut(text, begin)
		_, foot, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Errorf("the README has no place for the %s", name)
			continue
		}
		text = head + begin + part + end + foot
	}
	if text == string(raw) {
		return
	}
	if !*update {
		t.Fatal("README.md is stale; run this test with -update")
	}
	if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func flagTable(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString("| flag | default | |\n| --- | --- | --- |\n")
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" && f.Shorthand != f.Name {
			name = "`-" + f.Shorthand + "`, " + name
		} else if f.Shorthand == f.Name {
			name = "`-" + f.Name + "`"
		}
		fallback := f.DefValue
		if fallback == "[]" {
			fallback = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, fallback, strings.ReplaceAll(f.Usage, "|", `\|`))
	})
	return b.String()
}
