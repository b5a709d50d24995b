package file

import (
	"context"
	"errors"
	"slices"
)

// maxCopies is how many files are tried to be the copy of a truncated one.
const maxCopies = 5

// rescue reads what had not been read of a file when it was truncated: whoever
// truncates a log has copied it before (logrotate's copytruncate). The copy is
// known by its text. Newer copies are what came and went after it.
func (r *Reader) rescue(ctx context.Context, before, now []entry) error {
	id, pos := r.cur.id, int64(0)
	if r.emptied {
		pos = r.cur.pos // what is before it is a hole
	}
	e, err := r.findCopy(ctx, now)
	if err != nil {
		return err
	}
	r.truncated, r.emptied = false, false
	if e == nil && r.cur.pos > 0 {
		r.gap("the file was truncated, and no copy of it was found")
	}
	if e != nil {
		if err := r.leaveOld(ctx, now); err != nil {
			return err
		}
		r.finished(e.id, r.cur, e.size)
		read := func(e entry) bool { return e.id == id || r.wasRead(e) }
		if err := r.readNewer(ctx, between(r.inContainer(r.Path), *e, before, now, read)); err != nil {
			return err
		}
	}
	switch pathOf(id, now) {
	case r.inContainer(r.Path):
		r.startOver(ctx, id, pos)
	case "":
		r.startOver(ctx, "", 0)
	default: // it has been renamed since
		r.startOver(ctx, id, pos)
		return errReplaced
	}
	return nil
}

// findCopy finds the copy and reads what it has that r.cur has not.
func (r *Reader) findCopy(ctx context.Context, now []entry) (*entry, error) {
	for _, e := range copies(r.cur, now) {
		r.cur.matched = 0
		err := r.readCopy(ctx, e)
		if err == nil && r.cur.matched > 0 {
			return &e, nil
		}
		if err != nil && !noCopy(err) {
			return nil, err
		}
	}
	return nil, nil
}

// readCopy reads what a copy has that r.cur has not; errOther says that it is
// none. A copy may be shorter than what was read before the truncation.
func (r *Reader) readCopy(ctx context.Context, e entry) error {
	s := &session{Reader: r, ctx: ctx, aside: r.cur, copied: true}
	from := min(r.cur.pos, e.size-1)
	return r.Place.run(ctx, []string{opOnce, e.path, decimal(from)}, s.handler())
}

// noCopy reports whether an error is about the file that was tried, not about
// the way to it.
func noCopy(err error) bool {
	var unreadable *problem
	return isOther(err) || errors.Is(err, errHole) || errors.As(err, &unreadable)
}

// copies are the files that may be a copy of g, the newest first.
func copies(g *generation, now []entry) []entry {
	remembered := g.pos - int64(len(g.kept))
	var found []entry
	for _, e := range now {
		if e.id != g.id && e.size > remembered && g.pos > 0 {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b entry) int { return int(b.mtime - a.mtime) })
	return found[:min(len(found), maxCopies)]
}
