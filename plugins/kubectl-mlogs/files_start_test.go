package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// linesOf are the messages of a pod's file that were printed.
func (m *invocation) linesOf(pod, file string) []string {
	var lines []string
	for line := range strings.Lines(m.Out.String()) {
		if rest, ok := strings.CutPrefix(line, pod+" app "+file+" "); ok {
			lines = append(lines, strings.TrimSuffix(rest, "\n"))
		}
	}
	return lines
}

// Of the past come the last lines; an unfinished one comes when it is finished.
func TestTailOfFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["busybox"])
	m.pod("web-0")
	var text strings.Builder
	for i := range 20_000 {
		text.WriteString(numbered(i+1) + "\n")
	}
	m.text("web-0", "app.log", text.String())
	m.text("web-0", "short.log", numbered(1)+"\n")
	begin := func(args ...string) *invocation {
		return start(t, m.srv, append([]string{"-n", "shop", "web", "--color=never", "--file", "app.log", "--file", "short.log", "--file", "none.log"}, args...)...)
	}
	for _, test := range []struct {
		args []string
		from int
	}{
		{nil, 19_991}, {[]string{"--tail", "3"}, 19_998}, {[]string{"--tail", "0"}, 20_001}, {[]string{"--tail", "10000"}, 10_001},
		{[]string{"--tail", "9223372036854775807"}, 1},
	} {
		t.Run(fmt.Sprint(test.args), func(t *testing.T) {
			all := append([]string{}, test.args...)
			run := begin(all...)
			run.Says("waiting for shop/web-0/app:none.log")
			run.Until("the past", func() bool { return len(run.linesOf("web-0", "app.log")) == 20_001-test.from })
			for i, line := range run.linesOf("web-0", "app.log") {
				if line != numbered(test.from+i) {
					t.Fatalf("line %d is %q, want %q", i, line, numbered(test.from+i))
				}
			}
			short := 1
			if test.from > 20_000 {
				short = 0
			}
			run.Until("the short file", func() bool { return len(run.linesOf("web-0", "short.log")) == short })
			_ = run.Stop()
		})
	}
	run, err := m.once("--file", "short.log", "--file", "app.log", "--tail", "2")
	if got := len(run.linesOf("web-0", "app.log")); err != nil || got != 2 {
		t.Errorf("--no-follow --tail 2 prints %d lines, %v", got, err)
	}
}

func TestTailOfAFileThatGrows(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.text("web-0", "app.log", "old\n"+numbered(1)+"\nline 00")
	run := start(t, m.srv, "-n", "shop", "web", "--color=never", "--file", "app.log", "--tail", "1")
	run.Prints(numbered(1))
	m.append("web-0", "app.log", "0002 end\n")
	m.write("web-0", "app.log", 3, 20)
	run.expectFile("web-0", "app.log", 20)
	// What is new, and comes after us, is read from its beginning.
	m.rename("web-0", "app.log", "app.log.1")
	m.write("web-0", "app.log", 21, 60)
	m.pod("web-1")
	m.write("web-1", "app.log", 1, 50)
	run.expectFile("web-0", "app.log", 60)
	run.Until("the new pod's", func() bool {
		return len(run.linesOf("web-1", "app.log")) >= 50 || strings.Contains(run.Out.String(), "web-1 app app.log "+numbered(50))
	})
	run.expectNoGap()
}

func TestSinceForFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	now := time.Now().UTC()
	stamp := func(ago time.Duration) string { return now.Add(-ago).Format(time.RFC3339Nano) }
	m.text("web-0", "app.log", "no time at the beginning\n"+stamp(time.Hour)+" old\n\tits stack\n"+stamp(time.Minute)+" new\n\tits stack too\n")
	run, err := m.once("--file", "app.log", "--since", "10m")
	got := run.linesOf("web-0", "app.log")
	want := []string{"no time at the beginning", stamp(time.Minute) + " new", "\tits stack too"}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q; %v", got, want, err)
	}
}

// --stdout adds the containers' own logs, and time puts all of it in order.
func TestStdoutWithFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	c := m.pod("web-0")
	base := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	var text strings.Builder
	for i := range 20 {
		at := base.Add(time.Duration(i) * time.Second)
		if i%2 == 0 {
			c.WriteAt(at, "own "+at.Format(time.TimeOnly))
		} else {
			fmt.Fprintf(&text, "%s file\n", at.Format(time.RFC3339))
		}
	}
	m.text("web-0", "app.log", text.String())
	run, err := m.once("--file", "app.log", "--stdout")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(run.Out.String()), "\n")
	for i, line := range lines {
		if own := !strings.Contains(line, " app.log "); own != (i%2 == 0) || len(lines) != 20 {
			t.Fatalf("line %d of %d is out of order: %s", i, len(lines), line)
		}
	}
}

func TestFilesAsJSON(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.text("web-0", "app.log", "2026-01-02T03:04:05Z hello\n")
	run, err := m.once("--file", "app.log", "-o", "json")
	var got struct{ Time, Pod, File, Message string }
	if e := json.Unmarshal([]byte(run.Out.String()), &got); e != nil || err != nil {
		t.Fatalf("%v, %v: %s", e, err, run.Out.String())
	}
	if got.Pod != "web-0" || got.File != "app.log" || got.Message != "2026-01-02T03:04:05Z hello" || got.Time != "2026-01-02T03:04:05.000000000Z" {
		t.Errorf("got %+v", got)
	}
}

// A prefix has a file's name, and where names are not enough its path.
func TestPrefixOfFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.text("web-0", "app.log", "one\n")
	path := m.path("web-0", "app.log")
	run, err := m.once("--file", path)
	if got := run.Out.String(); err != nil || got != "web-0 app app.log one\n" {
		t.Errorf("one folder: %q, %v", got, err)
	}
	run, err = m.once("--file", path, "--file", "app.log")
	if got := run.Out.String(); err != nil || !strings.Contains(got, "web-0 app "+path+" one\n") || !strings.Contains(got, "web-0 app app.log one\n") {
		t.Errorf("two folders: %q, %v", got, err)
	}
}

func TestLongAndUnfinishedLinesOfFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["busybox"])
	m.pod("web-0")
	long := strings.Repeat("0123456789", 50_000)
	m.text("web-0", "app.log", long+"\nshort\nunfinished")
	run, err := m.once("--file", "app.log", "--max-line", "10k")
	if got := run.linesOf("web-0", "app.log"); err != nil || len(got) != 3 || got[0] != long[:10_000]+"…[+490000 bytes]" || got[1] != "short" || got[2] != "unfinished" {
		t.Errorf("%d lines, %v", len(got), err)
	}
	follow := m.follow("--file", "app.log")
	follow.Prints("short")
	time.Sleep(500 * time.Millisecond)
	if strings.Contains(follow.Out.String(), "unfinished") {
		t.Error("an unfinished line is printed")
	}
	m.append("web-0", "app.log", " no more\n")
	follow.Prints("unfinished no more\n")
}
