package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write generated parts of the documents")

// TestReadmeFlags fails when the README's table is not that of the flags.
func TestReadmeFlags(t *testing.T) {
	const begin, end = "-update` -->\n", "<!-- end of flags -->"
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(raw), begin)
	_, foot, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the README has no place for the table of flags")
	}
	want := head + begin + flagTable() + end + foot
	if want == string(raw) {
		return
	}
	if !*update {
		t.Fatal("the table of flags in README.md is stale; run this test with -update")
	}
	if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func flagTable() string {
	var b strings.Builder
	b.WriteString("| flag | default | |\n| --- | --- | --- |\n")
	newCommand(streamsOf("", nil)).Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
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
