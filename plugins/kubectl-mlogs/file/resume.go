package file

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// prepare makes r.cur the file to go on with, and where in it. old is the name
// of the file before it, where that is to be read on, or without r.old the one
// that r.cur has now.
func (r *Reader) prepare(ctx context.Context) (old string, err error) {
	switch {
	case r.cur == nil && !r.New && (r.Tail >= 0 || !r.Since.IsZero()):
		return "", r.startLate(ctx)
	case r.cur == nil:
		r.cur = r.newGeneration(0)
		r.cur.id = r.Place.listed(r.inContainer(r.Path))
		return "", nil
	case r.cur.id == "":
		return "", nil // nothing of it has been seen yet
	}
	before := r.rotated
	now, err := r.look(ctx)
	if err != nil {
		return "", err
	}
	p := r.plan(before, now)
	switch {
	case r.truncated || p.shrunk:
		return "", r.rescue(ctx, now)
	case p.lost:
		r.gap("the file is not there any more: it was removed, moved away or compressed, or the container was started anew")
		r.startOver(ctx, p.current, 0)
	case p.renamed != nil:
		return r.catchUp(ctx, p, now)
	case r.old != nil && pathOf(r.old.id, now) == "":
		return "", r.leaveOld(ctx, now)
	case r.old != nil:
		return pathOf(r.old.id, now), nil
	}
	return "", nil
}

func (r *Reader) plan(before, now []entry) plan {
	done := maps.Clone(r.done)
	if r.old != nil {
		done[r.old.id] = r.old.pos
	}
	return planFor(r.inContainer(r.Path), r.cur.id, r.cur.pos, before, now, done)
}

// startOver goes on with what is under the name now. The id, where known, tells
// whether it still is the same when it is opened.
func (r *Reader) startOver(ctx context.Context, id string, pos int64) {
	r.finish(ctx)
	r.cur = r.newGeneration(pos)
	r.cur.id, r.cur.hole = id, true
}

// catchUp reads what was rotated while no stream was open. The last of it is
// read on beside the new file.
func (r *Reader) catchUp(ctx context.Context, p plan, now []entry) (old string, err error) {
	if err := r.leaveOld(ctx, now); err != nil {
		return "", err
	}
	last := *p.renamed
	for _, next := range p.between {
		if err := r.readAside(ctx, r.cur, last.path); err != nil {
			return "", err
		}
		r.close(ctx, r.cur)
		r.cur, last = r.newGeneration(0), next
		r.cur.id = next.id
	}
	if p.current == "" { // and may never come: the program writes on to this one
		return last.path, nil
	}
	if err := r.readAside(ctx, r.cur, last.path); err != nil {
		return "", err
	}
	r.old, r.cur = r.cur, r.newGeneration(0)
	r.cur.id = p.current
	return last.path, nil
}

// leaveOld reads what has come to the file before r.cur meanwhile, and ends it.
func (r *Reader) leaveOld(ctx context.Context, now []entry) error {
	if r.old == nil {
		return nil
	}
	path := pathOf(r.old.id, now)
	var err error
	if path != "" {
		err = r.readAside(ctx, r.old, path)
	}
	switch {
	case path == "":
		r.gap("the file before this one is not there any more")
	case errors.Is(err, errOther), errors.Is(err, errEmptied), errors.Is(err, errTruncated):
		r.gap("the file before this one was truncated or written anew")
	case err != nil:
		return err
	}
	r.finishOld(ctx)
	return nil
}

// readAside reads a file to its end under another name than r's own.
func (r *Reader) readAside(ctx context.Context, g *generation, path string) error {
	s := &session{Reader: r, ctx: ctx, aside: g}
	err := r.Place.run(ctx, []string{opOnce, path, decimal(g.pos)}, s.handler())
	var unreadable *problem
	switch {
	case !errors.As(err, &unreadable):
		return err
	case unreadable.may:
		return errReplaced // it has been renamed once more
	}
	r.gap("the file is " + path + " now: " + unreadable.text)
	return nil
}

// look lists the file and what may be older parts of it.
func (r *Reader) look(ctx context.Context) ([]entry, error) {
	s := &session{Reader: r, ctx: ctx}
	err := r.Place.run(ctx, []string{opLook, r.inContainer(r.Path)}, s.handler())
	return s.looked, err
}

func (r *Reader) inContainer(path string) string {
	if strings.HasPrefix(path, "-") { // no command may take it for a flag
		path = "./" + path
	}
	return r.Place.path(path)
}

func (r *Reader) gap(why string) {
	r.report(source.Event{Kind: source.Gap, From: r.lastRead, To: time.Now(), Text: why})
}

// tellEnd says what cannot be known: a container's last moment passes between
// two looks at its file, and nobody can look after it.
func (r *Reader) tellEnd() {
	if r.cur != nil && r.cur.id != "" {
		r.gap("the container has ended, and what it wrote at the very end cannot be read any more")
	}
}

func pathOf(id string, entries []entry) string {
	for _, e := range entries {
		if e.id == id {
			return e.path
		}
	}
	return ""
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
