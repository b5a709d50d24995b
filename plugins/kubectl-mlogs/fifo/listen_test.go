//go:build unix

package fifo

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

func listen(t *testing.T, p *Pipe, patience time.Duration) *listener {
	t.Helper()
	l, err := p.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	l.(*listener).patience = patience
	return l.(*listener)
}

func say(t *testing.T, p *Pipe, text string) {
	t.Helper()
	f := openFor(t, p, os.O_WRONLY)
	if _, err := f.WriteString(text); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestListenHearsAllWriters(t *testing.T) {
	const writers, lines = 8, 50
	p := newPipe(t)
	l := listen(t, p, patience)
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for line := range lines { // each time a writer comes and goes
				say(t, p, fmt.Sprintf("%d %d %s\n", writer, line, strings.Repeat("x", writer*100)))
			}
		})
	}
	next := make([]int, writers)
	within(t, "all lines", func() {
		from := bufio.NewReader(l)
		for range writers * lines {
			text, err := from.ReadString('\n')
			var writer, line int
			var rest string
			if _, scanned := fmt.Sscanf(text, "%d %d %s", &writer, &line, &rest); err != nil || scanned != nil && writer > 0 {
				t.Errorf("read %q: %v, %v", text, err, scanned)
				return
			}
			if line != next[writer] || len(rest) != writer*100 {
				t.Errorf("line %d of writer %d with %d bytes, want line %d", line, writer, len(rest), next[writer])
			}
			next[writer]++
		}
	})
	all.Wait()
}

func TestListenToAShell(t *testing.T) {
	p := newPipe(t)
	l := listen(t, p, patience)
	if out, err := exec.Command("sh", "-c", `echo hello > "$0"; echo "$(printf 'two\nlines')" > "$0"`, p.path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, want := take(t, l, 16), "hello\ntwo\nlines\n"; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestUnfinishedLine(t *testing.T) {
	t.Run("is told after a second", func(t *testing.T) {
		t.Parallel()
		p := newPipe(t)
		l := listen(t, p, patience)
		say(t, p, "half")
		begin := time.Now()
		if got := take(t, l, 5); got != "half\n" {
			t.Errorf("read %q", got)
		}
		if took := time.Since(begin); took < 900*time.Millisecond {
			t.Errorf("a newline came after %v", took)
		}
		say(t, p, "whole\n")
		if got := take(t, l, 6); got != "whole\n" {
			t.Errorf("read %q, want no second newline", got)
		}
	})
	t.Run("is told once", func(t *testing.T) {
		p := newPipe(t)
		l := listen(t, p, time.Millisecond)
		say(t, p, "half")
		if got := take(t, l, 5); got != "half\n" {
			t.Errorf("read %q", got)
		}
		read := later(func() error { _, err := l.Read(make([]byte, 9)); return err })
		pending(t, "Read", read)
	})
	t.Run("that goes on in time stays one", func(t *testing.T) {
		p := newPipe(t)
		l := listen(t, p, time.Minute)
		say(t, p, "one ")
		time.Sleep(moment)
		say(t, p, "line\n")
		if got := take(t, l, 9); got != "one line\n" {
			t.Errorf("read %q", got)
		}
	})
	t.Run("whose end has come while nobody read", func(t *testing.T) {
		p := newPipe(t)
		l := listen(t, p, time.Millisecond)
		say(t, p, "one ")
		if n, err := l.Read(make([]byte, 9)); n != 4 || err != nil {
			t.Fatalf("Read = %d, %v", n, err)
		}
		say(t, p, "line\n")
		time.Sleep(10 * time.Millisecond)
		if got := take(t, l, 5); got != "line\n" {
			t.Errorf("read %q", got)
		}
	})
}

func TestCloseEndsRead(t *testing.T) {
	p := newPipe(t)
	l := listen(t, p, patience)
	var n int
	buf := []byte("untouched")
	read := later(func() (err error) { n, err = l.Read(buf); return })
	pending(t, "Read", read)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := outcome(t, "Read", read); err != io.EOF || n != 0 || string(buf) != "untouched" {
		t.Errorf("Read = %d, %v, %q", n, err, buf)
	}
	if n, err := l.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("after Close, Read = %d, %v", n, err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}

func TestListenAlone(t *testing.T) {
	p := newPipe(t)
	if p.hasReader() {
		t.Error("a pipe that nobody uses has a reader")
	}
	first := listen(t, p, patience)
	if !p.hasReader() {
		t.Error("a pipe with a listener has no reader")
	}
	again, err := Make(p.path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // being refused changes nothing
		if l, err := again.Listen(); err == nil {
			l.Close()
			t.Fatal("two listen to one pipe")
		} else if got, want := err.Error(), p.path+" is in use by another process"; !strings.Contains(got, want) {
			t.Errorf("error = %q, want %q", got, want)
		}
	}
	say(t, p, "to the first\n")
	if got := take(t, first, 13); got != "to the first\n" {
		t.Errorf("read %q", got)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	listen(t, again, patience)
}
