package script

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

func TestQuote(t *testing.T) {
	for arg, want := range map[string]string{
		"":                  "''",
		"plain":             "plain",
		"--tail=5":          "--tail=5",
		"a/b.c:d,e@f%g+h_i": "a/b.c:d,e@f%g+h_i",
		"=ls":               "'=ls'",
		"two words":         "'two words'",
		"it's":              `'it'\''s'`,
		"$(rm -rf /)":       "'$(rm -rf /)'",
		"~":                 "'~'",
		"{a,b}":             "'{a,b}'",
		"a\nb":              "'a\nb'",
		"*":                 "'*'",
		"ü":                 "'ü'",
		"#no":               "'#no'",
		`\`:                 `'\'`,
		"a\x00b":            "'ab'",
	} {
		if got := Quote(arg); got != want {
			t.Errorf("Quote(%q) = %s, want %s", arg, got, want)
		}
	}
}

func TestCommand(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"none", nil, ""},
		{"quoted", []string{"echo", "a b", "c"}, "echo 'a b' c"},
		{"no assignment", []string{"a=b", "c=d"}, "'a=b' c=d"},
		{"wrapped", []string{"echo", long, long, "y"}, "echo " + long + " \\\n  " + long + " y"},
		{"a long word is not cut", []string{strings.Repeat("x", 200), "y"}, strings.Repeat("x", 200) + " \\\n  y"},
		{"lines count from their start", []string{"echo", long + "\n" + long, "y"}, "echo \\\n  '" + long + "\n" + long + "' y"},
	} {
		if got := Command(tc.args...); got != tc.want {
			t.Errorf("%s:\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
}

func TestCommandIsAtMostAHundredColumns(t *testing.T) {
	for n := range 90 {
		for line := range strings.Lines(Command("echo", strings.Repeat("a", n), "bb", strings.Repeat("c", 90-n), "d", "ee")) {
			if len(line) > columns+1 {
				t.Errorf("%d columns: %s", len(line)-1, line)
			}
		}
	}
}

// FuzzQuote lets real shells read what Quote and Command write.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "a b", "'", `\`, "\n", "a\n", "$x`y`\"", "-n", "\xff\x80", "\x01\x7f\r", "!", "~", "=", "a=b", "''", strings.Repeat("x ", 80)} {
		f.Add(s, "second")
	}
	shells := []string{tool.Find(f, "bash"), tool.Find(f, "sh")}
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.Contains(a+b, "\x00") || len(a)+len(b) > 32<<10 {
			return
		}
		for _, shell := range shells {
			for _, line := range []string{"printf '%s|' " + Quote(a) + " " + Quote(b), Command("printf", "%s|", a, b)} {
				out, err := exec.Command(shell, "-c", line).CombinedOutput()
				if want := a + "|" + b + "|"; err != nil || string(out) != want {
					t.Errorf("%s -c %q: %q, %v, want %q", shell, line, out, err, want)
				}
			}
		}
	})
}
