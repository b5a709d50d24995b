package main

import (
	"context"
	"fmt"
	"path"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/file"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/roster"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

const (
	// startAtOnce is how many agents are being started at the same time: each
	// takes a connection, and a process in a container.
	startAtOnce = 8
	// fileTail is how many lines of a file's past are shown before it is followed,
	// as tail does: a log file has no limit, a container's own log has.
	fileTail = 10
)

// validateFiles finds what does not go together with --file.
func (o *options) validateFiles(cmd *cobra.Command) error {
	if len(o.files) == 0 {
		if o.stdout || o.debugImage != "" {
			return cli.UsageErrorf(cmd, "--stdout and --debug-image go with --file")
		}
		return nil
	}
	switch {
	case o.stdin:
		return cli.UsageErrorf(cmd, "--stdin reads standard input: it does not go with --file")
	case o.previous:
		return cli.UsageErrorf(cmd, "--previous reads the log of a container that has ended, whose files are gone: it does not go with --file")
	}
	for _, f := range o.files {
		switch {
		case f == "":
			return cli.UsageErrorf(cmd, "--file is empty: give a path in the container")
		case strings.ContainsFunc(f, unicode.IsControl):
			return cli.UsageErrorf(cmd, "--file %q: no control characters, please", f)
		case o.debugImage != "" && !path.IsAbs(f):
			return cli.UsageErrorf(cmd, "--file %q: with --debug-image the path must begin with /", f)
		}
	}
	o.fileTail = o.tail
	if !cmd.Flags().Changed("tail") && o.follow && o.since == 0 && o.sinceTime.IsZero() {
		o.fileTail = fileTail
	}
	return nil
}

// logs are what is read in each container: files, and "" for its own log.
func (o *options) logs() []string {
	if o.stdout || len(o.files) == 0 {
		return append([]string{""}, o.files...)
	}
	return o.files
}

// severalFolders reports whether names alone do not tell the files apart.
func severalFolders(files []string) bool {
	for _, f := range files {
		if dir := path.Dir(f); dir != path.Dir(files[0]) || file.IsPattern(dir) {
			return true
		}
	}
	return false
}

// startFiles starts a reader for each file of a container; it is called under x.mu.
func (x *sources) startFiles(e roster.Entry) {
	place := &file.Place{Exec: e.Cluster, Namespace: e.Pod.Namespace, Pod: e.Pod.Name, Container: e.Container.Name, Gate: x.gate}
	if isDebug(e.Container.Name) {
		return // ours: its files are those of its image
	}
	if x.stream.debugImage != "" {
		place.Debug = func(ctx context.Context) (string, error) { return x.debugContainer(ctx, e) }
	}
	begun := map[string]bool{}
	begin := func(p string, late bool) {
		if !begun[p] {
			begun[p] = true
			x.startFile(e, place, p, late)
		}
	}
	var patterns []string
	for _, f := range x.stream.files {
		if file.IsPattern(f) {
			patterns = append(patterns, f)
		} else {
			begin(f, false)
		}
	}
	if patterns == nil {
		return
	}
	listed := func() {}
	if x.past {
		x.listing++
		listed = x.oneListed
	}
	lister := &file.Lister{
		Place: place, Patterns: patterns, Origin: x.origin(e, strings.Join(patterns, " ")), State: e.State, Follow: x.options.Follow,
		Report: x.stream.notices.event, Refresh: func(ctx context.Context) { refresh(ctx, e) }, Listed: listed,
		Found: func(p string, late bool) {
			x.mu.Lock()
			defer x.mu.Unlock()
			begin(p, late)
		},
	}
	x.running.Go(func() { lister.Run(x.stream.ctx) })
}

func (x *sources) startFile(e roster.Entry, place *file.Place, path string, late bool) {
	options := x.options
	options.Tail = x.stream.fileTail
	origin := x.origin(e, path)
	x.begin(origin, func(sink source.Sink) func(context.Context) {
		reader := &file.Reader{
			Options: options, Path: path, Place: place, Origin: origin, State: e.State, Sink: sink, Pool: x.stream.pool,
			Report: x.stream.notices.event, Slots: x.slots, New: e.New || late,
			Refresh: func(ctx context.Context) { refresh(ctx, e) },
		}
		return reader.Run
	})
}

// explainFile adds what helps where a file cannot be read.
func explainFile(e source.Event, text string) string {
	if e.Kind == source.Failed && file.WantsDebug(e.Err) {
		return text + "\n" + debugHint(e.Origin)
	}
	return text
}

// debugHint is the command that reads the file by hand, and our own way.
func debugHint(o *record.Origin) string {
	return fmt.Sprintf("By hand: kubectl debug -n %s %s -it --profile=general --image=busybox --target=%s -- tail -n 10 -F %s\n"+
		"mlogs does it with --debug-image busybox; the ephemeral container stays in the pod's spec, so it is not done unasked",
		o.Namespace, o.Pod, o.Container, "/proc/1/root"+o.File)
}
