package file

import (
	"bytes"
	"context"
)

// guess is how many bytes a line has, for the first look at a file's end.
const guess = 512

// startLate finds where the last lines begin that are wanted of the past.
func (r *Reader) startLate(ctx context.Context) error {
	now, err := r.look(ctx)
	if err != nil {
		return err
	}
	for _, e := range now {
		if e.path != r.inContainer(r.Path) {
			continue
		}
		pos := int64(0)
		lines := r.Tail
		if !r.Since.IsZero() && e.mtime > 0 && e.mtime < r.Since.Unix() {
			lines = 0 // nothing was written since
		}
		if lines >= 0 {
			if pos, err = r.lastLines(ctx, e, lines); err != nil {
				return err
			}
		}
		r.cur = r.newGeneration(pos)
		r.cur.id, r.rotated = e.id, now
		if !r.Follow {
			r.until = e.size // the last lines were counted from there
		}
		return nil
	}
	// It is not there yet: whatever comes is new.
	r.New = true
	r.cur = r.newGeneration(0)
	return nil
}

// lastLines returns where the last n lines of a file begin; a line that is not
// yet finished is none. It looks back farther and farther.
func (r *Reader) lastLines(ctx context.Context, e entry, n int64) (pos int64, err error) {
	if n >= e.size {
		return 0, nil
	}
	for back := 64<<10 + n*guess; ; back *= 8 {
		c := &lineCounter{want: n, start: max(0, e.size-back), size: e.size}
		if err := r.Place.run(ctx, []string{opOnce, e.path, decimal(c.start)}, handler{c.note, c.data}); err != nil {
			return 0, err
		}
		if pos, ok := c.result(); ok {
			return pos, nil
		}
	}
}

// lineCounter finds the beginnings of the last lines in what an agent sends.
type lineCounter struct {
	want        int64
	start, size int64
	at          int64
	// begins is where the last want+1 lines begin, the unfinished one included; a ring.
	begins []int64
	count  int64
}

func (c *lineCounter) note(kind, rest string) error {
	switch kind {
	case "at":
		_, at, err := parseAt(rest)
		if err != nil {
			return err
		}
		if c.at = at; at == 0 {
			c.add(0)
		}
	case "missing", "denied", "directory", "special":
		return describe(kind, rest)
	}
	return nil
}

func (c *lineCounter) data(p []byte) error {
	for len(p) > 0 && c.at < c.size {
		i := bytes.IndexByte(p, '\n')
		if i < 0 || c.at+int64(i) >= c.size {
			c.at += int64(len(p))
			return nil
		}
		c.at += int64(i) + 1
		p = p[i+1:]
		c.add(c.at)
	}
	return nil
}

func (c *lineCounter) add(pos int64) {
	if int64(len(c.begins)) <= c.want {
		c.begins = append(c.begins, pos)
	} else {
		c.begins[c.count%(c.want+1)] = pos
	}
	c.count++
}

// result is where the first of the wanted lines begins; ok is false when more of
// the file must be looked at.
func (c *lineCounter) result() (pos int64, ok bool) {
	switch {
	case c.count > c.want:
		return c.begins[c.count%(c.want+1)], true
	case c.start == 0:
		return 0, true
	}
	return 0, false
}
