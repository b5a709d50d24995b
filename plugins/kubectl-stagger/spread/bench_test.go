package spread

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkSchedule plans 10,000 nodes, each with 15 pods of 50,000 workloads.
func BenchmarkSchedule(b *testing.B) {
	night := Hours{Spans: []Span{{22 * time.Hour, 6 * time.Hour}}, Zone: zone("Europe/Berlin")}
	for _, test := range []struct {
		name string
		o    Options
	}{
		{"once", Options{Concurrency: 50}},
		{"hours", Options{Concurrency: 200, Hours: night}},
		{"even", Options{Concurrency: 50, Even: true}},
		{"three per window", Options{Concurrency: 50, Max: 3, Window: 20 * time.Second}},
		{"rolling", Options{Concurrency: 50, Mode: Rolling}},
		{"compress", Options{Concurrency: 100, Compress: true}},
	} {
		for _, n := range []int{10_000, 20_000} {
			if n > 10_000 && test.name != "once" {
				continue
			}
			for name, pool := range map[string]Pool{"fresh": same(n, 3*time.Hour), "random": aged(randomAges(rand.New(rand.NewPCG(1, 3)), n, 24*time.Hour)...)} {
				randomWorkloads(rand.New(rand.NewPCG(9, 9)), &pool, 5*n, 15)
				o := test.o
				o.Concurrency *= n / 10_000
				b.Run(fmt.Sprintf("%s/%s/%d", test.name, name, n), func(b *testing.B) {
					for b.Loop() {
						if _, err := Schedule(pool, o, noon); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
