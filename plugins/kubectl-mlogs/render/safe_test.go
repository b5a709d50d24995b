package render

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTerminalIsSafe(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "a\tb ~", "a\tb ~"},
		{"UTF-8", "grüße 日本 🎉", "grüße 日本 🎉"},
		{"OSC title", "\x1b]0;owned\x07", "^[]0;owned^G"},
		{"OSC with ST", "\x1b]8;;http://x\x1b\\", "^[]8;;http://x^[\\"},
		{"CSI cursor", "\x1b[2J\x1b[1;1H", "^[[2J^[[1;1H"},
		{"CSI private", "\x1b[?1049h", "^[[?1049h"},
		{"CSI private, with m", "\x1b[>4;1m", "^[[>4;1m"},
		{"DCS", "\x1bP$q\x1b\\", "^[P$q^[\\"},
		{"ESC at the end", "a\x1b", "a^["},
		{"ESC [ at the end", "a\x1b[", "a^[["},
		{"SGR without an end", "a\x1b[31", "a^[[31"},
		{"SGR that is too long", "\x1b[" + strings.Repeat("1;", 40) + "m", "^[[" + strings.Repeat("1;", 40) + "m"},
		{"carriage return", "progress\rdone", "progress^Mdone"},
		{"NUL", "a\x00b", "a^@b"},
		{"backspace", "a\bb", "a^Hb"},
		{"DEL", "a\x7fb", "a^?b"},
		{"newline in a message", "a\nb", "a^Jb"},
		{"shift out", "\x0e\x0f", "^N^O"},
		{"C1 CSI as a rune", "\u009b31m", `\u009b31m`},
		{"C1 CSI as a byte", "\x9b31m", `\x9b31m`},
		{"C1 next line", "a\u0085b", `a\u0085b`},
		{"no-break space is no control", "a\u00a0b", "a\u00a0b"},
		{"bidi override", "user\u202e\u2066x", `user\u202e\u2066x`},
		{"all bidi controls", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", `\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069`},
		{"broken UTF-8", "a\xff\xc3b\xe6\x97", `a\xff\xc3b\xe6\x97`},
		{"the replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"surrogates", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"colour", "\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m\x1b[0m"},
		{"colour that is not ended", "\x1b[1;31mred", "\x1b[1;31mred\x1b[0m"},
		{"colour with colons", "\x1b[38:5:9mred", "\x1b[38:5:9mred\x1b[0m"},
		{"shortest SGR", "\x1b[mx", "\x1b[mx\x1b[0m"},
		{"colour and worse", "\x1b[31m\x1b]0;x\x07", "\x1b[31m^[]0;x^G\x1b[0m"},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := one(t, Options{Format: Raw, Terminal: true}, test.text); got != test.want {
				t.Errorf("on a terminal: got %q, want %q", got, test.want)
			}
			if got, want := one(t, Options{Terminal: true}, test.text), "web-0 app "+test.want; got != want {
				t.Errorf("with a prefix: got %q, want %q", got, want)
			}
			if got := one(t, Options{Format: Raw}, test.text); got != test.text {
				t.Errorf("in a pipe: got %q, want it unchanged", got)
			}
			if got, want := one(t, Options{Format: JSONPath, Template: "{.message}", Terminal: true}, test.text), test.want; got != want {
				t.Errorf("jsonpath: got %q, want %q", got, want)
			}
		})
	}
}

// A cut within a rune leaves bytes that a terminal cannot show.
func TestCutWithinARune(t *testing.T) {
	got := rendered(t, Options{Format: Raw, Terminal: true}, web, line{text: "gr\xc3", time: noon, cut: 5})
	if want := "gr\\xc3…[+5 bytes]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The mark of a cut and the colours of the next line are not the log's.
func TestCutWithinColours(t *testing.T) {
	got := rendered(t, Options{Format: Raw, Terminal: true}, web, line{text: "\x1b[31mred", time: noon, cut: 5})
	if want := "\x1b[31mred\x1b[0m…[+5 bytes]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// checkHarmless fails when text has anything but printable runes, tabs and
// colours. Colours must be ended.
func checkHarmless(t *testing.T, text string) {
	t.Helper()
	colours := regexp.MustCompile(`\x1b\[[0-9;:]*m`)
	if all := colours.FindAllString(text, -1); len(all) > 0 && !strings.HasSuffix(text, "\x1b[0m") {
		t.Errorf("%q: the colours are not ended", text)
	}
	rest := colours.ReplaceAllString(text, "")
	if !utf8.ValidString(rest) {
		t.Errorf("%q is not UTF-8", rest)
	}
	for _, r := range rest {
		if (unicode.IsControl(r) && r != '\t') || unicode.Is(unicode.Bidi_Control, r) && r != '\u200e' && r != '\u200f' && r != '\u061c' {
			t.Errorf("%q has %U", rest, r)
		}
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31mred", "\x1b]0;x\x07", "\u009b\u202e", "\xff\x9b", "\x1b[\x1b[m", "\r\n\x00\x7f"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		safe := string(appendSafe([]byte("before "), message))
		if !strings.HasPrefix(safe, "before ") {
			t.Fatalf("%q: what stood before is changed", safe)
		}
		checkHarmless(t, safe[len("before "):])
		if plain(message) && safe != "before "+string(message) {
			t.Errorf("%q is plain and becomes %q", message, safe)
		}
	})
}
