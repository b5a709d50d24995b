package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

// terminal returns a stream that is a terminal.
func terminal(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil || !IsTerminal(f) {
		t.Skip("no pseudo-terminal here")
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestColourWanted(t *testing.T) {
	tty := terminal(t)
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, test := range []struct {
		name          string
		mode          ColourMode
		noColor, term string
		to            io.Writer
		want          bool
	}{
		{"a terminal", ColourAuto, "", "xterm", tty, true},
		{"no TERM", ColourAuto, "", "", tty, true},
		{"NO_COLOR", ColourAuto, "1", "xterm", tty, false},
		{"NO_COLOR of any value", ColourAuto, "0", "xterm", tty, false},
		{"a dumb terminal", ColourAuto, "", "dumb", tty, false},
		{"a file", ColourAuto, "", "xterm", file, false},
		{"a buffer", ColourAuto, "", "xterm", &bytes.Buffer{}, false},
		{"always, in a file", ColourAlways, "", "xterm", file, true},
		{"always, whatever the environment says", ColourAlways, "1", "dumb", tty, true},
		{"never", ColourNever, "", "xterm", tty, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", test.noColor)
			t.Setenv("TERM", test.term)
			if got := test.mode.Wanted(test.to); got != test.want {
				t.Errorf("wanted = %v, want %v", got, test.want)
			}
		})
	}
}

func TestColourMode(t *testing.T) {
	for _, good := range []string{"auto", "always", "never"} {
		var m ColourMode
		if err := m.Set(good); err != nil || m.String() != good {
			t.Errorf("Set(%q) = %v, then %q", good, err, m.String())
		}
	}
	for _, bad := range []string{"", "Always", "true", "yes"} {
		m := ColourAuto
		if err := m.Set(bad); err == nil || m != ColourAuto {
			t.Errorf("Set(%q) = %v, then %q", bad, err, m)
		}
	}
}

func TestNotices(t *testing.T) {
	for _, test := range []struct{ format, arg, want string }{
		{"%s", "plain", "mlogs: plain\n"},
		{"%s", "grüße 日本", "mlogs: grüße 日本\n"},
		{"a %s b", "\x1b[2J\r\x00\x7f", "mlogs: a \\u001b[2J\\u000d\\u0000\\u007f b\n"},
		{"%s", "\u0085\u009b", "mlogs: \\u0085\\u009b\n"},
		{"%s", "raw \x9b31m", "mlogs: raw \ufffd31m\n"},
		{"%s", "raw \x9b and \x1b", "mlogs: raw \ufffd and \\u001b\n"},
		{"%s", "tab\tand\nnewline", "mlogs: tab\tand\nnewline\n"},
		{"100%% of %s", "x", "mlogs: 100% of x\n"},
	} {
		var out bytes.Buffer
		NewNotices(&out, "mlogs").Printf(test.format, test.arg)
		if got := out.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// oneWrite fails when a notice comes in pieces.
type oneWrite struct {
	t     *testing.T
	lines int
}

func (w *oneWrite) Write(p []byte) (int, error) {
	if s := string(p); !strings.HasPrefix(s, "mlogs: ") || !strings.HasSuffix(s, "\n") || strings.Count(s, "\n") != 1 {
		w.t.Errorf("written: %q, want one whole line", s)
	}
	w.lines++ // guarded by the Notices; the race detector watches
	return len(p), nil
}

func TestNoticesFromManySides(t *testing.T) {
	to := &oneWrite{t: t}
	n := NewNotices(to, "mlogs")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				n.Printf("from %d", i)
			}
		})
	}
	all.Wait()
	if to.lines != 400 {
		t.Errorf("%d lines, want 400", to.lines)
	}
}

