package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// typist returns the two sides of a terminal: of who types, and of the program.
func typist(t *testing.T) (keyboard, program *os.File) {
	t.Helper()
	keyboard = terminal(t)
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminal here")
	}
	t.Cleanup(func() { _ = program.Close() })
	return keyboard, program
}

func TestConfirmOnATerminal(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{"y\n": true, "yes\n": true, "\n": false, "n\n": false} {
		keyboard, program := typist(t)
		streams := genericiooptions.IOStreams{In: program, ErrOut: program}
		screen := bufio.NewReader(keyboard)
		go func() { // the answer comes when the question has been seen
			if asked, err := screen.ReadString(']'); err != nil || asked != "Go on? [y/N]" {
				t.Errorf("asked %q, %v", asked, err)
			}
			_, _ = keyboard.WriteString(typed)
		}()
		if got, err := Confirm(t.Context(), streams, "Go on?", false); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", typed, got, err, want)
		}
	}
}

// Ctrl-D is no answer, and a terminal that is closed cannot give one.
func TestConfirmOnATerminalThatIsClosed(t *testing.T) {
	t.Parallel()
	keyboard, program := typist(t)
	streams := genericiooptions.IOStreams{In: program, ErrOut: program}
	if _, err := keyboard.WriteString("\x04"); err != nil {
		t.Fatal(err)
	}
	if got, err := Confirm(t.Context(), streams, "Go on?", false); got || err == nil || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("Ctrl-D: %v, %v", got, err)
	}
	if err := keyboard.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := Confirm(t.Context(), streams, "Go on?", false); got || err == nil {
		t.Errorf("closed: %v, %v", got, err)
	}
}

func TestConfirmOnATerminalIsCancelled(t *testing.T) {
	t.Parallel()
	keyboard, program := typist(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = bufio.NewReader(keyboard).ReadString(']')
		cancel()
	}()
	streams := genericiooptions.IOStreams{In: program, ErrOut: program}
	if got, err := Confirm(ctx, streams, "Go on?", false); got || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", got, err)
	}
}
