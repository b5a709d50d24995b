package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/kubechores/kubechores/scripts/demo/world"
)

// shouted is what the demo says into the named pipe.
const shouted = "deploy 42 started"

// pipes reports whether mlogs has named pipes here.
const pipes = runtime.GOOS != "windows"

// fileScreen reads files in containers, joined by what comes through a pipe.
func (s *show) fileScreen(pipe string) screen {
	live := s.live * 3 / 4
	title := fmt.Sprintf("Log files inside the containers, for %s", live)
	args := []string{"deploy/web", "--file", world.AuditLog, "--tail", "3"}
	happen := func(context.Context) {}
	if pipes {
		title += fmt.Sprintf(", and what other programs say:\n   echo %q > PIPE", shouted)
		args = append(args, "--fifo", pipe)
		happen = func(ctx context.Context) {
			time.AfterFunc(live/3, func() { shout(ctx, pipe, shouted) })
		}
	}
	return screen{title: title, plugin: mlogs, args: args, play: func(ctx context.Context, plugin string, args []string) error {
		return s.forAWhile(ctx, live, plugin, args, happen)
	}}
}

// shout writes a line into the pipe as soon as mlogs has made it. It never waits
// within a system call: a pipe that nobody reads cannot be opened so, and is
// tried again.
func shout(ctx context.Context, pipe, line string) {
	for ctx.Err() == nil {
		if f, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_, _ = f.WriteString(line + "\n") // what fails is only less to see
			_ = f.Close()
			return
		}
		_ = sleep(ctx, 100*time.Millisecond)
	}
}
