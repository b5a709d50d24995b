package file

import (
	"context"
	"errors"
	"slices"
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
	p, now, err := r.findOut(ctx, before)
	if err != nil {
		return "", err
	}
	switch {
	case r.truncated || p.shrunk:
		return "", r.rescue(ctx, before, now)
	case p.lost:
		r.gap("the file is not there any more: it was removed, moved away or compressed, or the container was started anew")
		if err := r.readNewer(ctx, p.between); err != nil {
			return "", err
		}
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

// looks is how often is looked at files whose names change just then.
const looks = 4

// findOut looks what there is, and makes a plan. A look may miss a file that is
// being renamed: only two that agree are to be trusted.
func (r *Reader) findOut(ctx context.Context, before []entry) (p plan, now []entry, err error) {
	for range looks {
		last := now
		if now, err = r.look(ctx); err != nil {
			return p, nil, err
		}
		p = r.plan(before, now)
		if p.same && !p.shrunk || slices.EqualFunc(last, now, func(a, b entry) bool { return a.id == b.id && a.path == b.path }) {
			break
		}
	}
	for _, e := range r.unread {
		if pathOf(e.id, now) == "" && e.id != r.cur.id && !r.wasRead(e) {
			r.gap("a file that was rotated is gone, and was not read to its end: " + e.path)
		}
	}
	r.unread = p.between
	return p, now, nil
}

func (r *Reader) plan(before, now []entry) plan {
	return planFor(r.inContainer(r.Path), r.cur.id, r.cur.pos, before, now, r.wasRead)
}

// wasRead reports whether a file was read to its present end, or still is.
func (r *Reader) wasRead(e entry) bool {
	return r.old != nil && r.old.id == e.id || slices.ContainsFunc(r.done, func(d *generation) bool { return d.id == e.id && d.pos == e.size })
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
	if r.cur.id != last.id { // nothing of it was read
		r.close(ctx, r.cur)
		r.cur = r.known(last)
	}
	if err := r.readAside(ctx, r.cur, last.path); err != nil {
		return "", err
	}
	if err := r.readNewer(ctx, p.between); err != nil {
		return "", err
	}
	if n := len(p.between); n > 0 {
		last = p.between[n-1]
	}
	if p.current == "" { // and may never come: the program writes on to this one
		return last.path, nil
	}
	r.old, r.cur = r.cur, r.newGeneration(0)
	r.cur.id = p.current
	return last.path, nil
}

// readNewer goes on with files that came and went after r.cur; the last one remains.
func (r *Reader) readNewer(ctx context.Context, files []entry) error {
	for _, next := range files {
		r.close(ctx, r.cur)
		r.cur = r.known(next)
		if err := r.readAside(ctx, r.cur, next.path); err != nil {
			return err
		}
	}
	return nil
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
	case isOther(err):
		r.gap("the file before this one was truncated or written anew")
	case err != nil:
		return err
	}
	r.finishOld(ctx)
	return nil
}

// known makes the generation for a file that is to be read. It may have been read
// before, and have grown since; or it is another one with its id.
func (r *Reader) known(e entry) *generation {
	g := r.newGeneration(0)
	for _, d := range slices.Backward(r.done) {
		if d.id == e.id && d.pos <= e.size {
			g = r.newGeneration(d.pos)
			g.kept, g.again, g.judged = d.kept, true, true
			break
		}
	}
	g.id = e.id
	return g
}

// readAside reads a file to its end under another name than r's own.
func (r *Reader) readAside(ctx context.Context, g *generation, path string) error {
	s := &session{Reader: r, ctx: ctx, aside: g}
	err := r.Place.run(ctx, []string{opOnce, path, decimal(g.pos)}, s.handler())
	var unreadable *problem
	switch {
	case g.again && g == r.cur && isOther(err):
		r.close(ctx, g)
		r.cur = r.newGeneration(0)
		r.cur.id = g.id
		return r.readAside(ctx, r.cur, path)
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

const endOfContainer = "the container has ended, and what it wrote at the very end cannot be read any more"

// tellEnd says what cannot be known: a container's last moment passes between
// two looks at its file, and nobody can look after it.
func (r *Reader) tellEnd() {
	if r.cur != nil && r.cur.id != "" {
		r.gap(endOfContainer)
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