func TestTable(t *testing.T) {
	table := NewTable("NAME", "AGE")
	table.Add("web-0", 5)
	table.Add("a-longer-name", "3d")
	table.Add("bad\x1b[2J\r", "1")
	var out bytes.Buffer
	if err := table.Print(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want a heading and three rows: %q", len(lines), out.String())
	}
	for i, want := range [][]string{{"NAME", "AGE"}, {"web-0", "5"}, {"a-longer-name", "3d"}} {
		if got := strings.Fields(lines[i]); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("line %d: %q, want %q", i, got, want)
		}
	}
	column := strings.Index(lines[0], "AGE")
	if strings.Index(lines[1], "5") != column || strings.Index(lines[2], "3d") != column {
		t.Errorf("the columns are not aligned:\n%s", out.String())
	}
	if strings.ContainsAny(out.String(), "\x1b\r") {
		t.Errorf("control characters get through: %q", lines[3])
	}
}

// A line ends with its last word, also where the last cells are empty.
func TestTableHasNoTrailingBlanks(t *testing.T) {
	table := NewTable("NAME", "AGE", "NOTE")
	table.Add("web-0", "a long age", "")
	table.Add("web-1", "", "")
	table.Add("web-2", "", "a long note")
	table.Add("web-3 ", "5", "blank ")
	var out bytes.Buffer
	const want = "NAME     AGE          NOTE\nweb-0    a long age\nweb-1\nweb-2                 a long note\nweb-3    5            blank\n"
	if err := table.Print(&out); err != nil || out.String() != want {
		t.Errorf("%v:\n%s\nwant\n%s", err, out.String(), want)
	}
}

func TestTableWithoutRows(t *testing.T) {
	var out bytes.Buffer
	if err := NewTable("NAME").Print(&out); err != nil || strings.Count(out.String(), "\n") > 1 {
		t.Errorf("%v, %q", err, out.String())
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestTableThatCannotBeWritten(t *testing.T) {
	table := NewTable("NAME")
	table.Add("web-0")
	if err := table.Print(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want %v", err, errBroken)
	}
}

func TestVerbosity(t *testing.T) {
	t.Cleanup(func() {
		var v verbosity
		if err := v.Set("4"); err != nil { // the level that is set back has to be one that klog gets
			t.Error(err)
		}
		quietClient()
	})
	for _, test := range []struct {
		args []string
		want verbosity
		klog bool // level 6 of client-go is on
	}{
		{nil, 0, false},
		{[]string{"-v", "1"}, 1, false},
		{[]string{"-v3"}, 3, false},
		{[]string{"--v=6"}, 6, true},
		{[]string{"-v9"}, 9, true},
	} {
		var v verbosity
		fs := pflag.NewFlagSet("x", pflag.ContinueOnError)
		fs.VarP(&v, "v", "v", "")
		if err := fs.Parse(test.args); err != nil {
			t.Errorf("%q: %v", test.args, err)
		}
		if v != test.want || bool(klog.V(6).Enabled()) != test.klog {
			t.Errorf("%q: level %d, traces = %v; want %d, %v", test.args, v, klog.V(6).Enabled(), test.want, test.klog)
		}
		if klog.V(8).Enabled() {
			t.Errorf("%q: bodies of answers are logged, Secrets among them", test.args)
		}
		if v.String() != fmt.Sprint(int(test.want)) {
			t.Errorf("%q: String = %s", test.args, v.String())
		}
	}
	for _, bad := range []string{"", "x", "1.5"} {
		var v verbosity
		if err := v.Set(bad); err == nil {
			t.Errorf("Set(%q) is taken as %d", bad, v)
		}
	}
}

// What client-go finds wrong with a connection is told by the plugin, once.
func TestQuietClient(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = write
	quietClient()
	runtime.HandleError(errors.New("use of closed network connection"))
	klog.Warning("warned")
	klog.Flush()
	os.Stderr = stderr
	write.Close()
	if said, err := io.ReadAll(read); err != nil || len(said) > 0 {
		t.Errorf("on stderr: %q, %v", said, err)
	}
}
