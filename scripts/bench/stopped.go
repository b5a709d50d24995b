//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	stoppedPods  = 200
	stoppedLines = 10_000 // of history of each: 260 MB in all
	stoppedRate  = 200    // lines a second of each while nobody reads
	beforeStop   = 50_000 // lines that are read before
	// stoppedMemory is half of what is written, so that nobody meets it who
	// gathers what is not read.
	stoppedMemory = 160 * 1e6
)

// stopped reads some output, then nothing for a while, then all the rest, and
// checks that each container's lines came complete and in order: of the history
// alone, which is dense, and of containers that write meanwhile.
func (s settings) stopped(ctx context.Context, out io.Writer) ([]bar, error) {
	source, err := startSource(ctx, stoppedPods, stoppedLines, "-same")
	if err != nil {
		return nil, err
	}
	defer source.close()
	more := int(s.stop.Seconds() * stoppedRate)
	idle := func() error { return nil }
	write := func() error {
		err := source.do("write %d %d", more, stoppedRate)
		return errors.Join(err, source.do("end"))
	}
	var rows []row
	var bars []bar
	for _, run := range []struct {
		flag      string
		lines     int
		meanwhile func() error
	}{{"--no-follow", stoppedLines, idle}, {"--until-done", stoppedLines + more, write}} {
		f, problem, err := s.stopOnce(ctx, source, run.flag, run.lines, run.meanwhile)
		if err != nil {
			return nil, err
		}
		name := mlogs + " " + run.flag
		rows = append(rows, row{name, f})
		bars = append(bars,
			atMost("peak RSS of "+name+", stopped", f.rss, stoppedMemory, megabytes),
			holds("lines of "+name+", stopped", "every one once", problem))
	}
	printRows(out, fmt.Sprintf("stopped: %d containers, %d lines each and then %d more; the output was not read for %s",
		stoppedPods, stoppedLines, more, s.stop), rows)
	return bars, nil
}

// stopOnce is one run. problem is what was wrong with its lines.
func (s settings) stopOnce(ctx context.Context, source *remote, flag string, lines int, meanwhile func() error) (f figures, problem, err error) {
	p, err := source.start(ctx, []string{s.binary, "-n", namespace, "-l", "app=" + podLabel, flag})
	if err != nil {
		return f, nil, err
	}
	done := make(chan error, 1)
	go func() { done <- meanwhile() }()
	problem = s.readWithStop(p.stdout, lines)
	f, err = p.finish()
	return f, problem, errors.Join(err, <-done)
}

// readWithStop reads to the end, with the stop. want is how many lines each
// container has to print.
func (s settings) readWithStop(from io.Reader, want int) error {
	next := map[string]int{}
	var problem error
	lines := 0
	scanner := bufio.NewScanner(from)
	for ; scanner.Scan(); lines++ {
		if lines == beforeStop {
			time.Sleep(s.stop)
		}
		pod, n, err := messageNumber(scanner.Text())
		if err == nil && n != next[pod] {
			err = fmt.Errorf("%s: line %d where %d should come", pod, n, next[pod])
		}
		// The pipe is read to its end all the same: the writer must be able to end.
		if problem == nil {
			problem = err
		}
		next[strings.Clone(pod)] = n + 1
	}
	if problem == nil && lines != want*stoppedPods {
		problem = fmt.Errorf("%d lines, not %d", lines, want*stoppedPods)
	}
	return errors.Join(problem, scanner.Err())
}
