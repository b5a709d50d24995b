package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{
		"y\n": true, "Y\n": true, "yes\n": true, " YES \r\n": true,
		"\n": false, "n\n": false, "no\n": false, "yess\n": false, "ye\n": false, "j\n": false,
	} {
		var out bytes.Buffer
		got, err := ask(t.Context(), strings.NewReader(answer), &out, "Delete a\x1b[2J?")
		if err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", answer, got, err, want)
		}
		if out.String() != "Delete a\\u001b[2J? [y/N] " {
			t.Errorf("asked %q", out.String())
		}
	}
}

// What is typed after the answer is for somebody else.
func TestAskTakesOneLine(t *testing.T) {
	t.Parallel()
	in := strings.NewReader("y\nn\nrest")
	for _, want := range []bool{true, false} {
		if got, err := ask(t.Context(), in, io.Discard, "?"); err != nil || got != want {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	if rest, _ := io.ReadAll(in); string(rest) != "rest" {
		t.Errorf("left: %q", rest)
	}
}

func TestAskWithoutAnswer(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		in   io.Reader
		out  io.Writer
		want error
	}{
		"a failing reader":       {iotest.ErrReader(broken), io.Discard, broken},
		"a closed reader":        {strings.NewReader(""), io.Discard, io.ErrUnexpectedEOF},
		"closed within a line":   {strings.NewReader("y"), io.Discard, io.ErrUnexpectedEOF},
		"nowhere to ask":         {strings.NewReader("y\n"), brokenWriter{}, errBroken},
		"an error with the text": {iotest.DataErrReader(strings.NewReader("yes")), io.Discard, io.ErrUnexpectedEOF},
	} {
		if got, err := ask(t.Context(), test.in, test.out, "?"); got || !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
		}
	}
	if got, err := ask(t.Context(), strings.NewReader(strings.Repeat(" ", 10000)+"y\n"), io.Discard, "?"); got || err == nil {
		t.Errorf("a long answer: %v, %v", got, err)
	}
}

// Ctrl-C ends the question at once, and what is typed later is not taken for an
// answer; one byte of it is lost.
func TestAskIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		in, typed := io.Pipe()
		var out bytes.Buffer
		result := make(chan error, 1)
		go func() {
			got, err := ask(ctx, in, &out, "?")
			if got {
				t.Error("taken for yes")
			}
			result <- err
		}()
		if _, err := typed.Write([]byte("ye")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // for the reader to ask for the next byte
		why := errors.New("why")
		cancel(why)
		if err := <-result; !errors.Is(err, why) {
			t.Errorf("error %v, want %v", err, why)
		}
		if !strings.HasSuffix(out.String(), "\n") {
			t.Errorf("the shell's prompt would follow %q", out.String())
		}
		go func() { _, _ = typed.Write([]byte("s\nls\n")) }()
		synctest.Wait()
		rest := make([]byte, len("\nls\n"))
		if _, err := io.ReadFull(in, rest); err != nil || string(rest) != "\nls\n" {
			t.Errorf("left: %q, %v", rest, err)
		}
		out.Reset()
		if got, err := ask(ctx, strings.NewReader("y\n"), &out, "?"); got || !errors.Is(err, why) || out.Len() > 0 {
			t.Errorf("after the end: %v, %v, asked %q", got, err, out.String())
		}
	})
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	tty := terminal(t)
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, streams := range map[string]genericiooptions.IOStreams{
		"stdin is a file":  {In: file, ErrOut: tty},
		"stdin is a text":  {In: strings.NewReader("y\n"), ErrOut: tty},
		"stderr is a file": {In: tty, ErrOut: file},
	} {
		if got, err := Confirm(t.Context(), streams, "?", false); got || err == nil || !strings.Contains(err.Error(), "--yes") {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if got, err := Confirm(t.Context(), streams, "?", true); !got || err != nil {
			t.Errorf("%s, with --yes: %v, %v", name, got, err)
		}
	}
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("asked in a file: %v, %v", info, err)
	}
}
