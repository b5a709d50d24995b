//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

const (
	pastPods   = 4
	orderLines = 10_000 // of each pod, where the order is checked
	helpRuns   = 20
)

// past compares how long reading all that there is takes.
func (s settings) past(ctx context.Context, out io.Writer) ([]bar, error) {
	source, err := startSource(ctx, pastPods, s.lines)
	if err != nil {
		return nil, err
	}
	defer source.close()
	clients := readers(s.binary, source, pastPods, s.lines)
	runs := map[string][]figures{}
	for round := range s.rounds + 1 {
		for _, c := range clients {
			f, lines, err := source.measure(ctx, c)
			if err != nil {
				return nil, err
			}
			if want := pastPods * s.lines; lines != want {
				return nil, fmt.Errorf("%s printed %d lines, not %d", c.name, lines, want)
			}
			if round > 0 {
				runs[c.name] = append(runs[c.name], f)
			}
		}
	}
	result := map[string]figures{}
	var rows []row
	for _, c := range clients {
		result[c.name] = median(runs[c.name])
		rows = append(rows, row{c.name, result[c.name]})
	}
	printRows(out, fmt.Sprintf("past: %d pods x %d lines of %d bytes, read once; median of %d rounds", pastPods, s.lines, lineSize, s.rounds), rows)
	help, err := s.helpTime(ctx, source)
	if err != nil {
		return nil, err
	}
	return append(pastBars(result), help, holds("order of 4 merged logs", "by time", s.order(ctx))), nil
}

// pastBars are those bars whose peers were there.
func pastBars(result map[string]figures) []bar {
	own := result[mlogs]
	bars := []bar{atMost("peak RSS of mlogs", own.rss, 64*1e6, megabytes)}
	for _, b := range []struct {
		peer      string
		wall, cpu float64 // times that of the peer; 0 is no bar
	}{{curl, 1.5, 0}, {kubectl, 1.0 / 10, 0}, {stern, 1.0 / 20, 1.0 / 15}} {
		peer, measured := result[b.peer]
		if !measured {
			continue
		}
		bars = append(bars, ratio("wall of mlogs / "+b.peer, int64(own.wall), int64(peer.wall), b.wall))
		if b.cpu > 0 {
			bars = append(bars, ratio("CPU of mlogs / "+b.peer, int64(own.cpu), int64(peer.cpu), b.cpu))
		}
	}
	return bars
}

// helpTime is how long the program takes to start and say what it is.
func (s settings) helpTime(ctx context.Context, source *remote) (bar, error) {
	var runs []figures
	for range helpRuns {
		f, _, err := source.measure(ctx, client{name: "help", argv: []string{s.binary, "--help"}})
		if err != nil {
			return bar{}, err
		}
		runs = append(runs, f)
	}
	return atMost("--help", int64(median(runs).wall), int64(8*time.Millisecond), func(ns int64) string {
		return fmt.Sprintf("%.1f ms", float64(ns)/1e6)
	}), nil
}

// order checks on a smaller source that lines come in order of time across all
// pods: times of one zone compare as text.
func (s settings) order(ctx context.Context) error {
	source, err := startSource(ctx, pastPods, orderLines)
	if err != nil {
		return err
	}
	defer source.close()
	cmd := exec.CommandContext(ctx, s.binary, "-n", namespace, "-l", "app="+podLabel, "--no-follow", "--timestamps", "--timezone", "UTC")
	cmd.Env = source.environ()
	output, err := cmd.Output()
	if err != nil {
		return err
	}
	last, lines, switches, lastPod := "", 0, 0, ""
	for scanner := bufio.NewScanner(strings.NewReader(string(output))); scanner.Scan(); lines++ {
		words := strings.Fields(scanner.Text())
		if words[2] < last {
			return fmt.Errorf("line %d is of %s, after one of %s", lines+1, words[2], last)
		}
		if words[0] != lastPod {
			switches++
		}
		lastPod, last = words[0], words[2]
	}
	if lines != pastPods*orderLines || switches < lines/2 {
		return fmt.Errorf("%d lines with %d changes of pod", lines, switches)
	}
	return nil
}
