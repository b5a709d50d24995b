package kubetest

import (
	"time"
)

// logReader reads one run of a container's log as the kubelet does for one
// request.
type logReader struct {
	c      *Container
	run    *logRun
	file   *logFile
	at     int // next record of file
	opts   logOptions
	format logFormat
}

// logOptions is what a request asks for; PodLogOptions without the pointers.
type logOptions struct {
	follow     bool
	previous   bool
	timestamps bool
	since      time.Time // zero: from the beginning
	tail       int64     // records; -1: all
	limit      int64     // bytes; -1: no limit
	stream     string    // "Stdout", "Stderr", "All"
}

// logFormat turns records into the bytes of an answer.
type logFormat struct {
	opts    logOptions
	newLine bool
	remain  int64
}

func newLogFormat(o logOptions) logFormat {
	return logFormat{opts: o, newLine: true, remain: o.limit}
}

// append adds r to buf; full says that the byte limit is reached. The
// timestamp goes before r only if the record before, of whatever stream and
// even if filtered out, ended a line: cri-client's pkg/logs/logs.go has one
// flag for all. So a stderr record between the parts of a stdout line appears
// in the middle of that line.
func (f *logFormat) append(buf []byte, r record) (out []byte, full bool) {
	stamp := f.newLine && f.opts.timestamps
	f.newLine = !r.Partial
	if r.Time.Before(f.opts.since) || (f.opts.stream == "Stdout" && r.Stderr) || (f.opts.stream == "Stderr" && !r.Stderr) {
		return buf, false
	}
	start := len(buf)
	if stamp {
		buf = append(r.Time.AppendFormat(buf, stampFormat), ' ')
	}
	buf = append(buf, r.Text...)
	if !r.Partial {
		buf = append(buf, '\n')
	}
	if f.remain >= 0 {
		if n := int64(len(buf) - start); n >= f.remain {
			return buf[:start+int(f.remain)], true
		}
		f.remain -= int64(len(buf) - start)
	}
	return buf, false
}

// stampFormat is the kubelet's: nine digits of fraction, always.
const stampFormat = "2006-01-02T15:04:05.000000000Z07:00"

// newReader begins to read run. The tail is found first, in records of the
// present file, and the since filter is applied later.
func (c *Container) newReader(run *logRun, o logOptions) (*logReader, []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &logReader{c: c, run: run, file: run.file, opts: o, format: newLogFormat(o)}
	if o.tail >= 0 {
		r.at = len(r.file.records)
		for n := o.tail; n > 0 && r.at > 0; {
			if r.at--; r.file.records[r.at].only == nil {
				n--
			}
		}
	}
	messages := c.messages
	c.messages = nil
	c.readers[r] = struct{}{}
	return r, messages
}

func (r *logReader) close() {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	delete(r.c.readers, r)
}

// batchSize is how many bytes of text are taken at a time.
const batchSize = 64 << 10

// next gives records that were not read yet, or a channel to wait on, or
// neither at the end. The records must not be changed.
func (r *logReader) next() (records []record, wait <-chan struct{}) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	for {
		rotated := r.file.next != nil && r.opts.follow
		if r.at < len(r.file.records) && !(rotated && r.file.moved == FollowersLoseTail) {
			records = r.file.records[r.at:]
			for i, size := 0, 0; i < len(records); i++ {
				if size += len(records[i].Text); size > batchSize {
					records = records[:i+1]
					break
				}
			}
			r.at += len(records)
			return records, nil
		}
		if rotated && r.file.moved != FollowersEnd {
			r.file, r.at = r.file.next, 0
			continue
		}
		if rotated || !r.opts.follow || r.run.ended {
			return nil, nil
		}
		return nil, r.c.wait()
	}
}
