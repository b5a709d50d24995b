package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// Main runs a plugin on the process's own arguments and streams and returns its
// exit code. The command's context ends at the first signal that asks it to end.
func Main(ctx context.Context, build func(genericiooptions.IOStreams) *cobra.Command) int {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	quietClient()
	ctx, stop := withSignals(ctx)
	defer stop()
	cmd := build(streams)
	cmd.SetIn(streams.In)
	cmd.SetOut(streams.Out)
	cmd.SetErr(streams.ErrOut)
	return report(ctx, cmd.ExecuteContext(ctx), streams.ErrOut)
}

// report prints an error once, in kubectl's form, and maps it to the exit code.
func report(ctx context.Context, err error, to io.Writer) int {
	code := ExitCode(ctx, err)
	var silent *Exit
	switch {
	case err == nil || code == 0 || isInterrupted(ctx):
	case errors.As(err, &silent) && silent.Err == nil:
	default:
		fmt.Fprintf(to, "error: %s\n", Visible(Explain(err)))
	}
	return code
}

// The exit codes of the suite.
const (
	CodeOK      = 0
	CodeError   = 1
	CodeFinding = 3 // a check, or a container, failed; the plugin itself did its job
)

// Exit is an error with an exit code of its own. A nil Err prints nothing.
type Exit struct {
	Code int
	Err  error
	// Final says that the code holds after a signal, too: it is of a program that was run,
	// which got the signal as well.
	Final bool
}

func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the error that is printed.
func (e *Exit) Unwrap() error { return e.Err }

// ExitCode maps the outcome of a command to its exit code: 128 + the signal
// after an interrupt, 0 when the reader of our output has simply left.
func ExitCode(ctx context.Context, err error) int {
	var interrupt interrupted
	var exit *Exit
	var network *net.OpError // a connection's EPIPE is not that of our output
	switch {
	case errors.As(err, &exit) && exit.Final:
		return exit.Code
	case errors.As(context.Cause(ctx), &interrupt):
		return 128 + int(interrupt.signal)
	case err == nil || (errors.Is(err, syscall.EPIPE) && !errors.As(err, &network)):
		return CodeOK
	case errors.As(err, &exit):
		return exit.Code
	default:
		return CodeError
	}
}

// UsageErrorf is an error of how the command was called.
func UsageErrorf(cmd *cobra.Command, format string, args ...any) error {
	return fmt.Errorf(format+"\nSee '%s --help' for help and examples", append(args, cmd.CommandPath())...)
}
