package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
)

// killPatience is how long a program that was told to end may take.
const killPatience = 10 * time.Second

// runCommand runs a program on our streams and returns its exit code as a *cli.Exit.
// Signals are the program's: at Ctrl-C psql cancels a query and goes on. Only where ctx
// ends by itself the program is told to end.
func runCommand(ctx context.Context, streams genericiooptions.IOStreams, args, env []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = streams.In, streams.Out, streams.ErrOut
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second // a child of its own may hold the streams
	// Caught before it starts, so that none ends us and leaves it.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the command after --: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	ended := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case err := <-done:
			return exitOf(cmd.ProcessState, err)
		case s := <-signals:
			// A terminal tells all of its foreground programs by itself.
			if !fromTerminal(s, streams) {
				cmd.Process.Signal(s) //nolint:errcheck // it may have ended
			}
		case <-ended:
			ended = nil
			if errors.Is(context.Cause(ctx), context.Canceled) { // by nobody's signal
				cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
				late = time.After(killPatience)
			}
		case <-late:
			cmd.Process.Kill() //nolint:errcheck // it may have ended
		}
	}
}

func fromTerminal(s os.Signal, streams genericiooptions.IOStreams) bool {
	return (s == syscall.SIGINT || s == syscall.SIGQUIT) && cli.IsTerminal(streams.In)
}

// exitOf is the program's exit code, 128 and the number of the signal that ended it, as
// shells have it.
func exitOf(state *os.ProcessState, err error) error {
	if state == nil {
		return err
	}
	code := state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return &cli.Exit{Code: code, Final: true}
}
