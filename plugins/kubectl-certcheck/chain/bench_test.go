package chain_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/scripts/bench/tlsfleet"
)

// BenchmarkSnapshot reads a large cluster; "live-MB" is what the snapshot holds then.
func BenchmarkSnapshot(b *testing.B) {
	var all [][]byte
	err := tlsfleet.Each(tlsfleet.Large(), time.Now(), func(raw []byte) error {
		all = append(all, raw)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	var s *chain.Snapshot
	for b.Loop() {
		s = &chain.Snapshot{}
		for _, raw := range all {
			s.Add(raw, chain.Place{})
		}
		s.Close()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "live-MB")
	runtime.KeepAlive(s)
	runtime.KeepAlive(all)
}
