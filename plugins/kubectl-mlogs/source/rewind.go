package source

import "time"

// leastFile is how long a log file is written to at least, so how long a silence
// a skipped one leaves: kubelet looks at the sizes every few seconds.
const leastFile = 2 * time.Second

// span is a stretch of time in Unix nanoseconds.
type span struct{ from, to int64 }

func (s span) length() time.Duration { return time.Duration(s.to - s.from) }

// watchTimes is told the time of each line of a follow stream before it becomes
// the last one, and notices when kubelet rewinds: when the log was rotated more
// than once while its reader stood still, it opens the newest file once for each
// new file that it has heard of. Files in between are skipped, and the newest
// comes several times (waitLogs in k8s.io/cri-client pkg/logs). What was read is
// dropped then, and the longest silence so far is where the skipped files were.
func (s *reading) watchTimes(t int64) {
	if between := (span{s.last, t}); between.length() > s.silence.length() {
		s.silence = between
	}
	if t >= s.last-int64(skew) || !s.resume.mayHaveSeen(t) {
		return // in order, or the node's clock was set back
	}
	s.filter = s.resume.filter(time.Time{})
	if s.silence.length() >= leastFile {
		s.report(Event{Kind: Gap, From: time.Unix(0, s.silence.from), To: time.Unix(0, s.silence.to),
			Text: "the node has rotated the log faster than it was read"})
	}
	s.silence = span{}
}
