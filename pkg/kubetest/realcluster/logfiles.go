package realcluster

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// LogFiles are the files that the nodes keep of the namespace's pods, held open
// from their creation on: rotated and deleted ones can still be read. They are
// the truth about what a container has written.
type LogFiles struct {
	t    *testing.T
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex
	files []LogFile
	seen  map[inode]bool
}

// inode tells a file from its successor of the same name.
type inode struct {
	device, number uint64
}

// LogFile is one file of one container.
type LogFile struct {
	// Pod, UID and Container say whose it is; Base is its name at first sight,
	// RESTARTS.log.
	Pod, UID, Container, Base string

	file *os.File
}

// LogLine is one line of a node's log file.
type LogLine struct {
	Time   time.Time
	Stream string // stdout or stderr
	Text   string
	// Partial: the line goes on in the next entry of the stream. containerd
	// splits lines above 16 KiB, and at a rotation the line that it is reading:
	// then the rest is the first entry of the next file.
	Partial bool
}

// Restarts is how often the container had been restarted when the file was
// begun, as the file's name says.
func (f LogFile) Restarts() string {
	number, _, _ := strings.Cut(f.Base, ".")
	return number
}

// KeepLogFiles begins to hold the log files of the namespace's pods. nil is
// returned, and counted as unchecked, where the test has no access to them.
func (n *Namespace) KeepLogFiles() *LogFiles {
	n.t.Helper()
	pattern, ok := n.logDirs()
	if !ok {
		n.Unchecked("the nodes' log files are out of reach: what was printed is only checked in itself")
		return nil
	}
	k := &LogFiles{t: n.t, stop: make(chan struct{}), done: make(chan struct{}), seen: map[inode]bool{}}
	go k.watch(filepath.Join(pattern, "*", "*.log*"))
	n.t.Cleanup(func() {
		k.end()
		for _, f := range k.files {
			f.file.Close()
		}
	})
	return k
}

// watch looks for new files. A file lives for seconds at least, since the kubelet
// looks at sizes every 3 s and keeps the log of a dead container for longer.
func (k *LogFiles) watch(pattern string) {
	defer close(k.done)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		k.look(pattern)
		select {
		case <-k.stop:
			k.look(pattern)
			return
		case <-tick.C:
		}
	}
}

func (k *LogFiles) look(pattern string) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		k.t.Error(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".tmp") {
			continue // a copy of a file that is held already
		}
		k.hold(path)
	}
}

func (k *LogFiles) hold(path string) {
	f, err := os.Open(path)
	if err != nil {
		return // renamed or deleted just now: it is held under its other name
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		f.Close()
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	id := inode{uint64(stat.Dev), stat.Ino}
	// An open file keeps its inode number, so a number that was seen is the same file.
	if k.seen[id] {
		f.Close()
		return
	}
	k.seen[id] = true
	dir := filepath.Dir(path)
	owner := strings.SplitN(filepath.Base(filepath.Dir(dir)), "_", 3)
	k.files = append(k.files, LogFile{Pod: owner[1], UID: owner[2], Container: filepath.Base(dir), Base: filepath.Base(path), file: f})
}

func (k *LogFiles) end() {
	select {
	case <-k.stop:
	default:
		close(k.stop)
	}
	<-k.done
}

// Files ends the watch and returns the files in the order of their first entries. A late
// look finds several new files at once, whose names do not tell which came first.
func (k *LogFiles) Files() []LogFile {
	k.end()
	k.mu.Lock()
	defer k.mu.Unlock()
	slices.SortStableFunc(k.files, func(a, b LogFile) int { return a.begun().Compare(b.begun()) })
	return k.files
}

// begun is the time of the first entry; a file without any is the newest.
func (f LogFile) begun() time.Time {
	text := make([]byte, len(time.RFC3339Nano))
	n, _ := f.file.ReadAt(text, 0) // EOF, where the whole file is shorter
	word, _, _ := strings.Cut(string(text[:n]), " ")
	at, err := time.Parse(time.RFC3339Nano, word)
	if err != nil {
		return time.Now()
	}
	return at
}

// Lines reads the whole file, its entries as they are.
func (f LogFile) Lines() ([]LogLine, error) {
	var lines []LogLine
	scanner := bufio.NewScanner(io.NewSectionReader(f.file, 0, 1<<62))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		parts := strings.SplitN(scanner.Text(), " ", 4) // TIME STREAM FLAGS TEXT
		if len(parts) < 4 {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, parts[0])
		if err != nil {
			return nil, err
		}
		lines = append(lines, LogLine{at, parts[1], parts[3], strings.HasPrefix(parts[2], "P")})
	}
	return lines, scanner.Err()
}

// Until waits until the number of files seen so far satisfies ok.
func (k *LogFiles) Until(what string, limit time.Duration, ok func(files int) bool) {
	k.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(pollEvery) {
		k.mu.Lock()
		n := len(k.files)
		k.mu.Unlock()
		if ok(n) {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatalf("not within %s: %s; there are %d", limit, what, n)
		}
	}
}
