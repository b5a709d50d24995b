package file

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// prepare makes r.cur the file to go on with, and where in it. old is the name
// of the file before it, where that is to be read on.
func (r *Reader) prepare(ctx context.Context, op string) (old string, err error) {
	switch {
	case r.cur == nil && !r.New && (r.Tail >= 0 || !r.Since.IsZero()):
		return "", r.startLate(ctx)
	case r.cur == nil:
		r.cur = r.newGeneration(0)
		return "", nil
	case r.cur.id == "":
		return "", nil // nothing of it has been seen yet
	}
	before := r.rotated
	now, err := r.look(ctx)
	if err != nil {
		return "", err
	}
	p := planFor(r.inContainer(r.Path), r.cur.id, r.cur.pos, before, now)
	switch {
	case r.truncated || p.shrunk:
		return "", r.rescue(ctx, now)
	case p.lost:
		r.gap("the file is not there any more: it was removed, moved away or compressed, or the container was started anew")
		r.startOver(ctx)
	case p.renamed != nil:
		return r.catchUp(ctx, p)
	case r.old != nil:
		return pathOf(r.old.id, now), nil
	}
	return "", nil
}

// startOver goes on with what is under the name now, from its first byte.
func (r *Reader) startOver(ctx context.Context) {
	r.finish(ctx)
	r.cur = r.newGeneration(0)
}

// catchUp reads what was rotated while no stream was open. The last of it is
// read on beside the new file.
func (r *Reader) catchUp(ctx context.Context, p plan) (old string, err error) {
	r.finishOld(ctx)
	last := *p.renamed
	for _, next := range p.between {
		if err := r.readAside(ctx, last.path); err != nil {
			return "", err
		}
		r.close(ctx, r.cur)
		r.cur, last = r.newGeneration(0), next
		r.cur.id = next.id
	}
	if err := r.readAside(ctx, last.path); err != nil {
		return "", err
	}
	r.old, r.cur = r.cur, r.newGeneration(0)
	return last.path, nil
}

// readAside reads r.cur to its end under another name than the file's own.
func (r *Reader) readAside(ctx context.Context, path string) error {
	s := &session{Reader: r, ctx: ctx, copied: true}
	return r.Place.run(ctx, []string{opOnce, path, decimal(r.cur.pos)}, s.handler())
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
