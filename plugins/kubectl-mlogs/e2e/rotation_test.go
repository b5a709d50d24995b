//go:build e2e

package e2e

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// The kubelet rotates the log several times under streams that are read at once.
// kubectl reads the same log beside mlogs, for comparison.
func TestRotation(t *testing.T) {
	ns := realcluster.New(t)
	node := ns.NodeWithLogSize("1Mi")
	files := ns.KeepLogFiles()
	run := ns.Start("mlogs", "loud", "--until-done")
	run.Says("no pod is selected") // from here on every line is wanted
	ns.Apply(realcluster.On(node, realcluster.Pod("loud", realcluster.Writer("app", "-lines=75000", "-rate=3000", "-size=200", "-after=3s"))))
	ns.Running("", 1)
	peer := ns.Start("logs", "pod/loud", "--follow")
	run.Wait()
	peer.Wait()
	r := newRotated(t, files)
	r.expectRotations(3)
	expectNothingElse(t, r.compare(run, peer))
}

// The same while nobody takes what mlogs prints, for longer than all buffers on
// the way last: the kubelet's own reader falls behind by several files. It goes
// on with the newest one, which may be one that it has sent before, and says
// nothing. Lines are printed once then, but for what untoldBack allows; how many are
// missing without a word is only told, as nothing in the log tells it to mlogs.
func TestRotationWhileOutputStalls(t *testing.T) {
	ns := realcluster.New(t)
	node := ns.NodeWithLogSize("1Mi")
	files := ns.KeepLogFiles()
	run := ns.Start("mlogs", "loud", "--until-done")
	run.Says("no pod is selected")
	ns.Apply(realcluster.On(node, realcluster.Pod("loud", realcluster.Writer("app", "-lines=60000", "-rate=2000", "-size=1500", "-after=5s"))))
	ns.Running("", 1)
	peer := ns.Start("logs", "pod/loud", "--follow")
	run.Prints("loud app ")
	peer.Prints("i")
	t.Logf("stopped after %d bytes", len(run.Stdout()))
	run.Signal(syscall.SIGSTOP)
	peer.Signal(syscall.SIGSTOP)
	files.Until("five more files of the log", 90*time.Second, func(now int) bool { return now >= 6 })
	t.Logf("after the stop: %d bytes", len(run.Stdout()))
	run.Signal(syscall.SIGCONT)
	peer.Signal(syscall.SIGCONT)
	run.Wait()
	peer.Wait()
	r := newRotated(t, files)
	r.rate = 2000
	r.expectRotations(5)
	// The runtime splits the line at which it changes to the next file. Where the
	// kubelet skips files, halves of different lines come together.
	if halves := r.compare(run, peer).other; len(halves) > 3 {
		t.Errorf("%d lines of stdout are not whole lines of the writer", len(halves))
	}
}

// rotated is the log of one instance in its files.
type rotated struct {
	t     *testing.T
	key   instance
	lines []written
	by    map[int]written // by number
	// rate is how many lines a second were written while a reader stood still; 0: it
	// never did. See untoldBack.
	rate int
}

// untoldBack is a limit that the page of mlogs tells, in seconds of lines: where the
// kubelet goes back a little after its reader stood still, so many may come again.
const untoldBack = 1

func newRotated(t *testing.T, files *realcluster.LogFiles) *rotated {
	t.Helper()
	truth := readFiles(t, files)
	if len(truth) != 1 {
		t.Fatalf("%d instances, want 1", len(truth))
	}
	r := &rotated{t: t, by: map[int]written{}}
	for r.key, r.lines = range truth {
	}
	for _, l := range r.lines {
		r.by[l.number] = l
	}
	return r
}

func (r *rotated) expectRotations(least int) {
	r.t.Helper()
	if n := r.lines[len(r.lines)-1].file; n < least {
		r.t.Errorf("the log was rotated %d times, want at least %d", n, least)
	}
}

// compare checks what mlogs printed, and tells what it and kubectl lost, and
// what the runtime itself did not write into any file.
func (r *rotated) compare(run, peer *realcluster.Run) printed {
	r.t.Helper()
	theirs := readPlain(r.t, peer.StdoutFile())[r.key.id]
	if len(theirs) == 0 {
		r.t.Fatal("kubectl logs printed nothing to compare with")
	}
	before := theirs[0] // kubectl came when these had been written
	peers := balance(theirs, r.lines)
	peers.missing = slices.DeleteFunc(peers.missing, func(n int) bool { return n < before })
	printed := readPrinted(r.t, run.StdoutFile())
	ours := balance(printed.lines[r.key], r.lines)
	// What was rotated away before the first look of a busy machine cannot be
	// had, nor known of: a log does not tell where it once began.
	first := printed.lines[r.key][0]
	ours.missing = slices.DeleteFunc(ours.missing, func(n int) bool { return n < first })
	r.t.Logf("%d lines in %d files; the runtime itself lost: %s", len(r.lines), r.lines[len(r.lines)-1].file+1, orNone(absentFrom(r.lines)))
	r.t.Logf("mlogs:        lost %d (%s), printed again %d; its first line is %d", len(ours.missing), orNone(ours.missing), ours.doubled, first)
	r.t.Logf("kubectl logs: lost %d (%s), printed again %d; its first line is %d", len(peers.missing), orNone(peers.missing), peers.doubled, before)
	if ours.doubled > untoldBack*r.rate || (ours.disordered > 0 && r.rate == 0) {
		r.t.Errorf("mlogs printed %d lines again, and %d times went back", ours.doubled, ours.disordered)
	}
	r.expectReported(ours.missing, readGaps(r.t, run.Stderr()))
	r.t.Logf("mlogs said:\n%s", run.Stderr())
	return printed
}

// expectReported fails when lines are missing that no gap covers, unless they
// are the end of a file: the kubelet goes on to the next file as soon as it
// exists, while the runtime may still write to the old one (waitLogs in
// k8s.io/cri-client pkg/logs), and that no client can see.
func (r *rotated) expectReported(missing []int, reported gaps) {
	r.t.Helper()
	var ends, silent []int
	for _, n := range missing {
		switch {
		case reported.cover(r.by[n].at):
		case r.endsFile(n, missing):
			ends = append(ends, n)
		default:
			silent = append(silent, n)
		}
	}
	if len(ends) > 0 {
		r.t.Logf("lost by the kubelet's change from one file to the next: %s", spans(ends))
	}
	switch {
	case len(silent) > 0 && r.rate > 0: // the kubelet went on without going back: it looks like a pause
		r.t.Logf("%d lines were skipped by the kubelet, which nothing tells: %s", len(silent), spans(silent))
	case len(silent) > 0:
		r.t.Errorf("%d lines are missing and no gap is reported: %s", len(silent), spans(silent))
	}
}

// endsFile reports whether from number n to the end of its file everything is
// missing, and something of that file is not.
func (r *rotated) endsFile(n int, missing []int) bool {
	file, whole := r.by[n].file, true
	for _, l := range r.lines {
		_, lost := slices.BinarySearch(missing, l.number)
		switch {
		case l.file != file:
		case l.number >= n && !lost:
			return false
		case !lost:
			whole = false
		}
	}
	return !whole
}

func orNone(numbers []int) string {
	if len(numbers) == 0 {
		return "none"
	}
	return spans(numbers)
}
