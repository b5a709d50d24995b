package merge

import (
	"context"
	"math"
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
	start := time.Now()
	for _, f := range feeds {
		f.heard = start
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
	patience := m.patienceWith(f)
	if patience <= 0 {
		m.giveUp(ctx, f)
		return false, nil
	}
	select {
	case b, open := <-f.past:
		return f.take(b, open), nil
	case <-ctx.Done():
		return false, nil
	case <-time.After(min(flushAfter, patience)):
	}
	if err := m.out.Flush(); err != nil {
		return false, err
	}
	select {
	case b, open := <-f.past:
		return f.take(b, open), nil
	case <-ctx.Done():
	case <-time.After(m.patienceWith(f)):
		m.giveUp(ctx, f)
	}
	return false, nil
}

// patienceWith is how much longer to wait for a feed. It counts from when the
// feed was last heard, so that a thousand silent feeds are waited for together.
func (m *Merger) patienceWith(f *Feed) time.Duration {
	if m.Patience == 0 {
		return math.MaxInt64
	}
	return m.Patience - time.Since(f.heard)
}

// take makes b the feed's current batch.
func (f *Feed) take(b *record.Batch, open bool) bool {
	f.current, f.pos, f.heard = b, 0, time.Now()
	if !open {
		close(f.passed)
	}
	return open
}

// giveUp lets a feed that the past does not wait for any more into the live lines.
func (m *Merger) giveUp(ctx context.Context, f *Feed) {
	m.late.Go(func() {
		for {
			select {
			case b, open := <-f.past:
				if !open {
					close(f.passed)
					return
				}
				select {
				case m.live <- b:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	})
}
