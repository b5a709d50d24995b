package rules

import (
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/scripts/bench/tlsfleet"
)

// BenchmarkCheck judges a large cluster. What a rule does for each object must not grow
// with the number of others.
func BenchmarkCheck(b *testing.B) {
	s := &chain.Snapshot{}
	err := tlsfleet.Each(tlsfleet.Large(), noon, func(raw []byte) error {
		s.Add(raw, chain.Place{})
		return nil
	})
	if err != nil || len(s.Problems) > 0 {
		b.Fatal(err, s.Problems)
	}
	s.Close()
	b.ReportAllocs()
	for b.Loop() {
		r, err := Check(s, Options{Now: noon})
		if err != nil || len(r.Findings) == 0 {
			b.Fatal(err, r)
		}
		b.ReportMetric(float64(len(r.Subjects)), "subjects")
		b.ReportMetric(float64(len(r.Findings)), "findings")
	}
}
