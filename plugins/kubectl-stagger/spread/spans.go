package spread

import (
	"cmp"
	"slices"
	"sort"
)

// span is an interval of nanoseconds on a circle or a line, from from, before to.
type span struct{ from, to int64 }

// spans are in order and do not touch each other.
type spans []span

// union puts spans of any order into order and joins those that touch.
func (s spans) union() spans {
	s = slices.DeleteFunc(s, func(x span) bool { return x.from >= x.to })
	slices.SortFunc(s, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var joined spans
	for _, x := range s {
		if n := len(joined); n > 0 && x.from <= joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, x.to)
			continue
		}
		joined = append(joined, x)
	}
	return joined
}

// within returns what lies from from, before to.
func (s spans) within(from, to int64) spans {
	var inside spans
	for _, x := range s {
		if x = (span{max(x.from, from), min(x.to, to)}); x.from < x.to {
			inside = append(inside, x)
		}
	}
	return inside
}

// without returns s without what is in others.
func (s spans) without(others spans) spans {
	var left spans
	for _, x := range s {
		for _, o := range others {
			if o.to <= x.from || o.from >= x.to {
				continue
			}
			if o.from > x.from {
				left = append(left, span{x.from, o.from})
			}
			x.from = min(o.to, x.to)
		}
		if x.from < x.to {
			left = append(left, x)
		}
	}
	return left
}

func (s spans) total() int64 {
	var sum int64
	for _, x := range s {
		sum += x.to - x.from
	}
	return sum
}

// next returns the first place at or after x that is in s.
func (s spans) next(x int64) (int64, bool) {
	i := sort.Search(len(s), func(i int) bool { return s[i].to > x })
	if i == len(s) {
		return 0, false
	}
	return max(x, s[i].from), true
}

// folded is a circle from which all but s is cut out, and the ends sewn
// together: distances there are never longer than on the whole circle.
type folded struct {
	spans
	before []int64 // what s has before each span
}

func (s spans) fold() folded {
	f := folded{s, make([]int64, len(s))}
	for i := 1; i < len(s); i++ {
		f.before[i] = f.before[i-1] + s[i-1].to - s[i-1].from
	}
	return f
}

// in maps a place of the whole circle into the folded one. What is cut out lies
// at the seam.
func (f folded) in(x int64) int64 {
	i := sort.Search(len(f.spans), func(i int) bool { return f.spans[i].to > x })
	if i == len(f.spans) {
		return 0
	}
	return f.before[i] + max(0, x-f.spans[i].from)
}

// out maps a place of the folded circle back.
func (f folded) out(x int64) int64 {
	i := sort.Search(len(f.before), func(i int) bool { return f.before[i] > x }) - 1
	return f.spans[i].from + x - f.before[i]
}

// mod is the remainder that is never negative.
func mod(a, b int64) int64 {
	if a %= b; a < 0 {
		a += b
	}
	return a
}

// part is a*i/n without overflow, for 0 <= i <= n.
func part(a int64, i, n int) int64 {
	return a/int64(n)*int64(i) + a%int64(n)*int64(i)/int64(n)
}
