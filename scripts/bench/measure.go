//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// figures are those of one run of a client.
type figures struct {
	wall time.Duration
	cpu  time.Duration // user and system
	rss  int64         // bytes, at the peak
}

// process is a client that runs. Its stdout is to be read by whoever started it.
type process struct {
	cmd    *exec.Cmd
	stdout io.ReadCloser
	stderr bytes.Buffer
	start  time.Time
}

// start runs a client against the source.
func (r *remote) start(ctx context.Context, argv []string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...)}
	p.cmd.Env = r.environ()
	p.cmd.Stderr = &p.stderr
	var err error
	if p.stdout, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	p.start = time.Now()
	return p, p.cmd.Start()
}

// finish waits for the process. Peak memory is the kernel's ru_maxrss, which
// begins at what this process had: under 40 MB.
func (p *process) finish() (figures, error) {
	err := p.cmd.Wait()
	f := figures{wall: time.Since(p.start)}
	if p.cmd.ProcessState == nil {
		return f, err
	}
	f.cpu = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	if usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.rss = usage.Maxrss << 10
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(p.cmd.Args, " "), err, &p.stderr)
	}
	return f, err
}

// measure runs a client to its end and counts the lines that it prints.
func (r *remote) measure(ctx context.Context, c client) (f figures, lines int, err error) {
	p, err := r.start(ctx, c.argv)
	if err != nil {
		return f, 0, err
	}
	lines, readErr := countLines(p.stdout, c.endless)
	if c.endless > 0 {
		p.cmd.Process.Kill()
		f, _ = p.finish() // its exit code tells only that we ended it
		return f, lines, readErr
	}
	if f, err = p.finish(); err == nil {
		err = readErr
	}
	return f, lines, err
}

// countLines counts to the end, or to enough lines where that is not 0.
func countLines(from io.Reader, enough int) (lines int, err error) {
	buf := make([]byte, 256<<10)
	for enough == 0 || lines < enough {
		n, err := from.Read(buf)
		lines += bytes.Count(buf[:n], []byte("\n"))
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
	return lines, nil
}

// median of each figure on its own.
func median(runs []figures) figures {
	middle := func(of func(figures) int64) int64 {
		var all []int64
		for _, f := range runs {
			all = append(all, of(f))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return figures{
		wall: time.Duration(middle(func(f figures) int64 { return int64(f.wall) })),
		cpu:  time.Duration(middle(func(f figures) int64 { return int64(f.cpu) })),
		rss:  middle(func(f figures) int64 { return f.rss }),
	}
}
