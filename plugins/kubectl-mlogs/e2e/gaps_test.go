//go:build e2e

package e2e

import (
	"bufio"
	"os"
	"regexp"
	"testing"
	"time"
)

// gaps are the spans of time in which mlogs says that lines may be missing.
type gaps []struct{ from, to time.Time }

var gapNotice = regexp.MustCompile(`gap: lines of .* may be missing (?:between (\S+) and (\S+)|before (\S+)|after (\S+)|at an unknown time)`)

// readGaps reads them from stderr. A side that is not given is open.
func readGaps(t *testing.T, stderr string) gaps {
	t.Helper()
	parse := func(texts ...string) time.Time {
		for _, text := range texts {
			if text == "" {
				continue
			}
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		return time.Time{}
	}
	var all gaps
	for _, m := range gapNotice.FindAllStringSubmatch(stderr, -1) {
		all = append(all, struct{ from, to time.Time }{parse(m[1], m[4]), parse(m[2], m[3])})
	}
	return all
}

// cover reports whether a line of that time is in one of the gaps, which are
// printed in milliseconds.
func (g gaps) cover(at time.Time) bool {
	for _, gap := range g {
		if !at.Before(gap.from) && (gap.to.IsZero() || at.Before(gap.to.Add(time.Millisecond))) {
			return true
		}
	}
	return false
}

// readPlain reads what `kubectl logs` printed: the lines of the writers alone,
// by instance.
func readPlain(t *testing.T, path string) map[string][]int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := map[string][]int{}
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if id, n, ok := parseLine(scanner.Text()); ok {
			lines[id] = append(lines[id], n)
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
