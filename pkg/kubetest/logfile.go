package kubetest

import "time"

// Record is one record of a container's log file, as the container runtime
// writes it (CRI log format: time, stream, P or F, text).
type Record struct {
	Time    time.Time
	Stderr  bool
	Partial bool   // P: the line goes on in the next record of this stream
	Text    string // without the newline, which only full records have
}

// partialSize is how many bytes of a line fit in one record; containerd's
// max_container_log_line_size.
const partialSize = 16 << 10

type record struct {
	Record
	// only says that this is no record of the file but a message of the
	// kubelet, for the readers that were open when it came.
	only map[*logReader]struct{}
}

// logFile is one file; the kubelet reads only the current one of a run.
type logFile struct {
	preload []byte // rendered lines, before the records
	records []record
	next    *logFile // what it was rotated to
	moved   RotateMode
}

// logRun is the log of one instance of a container.
type logRun struct {
	id    string // containerd://...; empty while unknown
	file  *logFile
	ended bool
}

func newLogRun(id string) *logRun { return &logRun{id: id, file: &logFile{}} }

// RotateMode is what happens to open followers at a rotation.
type RotateMode int

const (
	// FollowersGoOn lets them read the old file to its end, then the new one:
	// kubelet since 1.28.
	FollowersGoOn RotateMode = iota
	// FollowersLoseTail makes them skip what they had not read of the old
	// file.
	FollowersLoseTail
	// FollowersEnd ends their streams cleanly at the old file's end.
	FollowersEnd
)
