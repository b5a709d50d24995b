package file

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// IsPattern reports whether a path is to be expanded by the shell.
func IsPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

// Lister expands patterns in a container, again and again as files appear.
type Lister struct {
	Place    *Place
	Patterns []string
	Origin   *record.Origin
	State    *source.State
	Follow   bool
	// Found takes each path once. late says that it was not there at first.
	Found func(path string, late bool)
	// Listed is called when the first list is complete, or will not come soon.
	Listed  func()
	Report  func(source.Event)
	Refresh func(ctx context.Context)

	known  map[string]bool // paths that were told
	listed bool
	ids    map[string]bool // in the list that comes just now
	reader Reader          // for what becomes of a container and its streams
}

// Run lists until the container is gone, without Follow once, or until ctx ends.
func (l *Lister) Run(ctx context.Context) {
	l.known, l.ids = map[string]bool{}, map[string]bool{}
	l.Place.list()
	defer l.complete()
	l.reader = Reader{Origin: l.Origin, State: l.State, Report: l.Report, Refresh: l.Refresh, caughtUp: true}
	for n := 1; ctx.Err() == nil; n++ {
		now, changed := l.State.Get()
		switch {
		case now.Ended && !l.Follow:
			l.reader.tellNotRunning(now.Kind)
			return
		case now.Gone, now.Ended && now.Final:
			return
		case now.Ended:
			l.complete()
			source.Wait(ctx, changed, 0)
			continue
		}
		if l.reader.instance != "" && l.reader.instance != now.ID {
			l.Place.leave(l.reader.instance)
		}
		l.reader.instance = now.ID
		l.reader.pace(ctx)
		err := l.list(ctx)
		if err == nil || !l.reader.judge(ctx, err) {
			return
		}
		if n == attempts && !l.Follow {
			l.reader.report(source.Event{Kind: source.Failed, Err: err})
			return
		}
		l.complete()
	}
}

func (l *Lister) list(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	op := opListOnce
	if l.Follow {
		op = opList
		go l.reader.guard(ctx, cancel, l.reader.instance)
	}
	args := []string{op}
	for _, p := range l.Patterns {
		args = append(args, l.Place.path(p))
	}
	return l.Place.run(ctx, args, handler{l.note, func([]byte) error { return nil }})
}

func (l *Lister) note(kind, rest string) error {
	switch kind {
	case "path":
		words := strings.SplitN(rest, " ", 3) // ID SIZE PATH
		if size, err := strconv.ParseInt(words[min(1, len(words)-1)], 10, 64); len(words) == 3 && err == nil {
			l.found(words[0], words[2], size)
		}
	case "listed":
		l.Place.forget(l.ids)
		clear(l.ids)
		l.reader.backoff.Progress()
		l.reader.well()
		if len(l.known) == 0 && !l.listed {
			l.none()
		}
		l.complete()
	}
	return nil
}

// found takes a path. One that is only the new name of a file that is or was read
// has nothing new, until another file has it.
func (l *Lister) found(id, path string, size int64) {
	l.ids[id] = true
	if isNew := l.Place.found(id, path, size); !isNew && !l.known[path] {
		return
	}
	if path = strings.TrimPrefix(path, l.Place.path("")); !l.known[path] {
		l.known[path] = true
		l.Found(path, l.listed)
	}
}

func (l *Lister) none() {
	text := "no file matches " + strings.Join(l.Patterns, " ")
	if l.Follow {
		l.reader.report(source.Event{Kind: source.Waiting, Text: text})
	} else {
		l.reader.report(source.Event{Kind: source.Failed, Err: errors.New(text)})
	}
}

func (l *Lister) complete() {
	if !l.listed {
		l.listed = true
		l.Listed()
	}
}
