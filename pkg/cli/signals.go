package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// interrupted is why a context ended that a signal has ended.
type interrupted struct{ signal syscall.Signal }

func (i interrupted) Error() string { return "interrupted by " + i.signal.String() }

// withSignals returns a context that the first SIGINT, SIGTERM, SIGHUP or SIGQUIT ends, so that
// the command can leave things clean; a second one kills at once, as always.
func withSignals(ctx context.Context) (context.Context, context.CancelFunc) {
	// Without this, Go ends a process whose stdout is closed before it could
	// clean up; now the write returns EPIPE.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			if s, ok := s.(syscall.Signal); ok {
				cancel(interrupted{s})
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

func isInterrupted(ctx context.Context) bool {
	var interrupt interrupted
	return errors.As(context.Cause(ctx), &interrupt)
}
