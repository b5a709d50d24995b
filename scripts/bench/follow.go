//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

const (
	followPods  = 1000
	followLines = 20 // of history of each
	followTime  = 30 * time.Second
)

// follow measures the time until the streams of many containers are open, and
// checks that all of them live: each then gets one more line, which must come.
func (s settings) follow(ctx context.Context, out io.Writer) ([]bar, error) {
	clients := []client{{name: mlogs, argv: []string{s.binary, "-n", namespace, "-l", "app=" + podLabel}}}
	if _, err := exec.LookPath("stern"); err == nil {
		// With its default flags stern opens 5 streams a second, and so does
		// kubectl: that is 200 s.
		clients = append(clients, client{name: "stern --qps 5000", argv: []string{"stern", "-n", namespace, "-l", "app=" + podLabel, ".",
			"--color", "never", "--max-log-requests", fmt.Sprint(followPods), "--qps", "5000", "--burst", "5000"}})
	}
	runs := map[string][]figures{}
	for round := range s.rounds + 1 {
		for _, c := range clients {
			f, err := s.attach(ctx, c)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				runs[c.name] = append(runs[c.name], f)
			}
		}
	}
	var rows []row
	for _, c := range clients {
		rows = append(rows, row{c.name, median(runs[c.name])})
	}
	printRows(out, fmt.Sprintf("follow: %d containers to follow, time until all streams are open; median of %d rounds", followPods, s.rounds), rows)
	own := rows[0].figures
	return []bar{
		atMost("1,000 containers attached", own.wall.Seconds(), 2, func(s float64) string { return fmt.Sprintf("%.2f s", s) }),
		atMost("peak RSS with 1,000 containers", own.rss, 128*1e6, megabytes),
	}, nil
}

// attach runs a client on a fresh source until all streams are open.
func (s settings) attach(ctx context.Context, c client) (f figures, err error) {
	source, err := startSource(ctx, followPods, followLines)
	if err != nil {
		return f, err
	}
	defer source.close()
	p, err := source.start(ctx, c.argv)
	if err != nil {
		return f, err
	}
	counted := make(chan error, 1)
	go func() {
		_, err := countLines(p.stdout, followPods*(followLines+1))
		counted <- err
	}()
	err = source.do("streams %d", followPods)
	attached := time.Since(p.start)
	if err == nil {
		err = source.do("write 1 1000")
	}
	if err == nil {
		select {
		case err = <-counted:
		case <-time.After(followTime):
			err = fmt.Errorf("not every line of %d streams came within %s", followPods, followTime)
		}
	}
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	go io.Copy(io.Discard, p.stdout)
	f, _ = p.finish() // its exit code tells only of the signal
	f.wall = attached
	return f, err
}
