// Package sessions keeps the sessions that a document shows those of now.
//
// A session is a fenced block of the language console. A line that begins with "$ " is a
// command, and the lines up to the next one are all that it prints:
//
//	$ kubectl certcheck -f gateway.yaml
//	NAMESPACE ...
//
// A command that ends in "> FILE" shows nothing, and FILE, beside the document, is what it
// prints.
package sessions

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Check runs the sessions of a Markdown document, in its folder, and fails when one shows
// something else than is printed now, or when there is none. With update the document and
// the files are written anew instead. run gets the words of a command, without quotes and
// without "> FILE", and returns what it writes to stdout.
func Check(t *testing.T, path string, update bool, run func(t *testing.T, words []string) string) {
	t.Helper()
	t.Chdir(filepath.Dir(path))
	raw, err := os.ReadFile(filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	page, count, err := renew(string(raw), func(words []string) string {
		n := len(words)
		if n < 3 || words[n-2] != ">" {
			return run(t, words)
		}
		settle(t, words[n-1], run(t, words[:n-2]), update) // at once: later commands read it
		return ""
	})
	switch {
	case err != nil:
		t.Fatalf("%s: %v", path, err)
	case count == 0:
		t.Fatalf("%s shows no command", path)
	}
	settle(t, filepath.Base(path), page, update)
}

// settle compares a file with what it has to be, or writes it.
func settle(t *testing.T, file, want string, update bool) {
	t.Helper()
	if update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if line, now := differ(string(have), want); line > 0 {
		t.Fatalf("%s is stale from line %d on, which has to be %q; run this test with -update, and read what has changed", file, line, now)
	}
}

// differ is the number of the first line in which a text is not what it has to be, and what
// that line has to be; 0 when there is none.
func differ(have, want string) (line int, now string) {
	if have == want {
		return 0, ""
	}
	old, lines := strings.SplitAfter(have, "\n"), strings.SplitAfter(want, "\n")
	for i, now := range lines {
		if i == len(old) || now != old[i] {
			return i + 1, now
		}
	}
	return len(lines) + 1, ""
}

// renew writes a document anew with what its commands print now, and counts these.
func renew(text string, run func(words []string) string) (page string, commands int, err error) {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case !inside:
			inside = line == "```console\n"
			b.WriteString(line)
		case strings.HasPrefix(line, "```"):
			inside = false
			b.WriteString(line)
		case isCommand:
			words, err := split(strings.TrimSuffix(command, "\n"))
			if err != nil {
				return "", 0, fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
			}
			printed := run(words)
			if printed != "" && !strings.HasSuffix(printed, "\n") {
				printed += "\n"
			}
			commands++
			b.WriteString(line)
			b.WriteString(printed)
		}
	}
	if inside {
		return "", 0, fmt.Errorf("a block of a session has no end")
	}
	return b.String(), commands, nil
}

// split takes a command apart as a shell does. Of what is special to a shell it knows
// single quotes and the > before a file.
func split(command string) ([]string, error) {
	var words []string
	word, started, quoted := "", false, false
	for _, r := range command {
		switch {
		case r == '\'':
			quoted, started = !quoted, true
		case quoted:
			word += string(r)
		case r == ' ':
			if started {
				words = append(words, word)
			}
			word, started = "", false
		case strings.ContainsRune("\"\\$`|&;<(){}*?~#", r):
			return nil, fmt.Errorf("%q outside of single quotes", r)
		default:
			word, started = word+string(r), true
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quote has no end")
	}
	if started {
		words = append(words, word)
	}
	return words, nil
}
