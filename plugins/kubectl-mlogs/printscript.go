package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/byhand"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/file"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// listTime bounds how long a container may take to list its files.
const listTime = 20 * time.Second

// leftOut are the flags that the printed script has no counterpart for.
func leftOut() []string {
	return []string{"include", "exclude", "output", "timestamps", "timezone", "highlight", "sort", "max-line", "since-time", "until-done", "on-reader-exit", "max-log-requests"}
}

func (o *options) validateScript(cmd *cobra.Command) error {
	if o.printScript && (o.stdin || o.previous || o.dryRun || o.fifoDir != "" || o.debugImage != "") {
		return cli.UsageErrorf(cmd, "--print-script does not go with --stdin, --previous, --dry-run, --fifo-dir and --debug-image")
	}
	return nil
}

// runScript prints the script for what matches now.
func (o *options) runScript(ctx context.Context, cmd *cobra.Command, clusters []*kube.Cluster) error {
	notices := newNotices(o.ErrOut)
	plan := byhand.Plan{
		Tail: o.tail, Since: o.since, Follow: o.follow, FIFO: o.fifo, Only: o.fifoOnly,
		KubectlArgs: kube.KubectlArgs(cmd.Flags()), Invocation: script.Invocation("mlogs"), Printed: time.Now(),
	}
	if len(o.files) > 0 {
		plan.Tail = o.fileTail
	}
	for _, c := range clusters {
		targets, err := o.scriptTargets(ctx, c, notices)
		if err != nil {
			return err
		}
		if len(o.connection.Contexts) > 0 {
			for i := range targets {
				targets[i].Context = c.Context
			}
		}
		plan.Targets = append(plan.Targets, targets...)
	}
	if len(plan.Targets) == 0 {
		return fmt.Errorf("no script: no container that runs is selected in %s", o.selection().Where(clusters[0]))
	}
	var ignored []string
	for _, name := range leftOut() {
		if cmd.Flags().Changed(name) {
			ignored = append(ignored, "--"+name)
		}
	}
	if len(ignored) > 0 {
		notices.Printf("the script does without %s", strings.Join(ignored, ", "))
	}
	notices.flush()
	return byhand.Write(o.Out, plan)
}

// scriptTargets are what is to be read in a cluster, patterns expanded.
func (o *options) scriptTargets(ctx context.Context, c *kube.Cluster, notices *notices) ([]byhand.Target, error) {
	pods, _, err := c.ListPods(ctx, o.selection())
	if err != nil {
		return nil, err
	}
	var targets []byhand.Target
	filter := o.filter()
	for _, pod := range pods {
		for i := range pod.Containers {
			container := &pod.Containers[i]
			if !filter.Wants(container) || container.ID == "" {
				continue
			}
			for _, path := range o.logs() {
				target := byhand.Target{Namespace: pod.Namespace, Pod: pod.Name, Container: container.Name, File: path}
				switch {
				case path == "":
					targets = append(targets, target)
				case container.State != kube.Running || isDebug(container.Name):
				case file.IsPattern(path):
					for _, found := range expand(ctx, c, target, container, notices) {
						target.File = found
						targets = append(targets, target)
					}
				default:
					targets = append(targets, target)
				}
			}
		}
	}
	return targets, nil
}

// expand asks a container which files match a pattern now.
func expand(ctx context.Context, c *kube.Cluster, t byhand.Target, container *kube.Container, notices *notices) []string {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	var mu sync.Mutex
	var found []string
	lister := &file.Lister{
		Place:    &file.Place{Exec: c, Namespace: t.Namespace, Pod: t.Pod, Container: t.Container},
		Patterns: []string{t.File}, Origin: &record.Origin{Namespace: t.Namespace, Pod: t.Pod, Container: t.Container, File: t.File},
		State: source.NewState(source.Snapshot{Container: *container}), Report: notices.event, Refresh: func(context.Context) {}, Listed: func() {},
		Found: func(path string, _ bool) {
			mu.Lock()
			defer mu.Unlock()
			found = append(found, path)
		},
	}
	lister.Run(ctx)
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(found)
}
