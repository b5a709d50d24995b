package world

import (
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// AuditLog is the log file in the containers of web.
const AuditLog = "/var/log/web/audit.log"

// isoTime is the form of the time that the lines of a file begin with.
const isoTime = "2006-01-02T15:04:05.000Z07:00"

// disk has the files of one container. They are in this program's memory only:
// whoever can reach the stand-in's port finds nothing of the host in them.
type disk struct {
	files map[string]*file // by path; which ones there are never changes
	gone  chan struct{}    // closed with the container
}

// withDisk is a pod option that gives a pod of web its file. It comes before
// anybody can see the pod, so that nobody finds it without.
func (w *World) withDisk(p *corev1.Pod) {
	if p.Name == "" { // a workload's template
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inodes++
	w.disks[p.Name] = &disk{
		files: map[string]*file{AuditLog: {id: fmt.Sprintf("64:%d", w.inodes), written: time.Now()}},
		gone:  make(chan struct{}),
	}
}

// diskOf is the disk of a pod's container; an empty one where it has no files.
func (w *World) diskOf(pod string) *disk {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.disks[pod]; d != nil {
		return d
	}
	return &disk{}
}

// removeDisk ends what still reads there. w.mu is held.
func (w *World) removeDisk(pod string) {
	close(w.disks[pod].gone)
	delete(w.disks, pod)
}

// file is a file that only grows.
type file struct {
	id string // device:inode

	mu      sync.Mutex
	text    []byte
	written time.Time
}

// Write appends a line, with the time.
func (f *file) Write(line string) { f.WriteAt(time.Now(), line) }

// WriteAt appends a line that was written then.
func (f *file) WriteAt(t time.Time, line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text = fmt.Appendf(f.text, "%s %s\n", t.UTC().Format(isoTime), line)
	f.written = t
}

// stat tells the size in bytes, and when it was written last.
func (f *file) stat() (size int64, written time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.text)), f.written
}

// read returns the bytes from one offset to another, which the file must have.
// They do not change any more.
func (f *file) read(from, to int64) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text[from:to:to]
}
