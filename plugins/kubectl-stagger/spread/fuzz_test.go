package spread

import (
	"errors"
	"testing"
	"time"
)

// FuzzSchedule plans whatever comes: a plan holds what it promises, or there is
// an error.
func FuzzSchedule(f *testing.F) {
	f.Add([]byte{0, 0, 0}, int64(24*time.Hour), int64(2*time.Minute), int64(0), int64(3*time.Minute), 1, 1, uint16(0), uint16(0), false, false, false, int64(0))
	f.Add([]byte{9, 20, 20, 90, 200, 255}, int64(720*time.Hour), int64(time.Hour), int64(time.Hour), int64(time.Minute), 2, 3, uint16(1320), uint16(360), true, true, true, int64(20*time.Hour))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, int64(time.Second), int64(1), int64(1), int64(1), 3, 2, uint16(0), uint16(1), false, true, false, int64(1))
	f.Add([]byte{0, 0, 0, 0, 0, 0}, int64(10), int64(1), int64(3), int64(1), 1, 3, uint16(0), uint16(0), true, false, false, int64(0))
	f.Fuzz(func(t *testing.T, ages []byte, life, boot, window, drain int64, most, concurrency int, from, to uint16, rolling, even, compress bool, horizon int64) {
		if len(ages) > 200 {
			return
		}
		o := Options{Life: time.Duration(life), Boot: time.Duration(boot), Window: time.Duration(window), Max: most, DrainTime: time.Duration(drain),
			Concurrency: concurrency, Even: even, Compress: compress, Horizon: time.Duration(horizon)}
		if rolling {
			o.Mode = Rolling
		}
		if from != to {
			o.Hours = Hours{Spans: []Span{{time.Duration(from%1440) * time.Minute, time.Duration(to%1440) * time.Minute}}, Zone: zones[int(from)%len(zones)]}
		}
		var pool Pool
		for i, age := range ages {
			n := Node{Name: string(rune('a' + i)), Shares: []Share{{int(age) % 2, int(age) % 3}}}
			if age < 254 {
				n.Start = noon.Add(-o.Life / 256 * time.Duration(age))
			}
			pool.Nodes = append(pool.Nodes, n)
		}
		pool.Workloads = []Workload{{"w", 5}, {"nothing ready", 0}}
		p, err := Schedule(pool, o, noon)
		var infeasible *Infeasible
		if errors.As(err, &infeasible) {
			if infeasible.Error() == "" {
				t.Error("an error says nothing")
			}
			return
		}
		if err != nil {
			return
		}
		verify(t, pool, o, noon, p)
	})
}
