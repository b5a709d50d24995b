package render

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
)

// palette are colours of the 256-colour cube that can be read on dark and on
// light backgrounds alike.
func palette() []int {
	return []int{32, 35, 37, 65, 71, 99, 103, 107, 133, 137, 166, 168, 172, 174, 175, 208}
}

// colourOf gives a name its colour, the same in every run.
func colourOf(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	p := palette()
	return p[h.Sum32()%uint32(len(p))]
}

func appendColoured(dst []byte, s string, colour int) []byte {
	dst = append(dst, "\x1b[38;5;"...)
	dst = strconv.AppendInt(dst, int64(colour), 10)
	dst = append(dst, 'm')
	dst = append(dst, s...)
	return append(dst, "\x1b[39m"...)
}

// appendHighlighted shows what matches in reverse video. Matches of several
// patterns that overlap are joined.
func appendHighlighted(dst, message []byte, patterns []*regexp.Regexp) []byte {
	var found [][]int
	for _, re := range patterns {
		for _, m := range re.FindAllIndex(message, -1) {
			if m[0] < m[1] {
				found = append(found, m)
			}
		}
	}
	slices.SortFunc(found, func(a, b []int) int { return a[0] - b[0] })
	at := 0
	for i := 0; i < len(found); {
		start, end := found[i][0], found[i][1]
		for i++; i < len(found) && found[i][0] <= end; i++ {
			end = max(end, found[i][1])
		}
		dst = append(dst, message[at:start]...)
		dst = append(dst, "\x1b[7m"...)
		dst = append(dst, message[start:end]...)
		dst = append(dst, "\x1b[27m"...)
		at = end
	}
	return append(dst, message[at:]...)
}
