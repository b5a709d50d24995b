package clitest

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
)

// waits is a command that says what it reads, and goes on until it is interrupted.
func waits(streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{Use: "waits", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, args []string) error {
		text, err := io.ReadAll(streams.In)
		if err != nil {
			return err
		}
		fmt.Fprintf(streams.Out, "read %s %q\n", text, args)
		fmt.Fprintln(streams.ErrOut, "waiting")
		<-cmd.Context().Done()
		return &cli.Exit{Code: cli.CodeFinding, Err: errors.New("it was stopped")}
	}}
}

func TestInvocation(t *testing.T) {
	m := Start(t, waits, "stdin", "a", "b")
	m.Prints("read stdin [\"a\" \"b\"]\n")
	m.Says("waiting\n")
	m.GoesOn(time.Millisecond)
	err := m.Stop()
	ExpectError(t, err, "it was stopped")
	if code := ExitCode(err); code != cli.CodeFinding {
		t.Errorf("exit code %d", code)
	}
	if out, talk, again := m.Run(); out != "read stdin [\"a\" \"b\"]\n" || talk != "waiting\n" || !errors.Is(again, err) {
		t.Errorf("%q, %q, %v", out, talk, again)
	}
}

// TestLeftAlone: a command that a test leaves running ends with the test.
func TestLeftAlone(t *testing.T) {
	var m *Invocation
	t.Run("", func(t *testing.T) { m = Start(t, waits, "") })
	select {
	case err := <-m.done:
		ExpectError(t, err, "it was stopped")
	default:
		t.Error("it still runs")
	}
}

func TestExitCode(t *testing.T) {
	for want, err := range map[int]error{0: nil, 1: errors.New("x"), 7: fmt.Errorf("x: %w", &cli.Exit{Code: 7})} {
		if got := ExitCode(err); got != want {
			t.Errorf("of %v: %d", err, got)
		}
	}
}
