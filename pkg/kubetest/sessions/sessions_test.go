package sessions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// echo prints the words of a command, one to a line, and no end of the last line.
func echo(words []string) string { return strings.Join(words, "\n") }

func TestRenew(t *testing.T) {
	const head, foot = "# A page\n\n$ no session\n\n```sh\n$ no session\n```\n\n", "\nthe end\n"
	old := head + "```console\n$ one '' 'two  three'\nstale\nstale\n$ four\n```\n" + foot
	want := head + "```console\n$ one '' 'two  three'\none\n\ntwo  three\n$ four\nfour\n```\n" + foot
	page, count, err := renew(old, echo)
	if err != nil || page != want || count != 2 {
		t.Errorf("%v, %d commands, page:\n%s\nwant:\n%s", err, count, page, want)
	}
	again, _, err := renew(page, echo)
	if err != nil || again != page {
		t.Errorf("%v, a second time:\n%s", err, again)
	}
}

func TestBadPages(t *testing.T) {
	for page, want := range map[string]string{
		"```console\n$ one\n":             "no end",
		"```console\n$ one 'two\n```\n":   "quote",
		"```console\n$ one | two\n```\n":  `'|'`,
		"```console\n$ one $two\n```\n":   `'$'`,
		"```console\n$ one \"t\"\n```\n":  `'"'`,
		"```console\n$ one *.yaml\n```\n": `'*'`,
	} {
		if _, _, err := renew(page, echo); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %s", page, err, want)
		}
	}
}

func TestDiffer(t *testing.T) {
	for _, test := range []struct {
		have, want string
		line       int
		now        string
	}{
		{"a\nb\n", "a\nb\n", 0, ""},
		{"a\nb\nc\n", "a\nd\nc\n", 2, "d\n"},
		{"a\n", "a\nb\n", 2, "b\n"},
		{"a\nb\n", "a\n", 2, ""},
		{"a", "a\n", 1, "a\n"},
		{"", "a", 1, "a"},
	} {
		if line, now := differ(test.have, test.want); line != test.line || now != test.now {
			t.Errorf("%q, wanted %q: line %d, %q", test.have, test.want, line, now)
		}
	}
}

// TestFiles: what a command writes into a file is there for the next one, and is compared
// and written as the page is.
func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	const page = "```console\n$ one > file.txt\n$ cat file.txt\none\n```\n"
	if err := os.WriteFile(path, []byte(strings.Replace(page, "one\n`", "stale\n`", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, words []string) string {
		if words[0] != "cat" {
			return echo(words)
		}
		raw, err := os.ReadFile(words[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	Check(t, path, true, run)
	Check(t, path, false, run)
	for name, want := range map[string]string{"page.md": page, "file.txt": "one"} {
		if have, err := os.ReadFile(filepath.Join(filepath.Dir(path), name)); err != nil || string(have) != want {
			t.Errorf("%s: %v, %q", name, err, have)
		}
	}
}
