package spread

import (
	"slices"
	"time"
)

// layout says which members keep their places, in order, and where the others go.
type layout struct {
	kept  []int
	holes []int64
	bound int  // deletions no plan can do without
	tied  bool // settleTies had a choice
}

// layout finds the layout with the fewest deletions.
func (t *task) layout() (layout, error) {
	n := int64(len(t.members))
	if n == 0 {
		return layout{}, nil
	}
	windows := []int64{t.window}
	if t.window == 0 {
		windows = []int64{max(1, min(int64(t.options.Life), t.length)/(2*n))}
		if room := t.allowed.total() / (2 * n); room < windows[0] && room > 0 {
			windows = append(windows, room)
		}
	}
	for i, w := range windows {
		t.window = w
		most := t.natural().retain(t.max, w, 0).most
		if l, ok := t.find(true); ok {
			l.bound = int(n) - most
			if t.options.Mode == Rolling {
				l.bound = int(n)
			}
			if i > 0 {
				t.warn("The window is %v, as %v does not fit into the time that may be used.", time.Duration(w).Round(time.Second), time.Duration(windows[0]).Round(time.Second))
			}
			return l, nil
		}
	}
	return layout{}, t.infeasible(0)
}

func (t *task) infeasible(reborn int) error {
	e := &Infeasible{
		Reborn: reborn,
		Nodes:  len(t.members), Max: t.max, Window: time.Duration(t.window), Concurrency: t.options.Concurrency,
		Apart: time.Duration(t.drain), Allowed: time.Duration(t.allowed.total()), Limited: !t.everywhere(),
	}
	e.advise()
	return e
}

// natural is where everyone is lost if nothing is done.
func (t *task) natural() ring {
	r := ring{length: t.length}
	for _, m := range t.members {
		r.at = append(r.at, m.at)
	}
	return r
}

// keepers are the members that may keep their places.
func (t *task) keepers() []int {
	var keepers []int
	for i, m := range t.members {
		if !m.fixed {
			keepers = append(keepers, i)
		}
	}
	return keepers
}

// find tries ways of filling, each of which has its conditions, and takes the
// best of those whose result keeps the rule: whatever is returned was checked.
// Ties are settled on demand.
func (t *task) find(ties bool) (layout, bool) {
	keepers := t.keepers()
	full := t.retain(keepers, t.window)
	if t.options.Even {
		return t.best(t.grid(keepers))
	}
	if t.options.Compress {
		if l, ok := t.best(t.sweep(full, t.beforeDeaths(full))); ok {
			return l, true
		}
	}
	if ties {
		settled := t.settleTies(full)
		if l, ok := t.between(settled); ok {
			l.tied = !slices.Equal(settled, full)
			return l, true
		}
	}
	if l, ok := t.between(full); ok {
		return l, true
	}
	// Not all holes fit between the largest set: keep fewer.
	tries := []layout{t.fillFolded(keepers), t.grid(keepers), t.sweep(t.retain(t.outside(keepers), t.window), t.allowed)}
	for wider := t.window + t.window/8; wider < int64(t.max)*t.length/int64(len(t.members)) && len(tries) < 12; wider += wider / 8 {
		tries = append(tries, t.sweep(t.retain(keepers, wider), t.allowed))
	}
	return t.best(tries...)
}

// between fills between kept members.
func (t *task) between(kept []int) (layout, bool) {
	if t.everywhere() {
		if l, ok := t.best(t.fill(kept)); ok {
			return l, true
		}
	}
	return t.best(t.sweep(kept, t.allowed))
}

// best is the layout with the fewest deletions of those that keep the rule; of
// equals that with the smallest gaps.
func (t *task) best(tries ...layout) (layout, bool) {
	var best layout
	found := false
	for _, l := range tries {
		if !t.keeps(l) {
			continue
		}
		if !found || len(l.holes) < len(best.holes) || len(l.holes) == len(best.holes) && t.largestGap(l) < t.largestGap(best) {
			best, found = l, true
		}
	}
	return best, found
}

// keeps reports whether a layout has a place for everyone and keeps the rule.
func (t *task) keeps(l layout) bool {
	if len(l.kept)+len(l.holes) != len(t.members) {
		return false
	}
	for _, h := range l.holes {
		if next, ok := t.allowed.next(h); !ok || next != h {
			return false
		}
	}
	all := t.places(l)
	drained := ring{t.length, l.holes}
	if t.options.Mode == Rolling {
		drained = all
	}
	return all.spaced(t.max, t.window) && drained.spaced(1, t.drain)
}

// places is where everyone is lost in a layout.
func (t *task) places(l layout) ring {
	all := slices.Clone(l.holes)
	for _, k := range l.kept {
		all = append(all, t.members[k].at)
	}
	slices.Sort(all)
	return ring{t.length, all}
}

func (t *task) largestGap(l layout) int64 {
	r := t.places(l)
	return r.gap(r.widest())
}

// apart is how far kept places must be from each other and from holes when the
// window is not concerned.
func (t *task) apart() int64 {
	if t.options.Mode == Rolling {
		return t.drain
	}
	return 0
}

// retain returns the largest set of keepers that keeps the rule, by place.
func (t *task) retain(keepers []int, window int64) []int {
	r := ring{t.length, t.ats(keepers)}
	return pick(keepers, r.retain(t.max, window, t.apart()).places)
}

// pick returns the members at the given places, in order.
func pick(keepers, places []int) []int {
	kept := make([]int, len(places))
	for i, p := range places {
		kept[i] = keepers[p]
	}
	slices.Sort(kept)
	return kept
}
