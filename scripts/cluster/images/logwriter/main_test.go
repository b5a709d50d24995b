package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, args ...string) (stdout, stderr string, took time.Duration) {
	t.Helper()
	o, err := parse(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	started := time.Now()
	w := &writer{options: o, out: &out, errOut: &errOut}
	if ended, err := w.write(); ended || err != nil {
		t.Fatalf("write: ended %v, error %v", ended, err)
	}
	return out.String(), errOut.String(), time.Since(started)
}

func TestLineForm(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-lines=2", "-rate=0"}, "line 000000001\nline 000000002\n"},
		{[]string{"-lines=1", "-rate=0", "-prefix=a", "-size=16"}, "a 000000001 abcd\n"},
		{[]string{"-lines=1", "-rate=0", "-prefix=a", "-size=12"}, "a 000000001\n"},
		{[]string{"-lines=1", "-rate=0", "-prefix=a", "-size=3", "-start=41"}, "a 000000041\n"},
	} {
		if got, _, _ := write(t, test.args...); got != test.want {
			t.Errorf("%q: got %q, want %q", test.args, got, test.want)
		}
	}
}

func TestEveryLineHasItsSize(t *testing.T) {
	out, _, _ := write(t, "-lines=1000", "-rate=0", "-size=200")
	if lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n"); len(lines) != 1000 || len(out) != 1000*201 {
		t.Errorf("%d lines, %d bytes", len(lines), len(out))
	}
}

func TestStderrEvery(t *testing.T) {
	out, errOut, _ := write(t, "-lines=6", "-rate=0", "-stderr-every=3")
	if want := "line 000000003\nline 000000006\n"; errOut != want {
		t.Errorf("stderr: got %q, want %q", errOut, want)
	}
	if strings.Count(out, "\n") != 4 {
		t.Errorf("stdout: got %q, want 4 lines", out)
	}
}

func TestRateIsKeptOverAll(t *testing.T) {
	// Line 400 is due after 399 ms, whatever each single pause took.
	if _, _, took := write(t, "-lines=400", "-rate=1000"); took < 399*time.Millisecond || took > 2*time.Second {
		t.Errorf("400 lines at 1000 a second took %s", took)
	}
}

func TestBurstsKeepTheRate(t *testing.T) {
	w := writer{options: options{rate: 100, burst: 50}}
	for i, want := range map[int]time.Duration{0: 0, 49: 0, 50: 500 * time.Millisecond, 99: 500 * time.Millisecond, 100: time.Second} {
		if got := w.due(i); got != want {
			t.Errorf("line %d is due after %s, want %s", i, got, want)
		}
	}
}

func TestSignalEndsAfterAWholeLine(t *testing.T) {
	end := make(chan os.Signal, 1)
	end <- syscall.SIGTERM
	var out bytes.Buffer
	w := &writer{options: options{prefix: "x", rate: 0, burst: 1, start: 1}, out: &out, end: end, buf: []byte("x 000000000\n")}
	if ended, err := w.write(); !ended || err != nil {
		t.Fatalf("ended %v, error %v", ended, err)
	}
	if out.String() != "x 000000000\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestReopen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.log")
	w := &writer{options: options{prefix: "x", file: file}}
	for i, name := range []string{"app.log.1", "app.log"} {
		if err := w.open(); err != nil {
			t.Fatal(err)
		}
		if err := w.line(i); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := os.Rename(file, filepath.Join(filepath.Dir(file), name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"app.log.1": "x 000000000\n", "app.log": "x 000000001\n"} {
		if got, err := os.ReadFile(filepath.Join(filepath.Dir(file), name)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, args := range [][]string{{"-lines=-1"}, {"-burst=0"}, {"-rate=-1"}, {"-no-such-flag"}, {"word"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}
