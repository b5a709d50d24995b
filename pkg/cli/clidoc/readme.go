package clidoc

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// CheckReadme fails when a generated part of a README is not what it is generated from, or
// has no place in it. parts are the texts by their names: the one called "flags" stands
// between two lines,
//
//	<!-- flags: generated -->
//	<!-- end of flags -->
//
// With update it writes the README instead.
func CheckReadme(t testing.TB, path string, parts map[string]string, update bool) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		begin, end := "<!-- "+name+": generated -->\n", "<!-- end of "+name+" -->"
		head, rest, begins := strings.Cut(text, begin)
		is, foot, ends := strings.Cut(rest, end)
		switch {
		case !begins || !ends:
			t.Errorf("%s has no place for %q", path, name)
		case is != parts[name] && !update:
			t.Errorf("%s: %q is not what it is made from; run this test with -update", path, name)
		default:
			text = head + begin + parts[name] + end + foot
		}
	}
	if text == string(raw) || !update {
		return
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
