//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

const (
	stagger    = "stagger"
	planTime   = 10 * time.Second
	planMemory = 300 * 1e6
)

// plan measures a dry run of kubectl-stagger over a large cluster: all of its nodes
// and pods come from the API, and a plan goes out.
func (s settings) plan(ctx context.Context, out io.Writer) ([]bar, error) {
	source, err := startSource(ctx, s.pods, 0, "-nodes", strconv.Itoa(s.nodes))
	if err != nil {
		return nil, err
	}
	defer source.close()
	var runs []figures
	var problem error
	for round := range s.rounds + 1 {
		f, err := s.planOnce(ctx, source)
		if errors.Is(err, errNoPlan) {
			problem = err
		} else if err != nil {
			return nil, err
		}
		if round > 0 { // the first one makes the server's answers, too
			runs = append(runs, f)
		}
	}
	result := median(runs)
	printRows(out, fmt.Sprintf("plan: %d nodes and %d pods, read from the API, and a plan for them; median of %d rounds", s.nodes, s.pods, s.rounds),
		[]row{{stagger, result}})
	return planBars(result, problem), nil
}

func planBars(f figures, problem error) []bar {
	return []bar{
		atMost("wall of "+stagger+", plan", int64(f.wall), int64(planTime), func(ns int64) string { return fmt.Sprintf("%.1f s", time.Duration(ns).Seconds()) }),
		atMost("peak RSS of "+stagger+", plan", f.rss, planMemory, megabytes),
		holds("plan of "+stagger, "of all nodes", problem),
	}
}

// errNoPlan is that what was printed is no plan for the nodes.
var errNoPlan = errors.New("not a plan of all nodes")

// planOnce makes one plan. Without gcloud and its credentials nobody is asked about
// the machines but the API server; that they would be made anew by a command has
// the plan accepted.
func (s settings) planOnce(ctx context.Context, source *remote) (figures, error) {
	p, err := source.start(ctx, []string{s.stagger, "nodepool", fleetPool, "--dry-run", "-o", "json", "--via", "exec=false", "--concurrency", "50",
		"--delete-emptydir-data", "--kubeconfig", source.file(kubeconfigIn)})
	if err != nil {
		return figures{}, err
	}
	var made struct {
		Nodes []struct{ Deadline time.Time }
	}
	readErr := json.NewDecoder(p.stdout).Decode(&made)
	if _, err := io.Copy(io.Discard, p.stdout); err != nil {
		readErr = errors.Join(readErr, err)
	}
	f, err := p.finish()
	if err != nil {
		return f, err
	}
	dated := 0
	for _, n := range made.Nodes {
		if !n.Deadline.IsZero() {
			dated++
		}
	}
	if readErr != nil || dated != s.nodes {
		return f, fmt.Errorf("%w: %d of %d have a deadline, %v", errNoPlan, dated, s.nodes, readErr)
	}
	return f, nil
}
