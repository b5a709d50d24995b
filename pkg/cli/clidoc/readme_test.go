package clidoc

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCheckReadme(t *testing.T) {
	const page = "# Demo\n<!-- flags: generated -->\nold\n<!-- end of flags -->\nBetween.\n<!-- list: generated -->\na\n<!-- end of list -->\nThe end.\n"
	path := filepath.Join(t.TempDir(), "README.md")
	check := func(update bool, parts map[string]string) []string {
		c := &complaints{TB: t}
		CheckReadme(c, path, parts, update)
		return c.said
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(path); err != nil || string(text) != want {
			t.Errorf("%v: the README is\n%s\nwant\n%s", err, text, want)
		}
	}
	parts := map[string]string{"flags": "new\n", "list": "a\n"}

	write(page)
	if got := check(false, parts); !slices.Equal(got, []string{"README.md: flags"}) {
		t.Errorf("of a stale part: %q", got)
	}
	is(page)
	if got := check(true, parts); len(got) > 0 {
		t.Errorf("while writing: %q", got)
	}
	is("# Demo\n<!-- flags: generated -->\nnew\n<!-- end of flags -->\nBetween.\n<!-- list: generated -->\na\n<!-- end of list -->\nThe end.\n")
	if got := check(false, parts); len(got) > 0 {
		t.Errorf("after that: %q", got)
	}
	for _, without := range []string{"# Demo\n", "<!-- flags: generated -->\nnew\n", "new\n<!-- end of flags -->\n"} {
		write(without)
		for _, update := range []bool{false, true} {
			if got := check(update, map[string]string{"flags": "new\n"}); !slices.Equal(got, []string{"README.md: flags"}) {
				t.Errorf("of %q, without a place: %q", without, got)
			}
			is(without)
		}
	}
}

func TestFlagTable(t *testing.T) {
	look, _, err := demo(streams()).Find([]string{"look"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "| flag | default | |\n| --- | --- | --- |\n| `--file` |  | Repeatable |\n| `--follow` | `true` | Go on |\n" +
		"| `-o`, `--output` |  | One of a\\|b, for '\\*.log' and app\\_name |\n| `--quiet` | `false` | Say \\`nothing\\` |\n"
	if got := FlagTable(look); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}
