package merge

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// runWindow merges what send sends, through the window.
func runWindow(t *testing.T, out *recorder, window time.Duration, send func(pool *record.Pool, m *Merger)) {
	t.Helper()
	pool := &record.Pool{}
	m := New(out, pool, Options{Window: window})
	done := make(chan struct{})
	go func() {
		defer close(done)
		send(pool, m)
	}()
	if err := m.Run(t.Context(), done); err != nil {
		t.Fatal(err)
	}
}

func TestWindow(t *testing.T) {
	type arrival struct {
		after time.Duration
		name  string
		times []int64
	}
	for _, test := range []struct {
		name     string
		arrivals []arrival
		want     []string
	}{
		{"within the window in order of time", []arrival{{0, "a", []int64{5, 7}}, {100, "b", []int64{4, 6}}, {100, "c", []int64{1}}},
			[]string{"c0@1", "b0@4", "a0@5", "b0@6", "a0@7"}},
		{"equal times in order of arrival", []arrival{{0, "b", []int64{5}}, {1, "a", []int64{5}}}, []string{"b0@5", "a0@5"}},
		{"later than the window", []arrival{{0, "a", []int64{5}}, {1500, "b", []int64{4}}}, []string{"a0@5", "b0@4"}},
		// When a leaves at 1000, b's line 1 leaves before it; 9 waits for its own time, and c gets in before.
		{"only what is older leaves with the oldest", []arrival{{0, "a", []int64{5}}, {500, "b", []int64{1, 9}}, {900, "c", []int64{8}}},
			[]string{"b0@1", "a0@5", "c0@8", "b0@9"}},
		{"a younger run may leave whole before the oldest", []arrival{{0, "a", []int64{5}}, {500, "b", []int64{1}}, {300, "b", []int64{2}}, {2500, "c", []int64{0}}},
			[]string{"b0@1", "b0@2", "a0@5", "c0@0"}},
		{"the end does not wait for the window", []arrival{{0, "a", []int64{3}}, {1, "b", []int64{2}}}, []string{"b0@2", "a0@3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &recorder{}
				runWindow(t, out, time.Second, func(pool *record.Pool, m *Merger) {
					f := m.Live()
					for _, a := range test.arrivals {
						time.Sleep(a.after * time.Millisecond)
						b := batch(pool, a.name, 0, a.times...)
						b.Data = b.Data[:0]
						b.Lines = b.Lines[:0]
						for _, at := range a.times { // every line is number 0: the names say enough
							one := batch(pool, a.name, 0, at)
							start := int32(len(b.Data))
							b.Data = append(b.Data, one.Data...)
							b.Lines = append(b.Lines, record.Line{Time: at, Start: start, End: int32(len(b.Data))})
						}
						if err := f.Send(t.Context(), b); err != nil {
							t.Error(err)
						}
						synctest.Wait()
					}
				})
				if got := out.texts(); !slices.Equal(got, test.want) {
					t.Errorf("got  %q\nwant %q", got, test.want)
				}
			})
		})
	}
}

// A line is held for the window and no longer.
func TestWindowHoldsForItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &recorder{}
		runWindow(t, out, time.Second, func(pool *record.Pool, m *Merger) {
			if err := m.Live().Send(t.Context(), batch(pool, "a", 0, 1)); err != nil {
				t.Error(err)
			}
			time.Sleep(999 * time.Millisecond)
			if got := out.texts(); len(got) > 0 {
				t.Errorf("after 999 ms: %q", got)
			}
			time.Sleep(2 * time.Millisecond)
			if got := out.texts(); len(got) != 1 {
				t.Errorf("after 1001 ms: %q, want the line", got)
			}
			before := out.flushed()
			time.Sleep(time.Hour)
			if out.flushed() == 0 || out.flushed() > before+1 {
				t.Errorf("flushed %d times when the line was out and %d times in an idle hour", before, out.flushed()-before)
			}
		})
	})
}

// A burst that is larger than maxHeld leaves before its time.
func TestWindowIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		out := &recorder{}
		runWindow(t, out, time.Hour, func(pool *record.Pool, m *Merger) {
			f := m.Live()
			for i := range int64(20) {
				b := batch(pool, "a", int(i), i)
				b.Data = append(b.Data, make([]byte, size)...)
				if err := f.Send(t.Context(), b); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				if held := int(i) + 1 - len(out.texts()); held*size > maxHeld {
					t.Errorf("%d MiB are held after batch %d, want at most %d", held, i, maxHeld>>20)
				}
			}
			if n := len(out.texts()); n == 20 {
				t.Error("nothing is held at all")
			}
		})
		if got := len(out.texts()); got != 20 {
			t.Errorf("%d lines, want 20", got)
		}
	})
}

// Whatever comes when: nothing is lost or doubled, and each feed keeps its order.
func TestWindowProperty(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 3))
			feeds := randomFeeds(rnd, 1+rnd.IntN(6), rnd.IntN(30))
			early := rnd.IntN(2) == 0 // all within the window
			pauses := make([]time.Duration, len(feeds))
			for i := range pauses {
				pauses[i] = time.Duration(rnd.IntN(40)) * time.Millisecond
			}
			out := &recorder{}
			window := 10 * time.Millisecond
			if early {
				window = time.Hour
			}
			runWindow(t, out, window, func(pool *record.Pool, m *Merger) {
				var senders sync.WaitGroup
				for i, batches := range feeds {
					senders.Go(func() {
						f, number := m.Live(), 0
						for _, times := range batches {
							time.Sleep(pauses[i])
							_ = f.Send(t.Context(), batch(pool, string(rune('a'+i)), number, times...))
							number += len(times)
						}
					})
				}
				senders.Wait()
			})
			checkMerged(t, out.lines, feeds, false)
			if early && !slices.IsSortedFunc(out.lines, func(a, b printed) int { return int(a.time - b.time) }) {
				t.Errorf("seed %d: all lines were in the window, and came out of order: %q", seed, out.texts())
			}
		})
	}
}

// single is a feed of one line.
func single(at int64, seq int) *Feed {
	return &Feed{current: &record.Batch{Lines: []record.Line{{Time: at}}}, seq: seq}
}

func FuzzHeap(f *testing.F) {
	f.Add([]byte{3, 1, 2, 255, 1, 1, 255, 255})
	f.Add([]byte{5, 4, 3, 2, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var h heap
		var model [][2]int64 // time and seq
		least := func() int {
			at := 0
			for i := range model {
				if slices.Compare(model[i][:], model[at][:]) < 0 {
					at = i
				}
			}
			return at
		}
		remove := func() {
			at := least()
			if got, want := [2]int64{h[0].time(), int64(h[0].seq)}, model[at]; got != want {
				t.Fatalf("the first is %v, want %v", got, want)
			}
			h.removeFirst()
			model = slices.Delete(model, at, at+1)
		}
		for i, b := range data {
			switch {
			case b == 255 && len(h) > 0:
				remove()
			case b >= 128 && len(h) > 0: // the first goes on to a later line, or not
				at := least()
				model[at][0] += int64(b - 128)
				h[0].current.Lines[0].Time = model[at][0]
				behind := h.behind(h[0])
				if want := at != least(); behind != want {
					t.Fatalf("behind = %v, want %v", behind, want)
				}
				h.down(0)
			default:
				h = append(h, single(int64(b), i))
				h.up(len(h) - 1)
				model = append(model, [2]int64{int64(b), int64(i)})
			}
		}
		again := slices.Clone(h)
		slices.Reverse(again)
		again.init()
		for h = again; len(h) > 0; {
			remove()
		}
	})
}
