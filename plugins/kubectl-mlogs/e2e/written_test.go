//go:build e2e

package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// instance is one run of one container: the writer's prefix is new in each.
type instance struct{ pod, container, id string }

// written is what the nodes' files say that a container wrote.
type written struct {
	number int
	at     time.Time
	file   int // index in the list of files
}

// readWritten reads the nodes' files: the lines of each instance in their order
// there, in which stdout and stderr may be out of step. Their numbers must be
// complete: else it was the runtime that lost lines, and not mlogs.
func readWritten(t *testing.T, files *realcluster.LogFiles) map[instance][]written {
	t.Helper()
	all := readFiles(t, files)
	for key, lines := range all {
		if absent := absentFrom(lines); len(absent) > 0 {
			t.Fatalf("%v: the node's files hold %d lines and not numbers %s: the runtime lost them, or the test's own records are not complete", key, len(lines), spans(absent))
		}
	}
	return all
}

// readFiles is readWritten without the demand that the files are complete. A
// line that was split, maybe over two files, belongs where it begins.
func readFiles(t *testing.T, files *realcluster.LogFiles) map[instance][]written {
	t.Helper()
	type stream struct{ uid, container, restarts, name string }
	all := map[instance][]written{}
	begun := map[stream]realcluster.LogLine{}
	sizes := sizes{}
	for i, f := range files.Files() {
		lines, err := f.Lines()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			from := stream{f.UID, f.Container, f.Restarts(), l.Stream}
			if part, ok := begun[from]; ok {
				l.Text, l.Time = part.Text+l.Text, part.Time
				delete(begun, from)
			}
			if l.Partial {
				begun[from] = l
				continue
			}
			id, n, ok := parseLine(l.Text)
			key := instance{f.Pod, f.Container, id}
			if !ok || !sizes.fits(key, l.Text) {
				t.Logf("%s/%s has an entry that is not a whole line of the writer: %.60q", f.Pod, f.Base, l.Text)
				continue
			}
			all[key] = append(all[key], written{n, l.Time, i})
		}
	}
	return all
}

// sizes are the lengths of the lines of each instance: all are the same.
type sizes map[instance]int

func (s sizes) fits(key instance, text string) bool {
	if s[key] == 0 {
		s[key] = len(text)
	}
	return s[key] == len(text)
}

// absentFrom returns the numbers between 1 and the largest that do not occur.
func absentFrom(lines []written) []int {
	seen, largest := map[int]bool{}, 0
	for _, l := range lines {
		seen[l.number] = true
		largest = max(largest, l.number)
	}
	var absent []int
	for n := 1; n <= largest; n++ {
		if !seen[n] {
			absent = append(absent, n)
		}
	}
	return absent
}

// alphabet is the writer's padding.
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// parseLine reads "iXXXXXXXX 000000001 PADDING". ok is false for everything
// else, such as a line that is torn or has something glued to it.
func parseLine(text string) (id string, number int, ok bool) {
	id, rest, ok := strings.Cut(text, " ")
	if !ok || len(id) != 9 || id[0] != 'i' || len(rest) < 9 {
		return "", 0, false
	}
	number, err := strconv.Atoi(rest[:9])
	if err != nil {
		return "", 0, false
	}
	if padding := rest[9:]; padding != "" {
		full := strings.Repeat(alphabet, len(padding)/len(alphabet)+1)
		if padding[0] != ' ' || padding[1:] != full[:len(padding)-1] {
			return "", 0, false
		}
	}
	return id, number, true
}
