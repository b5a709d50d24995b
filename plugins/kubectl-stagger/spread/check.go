package spread

import (
	"errors"
	"fmt"
	"time"
)

// maxLife bounds Life, so that sums of times in nanoseconds fit.
const maxLife = 10 * 366 * 24 * time.Hour

func check(pool Pool, o Options) error {
	names := make(map[string]bool, len(pool.Nodes))
	for i, n := range pool.Nodes {
		if n.Name == "" {
			return fmt.Errorf("node %d of the pool has no name", i)
		}
		if names[n.Name] {
			return fmt.Errorf("node %q is in the pool twice", n.Name)
		}
		names[n.Name] = true
		for _, s := range n.Shares {
			if s.Workload < 0 || s.Workload >= len(pool.Workloads) {
				return fmt.Errorf("node %q carries workload %d, of which there are %d", n.Name, s.Workload, len(pool.Workloads))
			}
		}
	}
	return checkOptions(o)
}

func checkOptions(o Options) error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"life", o.Life}, {"boot time", o.Boot}, {"window", o.Window}, {"drain time", o.DrainTime}, {"horizon", o.Horizon}} {
		if d.value < 0 || d.value > maxLife {
			return fmt.Errorf("the %s is %v: it must be from 0 to %v", d.name, d.value, maxLife)
		}
	}
	switch {
	case o.Max < 0 || o.Concurrency < 0:
		return errors.New("the most nodes to lose in a window and the concurrency must be at least 1")
	case o.DrainTime+o.Boot >= o.Life-o.Life/margin:
		return fmt.Errorf("drain time %v and boot time %v do not fit into a life of %v", o.DrainTime, o.Boot, o.Life)
	case o.Window >= o.turn():
		return fmt.Errorf("a window of %v is no part of a turn, in which every node dies once: it must be shorter than %v", o.Window, o.turn())
	case o.Mode != Once && o.Mode != Rolling:
		return fmt.Errorf("there is no mode %d", o.Mode)
	}
	return o.Hours.check()
}
