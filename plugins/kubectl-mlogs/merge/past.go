package merge

import (
	"context"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// runPast merges the feeds of the past by time until each has caught up.
func (m *Merger) runPast(ctx context.Context) error {
	m.mu.Lock()
	feeds := m.past
	m.past = nil
	m.mu.Unlock()

	var h heap
	for _, f := range feeds {
		more, err := m.advance(ctx, f)
		if err != nil {
			return err
		}
		if more {
			h = append(h, f)
		}
	}
	h.init()
	for len(h) > 0 && ctx.Err() == nil {
		f := h[0]
		from := f.pos
		for f.pos++; f.pos < len(f.current.Lines) && !h.behind(f); f.pos++ {
		}
		if err := m.out.Lines(f.current, from, f.pos); err != nil {
			return err
		}
		more, err := m.advance(ctx, f)
		if err != nil {
			return err
		}
		if !more {
			h.removeFirst()
		} else {
			h.down(0)
		}
	}
	return nil
}

// advance makes f.current[f.pos] the feed's next line; more is false when the
// feed has caught up or is not waited for any more.
func (m *Merger) advance(ctx context.Context, f *Feed) (more bool, err error) {
	if f.current != nil && f.pos < len(f.current.Lines) {
		return true, nil
	}
	if f.current != nil {
		m.pool.Put(f.current)
		f.current = nil
	}
	select {
	case b, open := <-f.past:
		return f.take(b, open), nil
	default:
	}
	select {
	case b, open := <-f.past:
		return f.take(b, open), nil
	case <-ctx.Done():
		return false, nil
	case <-time.After(flushAfter):
	}
	if err := m.out.Flush(); err != nil {
		return false, err
	}
	var impatient <-chan time.Time
	if m.Patience > 0 {
		impatient = time.After(m.Patience)
	}
	select {
	case b, open := <-f.past:
		return f.take(b, open), nil
	case <-ctx.Done():
	case <-impatient:
		go m.late(ctx, f)
	}
	return false, nil
}

// take makes b the feed's current batch.
func (f *Feed) take(b *record.Batch, open bool) bool {
	f.current, f.pos = b, 0
	return open
}

// late lets a feed that the past does not wait for any more into the live lines.
func (m *Merger) late(ctx context.Context, f *Feed) {
	for b := range f.past {
		select {
		case m.live <- b:
		case <-ctx.Done():
			return
		}
	}
}
