package kubetest

import (
	"strings"
	"sync"
	"time"
)

// Container is the log of one container of one pod, and its life. It is the
// kubelet's side: what it does is seen in the pod's status when it says so.
type Container struct {
	srv                  *Server
	namespace, pod, name string

	mu        sync.Mutex
	run       *logRun
	prev      *logRun         // nil: there is none
	crashed   bool            // run is over and the next one waits
	bound     bool            // a pod's status has named run
	seen      map[string]bool // container IDs that were in use
	startedAt time.Time
	lastStamp time.Time
	changed   chan struct{} // closed at the next change; nil when nobody waits
	readers   map[*logReader]struct{}
	messages  []string // kubelet messages for the next stream
}

// Container is the named container of a pod: the handle for writing its log
// and scripting its life. The pod may come later. When the pod is deleted the
// handle is dead; a pod of the same name that comes after it has another log.
func (s *Server) Container(namespace, pod, name string) *Container {
	c := s.kubelet.container(s, namespace, pod, name)
	if o := s.store.get(s.pods(), namespace, pod); o != nil {
		c.sync(o.data)
	}
	return c
}

// Write appends a line of stdout, stamped now. A line over 16 KiB becomes
// several records, as containerd writes it.
func (c *Container) Write(line string) { c.write(line, false, time.Time{}) }

// WriteErr is Write for stderr.
func (c *Container) WriteErr(line string) { c.write(line, true, time.Time{}) }

// WriteAt is Write with a time of its own, which need not be in order. Further
// records of a long line come one microsecond apart.
func (c *Container) WriteAt(t time.Time, line string) { c.write(line, false, t) }

// WritePartial appends P records of stdout: a line whose end comes with the
// next Write, or never.
func (c *Container) WritePartial(pieces ...string) {
	for _, p := range pieces {
		c.Append(Record{Partial: true, Text: p})
	}
}

func (c *Container) write(line string, stderr bool, t time.Time) {
	var rs []Record
	for len(line) > partialSize {
		rs = append(rs, Record{Time: t, Stderr: stderr, Partial: true, Text: line[:partialSize]})
		line = line[partialSize:]
		if !t.IsZero() {
			t = t.Add(time.Microsecond)
		}
	}
	c.Append(append(rs, Record{Time: t, Stderr: stderr, Text: line})...)
}

// Append appends records as they are; those without a time are stamped now.
// Such stamps strictly increase.
func (c *Container) Append(rs ...Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rs {
		if r.Time.IsZero() {
			r.Time = c.stamp()
		}
		r.Time = r.Time.UTC()
		if !r.Partial {
			r.Text = strings.TrimSuffix(r.Text, "\n")
		}
		c.run.file.records = append(c.run.file.records, record{Record: r})
	}
	c.wake()
}

// stamp is a time after all stamps before. c.mu is held.
func (c *Container) stamp() time.Time {
	t := time.Now().UTC()
	if !t.After(c.lastStamp) {
		t = c.lastStamp.Add(1)
	}
	c.lastStamp = t
	return t
}

// WriteRaw puts text into the streams that are open, without a timestamp, as
// the kubelet reports errors in band; end it with a newline. When none is
// open, the next one begins with it.
func (c *Container) WriteRaw(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.readers) == 0 {
		c.messages = append(c.messages, text)
		return
	}
	only := make(map[*logReader]struct{}, len(c.readers))
	for r := range c.readers {
		only[r] = struct{}{}
	}
	c.run.file.records = append(c.run.file.records, record{Record: Record{Text: text}, only: only})
	c.wake()
}

// Rotate moves the log file away and begins a new one: new requests do not see
// the lines before. Without a mode, open followers go on with the new file.
func (c *Container) Rotate(mode ...RotateMode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.run.file
	old.next = &logFile{}
	if len(mode) > 0 {
		old.moved = mode[0]
	}
	c.run.file = old.next
	c.wake()
}

// Preload puts raw, ready lines of the form "timestamp text\n" in ascending
// order, in front of the log. They are served in large writes straight from
// raw, which must not change: a lean source for benchmarks. Streams that are
// open already do not see them.
func (c *Container) Preload(raw []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run.file.preload = raw
	c.wake()
}

// OpenStreams counts the requests that read this log now.
func (c *Container) OpenStreams() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.readers)
}

// ID is the container ID of the present instance, "containerd://<hex>"; empty
// before the pod says one.
func (c *Container) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run.id
}

// wake tells waiting readers of a change. c.mu is held.
func (c *Container) wake() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// wait is closed at the next change. c.mu is held.
func (c *Container) wait() <-chan struct{} {
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// end closes the log for good: readers end when they have read it.
func (c *Container) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run.ended = true
	c.wake()
}

// newContainerID makes an ID as containerd does.
func newContainerID() string { return "containerd://" + randomHex(32) }
