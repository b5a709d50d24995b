package merge

import (
	"context"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// maxHeld is how many bytes the reorder window holds; a burst beyond it is
// written before its time is over.
const maxHeld = 8 << 20

// window holds live batches back to put their lines in order of time. Each
// batch is a run; the lines of the oldest run, and whatever is older in the
// younger runs, leave the window when that run has been held long enough.
type window struct {
	runs heap    // by time of the next line
	age  []*Feed // by arrival
	when []time.Time
	held int // bytes
	seq  int
}

func (w *window) add(b *record.Batch, now time.Time) {
	w.seq++
	run := &Feed{current: b, seq: w.seq}
	w.age, w.when = append(w.age, run), append(w.when, now)
	w.held += size(b)
	w.runs = append(w.runs, run)
	w.runs.up(len(w.runs) - 1)
}

// size is what a batch takes in memory, however little is in it.
func size(b *record.Batch) int { return cap(b.Data) + 24*cap(b.Lines) }

// oldest returns the oldest run that is not written out yet.
func (w *window) oldest() (run *Feed, arrived time.Time, ok bool) {
	for len(w.age) > 0 && w.age[0].current == nil {
		w.age, w.when = w.age[1:], w.when[1:]
	}
	if len(w.age) == 0 {
		return nil, time.Time{}, false
	}
	return w.age[0], w.when[0], true
}

// write writes lines in order of time until run is written out.
func (m *Merger) writeRun(w *window, run *Feed) error {
	for run.current != nil {
		first := w.runs[0]
		from := first.pos
		for first.pos++; first.pos < len(first.current.Lines) && !w.runs.behind(first); first.pos++ {
		}
		if err := m.out.Lines(first.current, from, first.pos); err != nil {
			return err
		}
		if first.pos < len(first.current.Lines) {
			w.runs.down(0)
			continue
		}
		w.runs.removeFirst()
		w.held -= size(first.current)
		m.pool.Put(first.current)
		first.current = nil
	}
	return nil
}

// runSorted is runLive through the window.
func (m *Merger) runSorted(ctx context.Context, done <-chan struct{}) error {
	var w window
	for {
		run, arrived, ok := w.oldest()
		var due <-chan time.Time
		if ok {
			wait := time.Until(arrived.Add(m.Window))
			if wait <= 0 || w.held > maxHeld {
				if err := m.writeRun(&w, run); err != nil {
					return err
				}
				continue
			}
			due = time.After(wait)
		}
		if err := m.out.Flush(); err != nil {
			return err
		}
		select {
		case b := <-m.live:
			w.add(b, time.Now())
			continue
		case <-due:
			continue
		case <-done:
		case <-ctx.Done():
		}
		return m.emptyWindow(&w)
	}
}

// emptyWindow writes everything that is in the queue and in the window.
func (m *Merger) emptyWindow(w *window) error {
	err := m.rest(func(b *record.Batch) error {
		w.add(b, time.Now())
		return nil
	})
	for err == nil {
		run, _, ok := w.oldest()
		if !ok {
			break
		}
		err = m.writeRun(w, run)
	}
	return err
}
