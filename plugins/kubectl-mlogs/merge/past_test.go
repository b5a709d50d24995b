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

func TestPastInOrderOfTime(t *testing.T) {
	for _, test := range []struct {
		name  string
		feeds [][][]int64 // feed, batch, times
		want  []string
	}{
		{"no feeds", nil, nil},
		{"feeds without lines", [][][]int64{{}, {}}, nil},
		{"one feed", [][][]int64{{{1, 2}, {3}}}, []string{"a0@1", "a1@2", "a2@3"}},
		{"interleaved", [][][]int64{{{1, 4}, {7}}, {{2, 5}}, {{3}, {6, 8}}},
			[]string{"a0@1", "b0@2", "c0@3", "a1@4", "b1@5", "c1@6", "a2@7", "c2@8"}},
		{"equal times keep the order of the feeds", [][][]int64{{{5}, {5}}, {{5, 5}}, {{5}}},
			[]string{"a0@5", "a1@5", "b0@5", "b1@5", "c0@5"}},
		{"equal times of a later batch too", [][][]int64{{{1}, {5}}, {{1, 5}}}, []string{"a0@1", "b0@1", "a1@5", "b1@5"}},
		{"one after the other", [][][]int64{{{10, 11}}, {{1, 2, 3}, {4}}}, []string{"b0@1", "b1@2", "b2@3", "b3@4", "a0@10", "a1@11"}},
		{"a feed out of order keeps its own", [][][]int64{{{4, 2, 6}}, {{1, 3, 5}}},
			[]string{"b0@1", "b1@3", "a0@4", "a1@2", "b2@5", "a2@6"}},
		{"unknown times come first", [][][]int64{{{3}}, {{record.NoTime, 4}}}, []string{"b0@-9223372036854775808", "a0@3", "b1@4"}},
		{"an empty feed among others", [][][]int64{{{2}}, {}, {{1}}}, []string{"c0@1", "a0@2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pool, out := &record.Pool{}, &recorder{}
			m := New(out, pool, Options{})
			var senders sync.WaitGroup
			for i, batches := range test.feeds {
				f := m.Past()
				senders.Go(func() {
					_ = feedBatches(t.Context(), pool, f, string(rune('a'+i)), len(batches), batches...)
				})
			}
			done := make(chan struct{})
			go func() { senders.Wait(); close(done) }()
			if err := m.Run(t.Context(), done); err != nil {
				t.Fatal(err)
			}
			if got := out.texts(); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if out.flushes == 0 {
				t.Error("nothing was flushed at the end")
			}
		})
	}
}

// What a feed brings when it has caught up comes after all of the past, however
// early it was sent.
func TestLiveAfterPast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool, out := &record.Pool{}, &recorder{}
		m := New(out, pool, Options{})
		a, b, c := m.Past(), m.Past(), m.Live()
		done := make(chan struct{})
		var senders sync.WaitGroup
		senders.Go(func() { _ = feedBatches(t.Context(), pool, a, "a", 1, []int64{1}, []int64{20}, []int64{30}) })
		senders.Go(func() { _ = feedBatches(t.Context(), pool, c, "c", 0, []int64{5}) })
		senders.Go(func() {
			time.Sleep(time.Hour)
			_ = feedBatches(t.Context(), pool, b, "b", 2, []int64{2}, []int64{10}, []int64{3})
		})
		go func() { senders.Wait(); close(done) }()
		if err := m.Run(t.Context(), done); err != nil {
			t.Fatal(err)
		}
		got := out.texts()
		if want := []string{"a0@1", "b0@2", "b1@10"}; len(got) != 7 || !slices.Equal(got[:3], want) {
			t.Fatalf("the past is %q, want %q and four live lines", got, want)
		}
		for _, pair := range [][2]string{{"a1@20", "a2@30"}} {
			if slices.Index(got, pair[0]) > slices.Index(got, pair[1]) {
				t.Errorf("%s comes after %s", pair[0], pair[1])
			}
		}
	})
}

// mergeAll runs feeds through the past of a Merger.
func mergeAll(t *testing.T, feeds [][][]int64) []printed {
	t.Helper()
	pool, out := &record.Pool{}, &recorder{}
	m := New(out, pool, Options{})
	var senders sync.WaitGroup
	for i, batches := range feeds {
		f := m.Past()
		senders.Go(func() { _ = feedBatches(t.Context(), pool, f, string(rune('a'+i)), len(batches), batches...) })
	}
	done := make(chan struct{})
	go func() { senders.Wait(); close(done) }()
	if err := m.Run(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	return out.lines
}

func TestPastProperty(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		feeds := randomFeeds(rnd, rnd.IntN(20), rnd.IntN(50))
		checkMerged(t, mergeAll(t, feeds), feeds, true)
	}
}

func FuzzPast(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0x11, 0x12, 0x83, 0x24}, uint8(3))
	f.Add([]byte{0, 0, 0, 0, 0x80, 0x80}, uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		if len(data) > 500 {
			return
		}
		feeds := make([][][]int64, n%26+1)
		at := make([]int64, len(feeds))
		for i, b := range data {
			which := (i + int(b>>4)) % len(feeds)
			at[which] += int64(b & 7)
			if k := len(feeds[which]); k == 0 || b&8 != 0 {
				feeds[which] = append(feeds[which], []int64{at[which]})
			} else {
				feeds[which][k-1] = append(feeds[which][k-1], at[which])
			}
		}
		checkMerged(t, mergeAll(t, feeds), feeds, true)
	})
}
