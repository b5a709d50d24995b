//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// printed is what mlogs printed of each instance, in the order of stdout.
type printed struct {
	lines map[instance][]int
	other []string // lines of stdout that are none of a writer's
}

// readPrinted reads stdout in the default format, "POD CONTAINER LINE".
func readPrinted(t *testing.T, path string) printed {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := printed{lines: map[instance][]int{}}
	sizes := sizes{}
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		words := strings.SplitN(scanner.Text(), " ", 3)
		if len(words) == 3 {
			if id, n, ok := parseLine(words[2]); ok {
				if key := (instance{words[0], words[1], id}); sizes.fits(key, words[2]) {
					p.lines[key] = append(p.lines[key], n)
					continue
				}
			}
		}
		p.other = append(p.other, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p printed) total() int {
	total := 0
	for _, lines := range p.lines {
		total += len(lines)
	}
	return total
}

// count is the balance of one instance.
type count struct {
	written, lost, doubled, disordered int
	missing                            []int // numbers
}

// balance compares what was printed of an instance with what it wrote.
func balance(lines []int, truth []written) count {
	c := count{written: len(truth)}
	place, times := map[int]int{}, map[int]int{} // by number
	for i, w := range truth {
		place[w.number] = i
	}
	before := -1
	for _, n := range lines {
		at, ok := place[n]
		if !ok {
			continue // nobody wrote it: the sum of all lines will tell
		}
		if at < before {
			c.disordered++
		}
		before = at
		if times[n]++; times[n] > 1 {
			c.doubled++
		}
	}
	for _, w := range truth {
		if times[w.number] == 0 {
			c.lost++
			c.missing = append(c.missing, w.number)
		}
	}
	slices.Sort(c.missing)
	return c
}

// inOrder is the truth of a writer that wrote 1..n to stdout.
func inOrder(n int) []written {
	truth := make([]written, n)
	for i := range truth {
		truth[i].number = i + 1
	}
	return truth
}

// spans writes numbers as "3-7, 9", for messages.
func spans(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		from := i
		for i++; i < len(numbers) && numbers[i] == numbers[i-1]+1; i++ {
		}
		parts = append(parts, fmt.Sprintf("%d-%d", numbers[from], numbers[i-1]))
	}
	if len(parts) > 8 {
		parts = append(parts[:8], "…")
	}
	return strings.Join(parts, ", ")
}

// settleTime is how long mlogs may take to print what has been written.
const settleTime = time.Minute

// expectComplete waits until the run has printed all that the namespace's
// containers have written, and fails unless each line came once, whole and in
// order. The writers must have ended. It returns the number of instances.
func expectComplete(t *testing.T, run *realcluster.Run, files *realcluster.LogFiles) int {
	t.Helper()
	if files == nil {
		return expectContiguous(t, run)
	}
	truth := readWritten(t, files)
	wanted := 0
	for _, lines := range truth {
		wanted += len(lines)
	}
	p := readPrinted(t, run.StdoutFile())
	for deadline := time.Now().Add(settleTime); p.total() < wanted && !run.Ended() && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
		p = readPrinted(t, run.StdoutFile())
	}
	var sum count
	for key, lines := range truth {
		c := balance(p.lines[key], lines)
		if c.lost+c.doubled+c.disordered > 0 {
			t.Errorf("%v (%s): of %d lines, lost %d (%s), printed again %d, out of order %d", key, files.Files()[lines[0].file].Base,
				c.written, c.lost, spans(c.missing), c.doubled, c.disordered)
		}
		sum.lost, sum.doubled, sum.written = sum.lost+c.lost, sum.doubled+c.doubled, sum.written+c.written
	}
	if extra := p.total() - wanted; extra != sum.doubled-sum.lost {
		t.Errorf("%d lines were printed that nobody wrote", extra-(sum.doubled-sum.lost))
	}
	expectNothingElse(t, p)
	t.Logf("%d instances, %d lines written: lost %d, printed again %d", len(truth), sum.written, sum.lost, sum.doubled)
	return len(truth)
}

// expectContiguous is what can be said without the nodes' files: each instance
// is printed from 1 on without a hole.
func expectContiguous(t *testing.T, run *realcluster.Run) int {
	t.Helper()
	p := readPrinted(t, run.StdoutFile())
	for before := -1; before != p.total() && !run.Ended(); {
		before = p.total()
		time.Sleep(2 * time.Second) // nothing says what is still to come
		p = readPrinted(t, run.StdoutFile())
	}
	for key, lines := range p.lines {
		c := balance(lines, inOrder(lines[len(lines)-1]))
		if c.lost+c.doubled+c.disordered > 0 {
			t.Errorf("%v: of %d lines, lost %d (%s), printed again %d, out of order %d", key, c.written, c.lost, spans(c.missing), c.doubled, c.disordered)
		}
	}
	expectNothingElse(t, p)
	t.Logf("%d instances, %d lines printed, in themselves complete", len(p.lines), p.total())
	return len(p.lines)
}

func expectNothingElse(t *testing.T, p printed) {
	t.Helper()
	if len(p.other) > 0 {
		t.Errorf("%d lines of stdout are not whole lines of a writer, the first: %.300q", len(p.other), p.other[0])
	}
}

// expectQuiet fails when the run reported a gap, or could not read something. Notices
// that have one of the excused words in them do not count.
func expectQuiet(t *testing.T, run *realcluster.Run, excused ...string) {
	t.Helper()
	for line := range strings.Lines(run.Stderr()) {
		if slices.ContainsFunc(excused, func(words string) bool { return strings.Contains(line, words) }) {
			continue
		}
		for _, word := range []string{"gap:", "could not read", "not allowed"} {
			if strings.Contains(line, word) {
				t.Errorf("stderr speaks of %q where nothing is missing:\n%s", word, run.Stderr())
			}
		}
	}
}
