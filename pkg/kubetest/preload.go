package kubetest

import (
	"bytes"
	"sort"
	"time"
)

// preloaded cuts the part of rendered lines that a request is to get. The
// lines are ascending in time, so since is found by bisection.
func preloaded(raw []byte, o logOptions) []byte {
	if o.tail >= 0 {
		raw = lastLines(raw, o.tail)
	}
	if !o.since.IsZero() {
		at := sort.Search(len(raw), func(i int) bool {
			line := lineFrom(raw, i)
			return len(line) == 0 || !stampOf(line).Before(o.since)
		})
		raw = lineFrom(raw, at)
	}
	if !o.timestamps {
		raw = withoutStamps(raw)
	}
	if o.limit >= 0 && int64(len(raw)) > o.limit {
		raw = raw[:o.limit]
	}
	return raw
}

// lineFrom is raw from the first line that begins at or after i.
func lineFrom(raw []byte, i int) []byte {
	if i == 0 {
		return raw
	}
	end := bytes.IndexByte(raw[i-1:], '\n')
	if end < 0 {
		return nil
	}
	return raw[i+end:]
}

func lastLines(raw []byte, n int64) []byte {
	at := len(bytes.TrimSuffix(raw, []byte("\n")))
	if n == 0 {
		return nil
	}
	for ; n > 0 && at >= 0; n-- {
		at = bytes.LastIndexByte(raw[:at], '\n')
	}
	return raw[at+1:]
}

// stampOf is the time that a line begins with; the zero time if it does not.
func stampOf(line []byte) time.Time {
	word, _, _ := bytes.Cut(line[:min(len(line), 40)], []byte(" "))
	t, _ := time.Parse(time.RFC3339Nano, string(word))
	return t
}

func withoutStamps(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for line := range bytes.Lines(raw) {
		_, rest, _ := bytes.Cut(line, []byte(" "))
		out = append(out, rest...)
	}
	return out
}
