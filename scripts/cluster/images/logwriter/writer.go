package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// batch is how many bytes are collected before they are written, when lines are due faster than they can be written one by one. A write always
// ends with a whole line.
const batch = 32 << 10

type writer struct {
	options
	out, errOut io.Writer
	end, reopen <-chan os.Signal
	buf         []byte
}

// write writes all lines. It reports whether it was told to end before the last one.
func (w *writer) write() (ended bool, err error) {
	started := time.Now()
	for i := 0; w.lines == 0 || i < w.lines; i++ {
		if wait := time.Until(started.Add(w.due(i))); wait > 0 {
			if err := w.flush(); err != nil {
				return false, err
			}
			if w.pause(wait) {
				return true, nil
			}
		}
		select {
		case <-w.end:
			return true, w.flush()
		case <-w.reopen:
			if err := w.open(); err != nil {
				return false, err
			}
		default:
		}
		if err := w.line(i); err != nil {
			return false, err
		}
	}
	return false, w.flush()
}

// due gives when line i, counted from 0, has to be written. It is reckoned from the start and not from the line before, so that no delay adds up.
func (w *writer) due(i int) time.Duration {
	if w.rate == 0 {
		return 0
	}
	return time.Duration(float64(i/w.burst*w.burst) / w.rate * float64(time.Second))
}

func (w *writer) line(i int) error {
	n := w.start + i
	if w.stderrEvery > 0 && (i+1)%w.stderrEvery == 0 {
		_, err := w.errOut.Write(w.appendLine(nil, n))
		return err
	}
	if w.buf = w.appendLine(w.buf, n); len(w.buf) >= batch {
		return w.flush()
	}
	return nil
}

func (w *writer) appendLine(buf []byte, n int) []byte {
	before := len(buf)
	buf = fmt.Appendf(buf, "%s %09d", w.prefix, n)
	if fill := w.size - (len(buf) - before) - 1; fill > 0 {
		buf = append(buf, ' ')
		buf = append(buf, padding(fill)...)
	}
	return append(buf, '\n')
}

// padding is easy on the eye and shows where a line was cut.
func padding(n int) string {
	const text = "abcdefghijklmnopqrstuvwxyz0123456789"
	return strings.Repeat(text, n/len(text)+1)[:n]
}

func (w *writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.out.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// open opens the file, again after it was renamed. What was written before a rotation stays in the old file.
func (w *writer) open() error {
	if w.file == "" {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	// Appending goes on at the right place when the file is truncated.
	f, err := os.OpenFile(w.file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if old, ok := w.out.(*os.File); ok && old != os.Stdout {
		old.Close()
	}
	w.out = f
	return nil
}

// pause waits. It reports whether it was told to end meanwhile.
func (w *writer) pause(d time.Duration) (ended bool) {
	select {
	case <-w.end:
		return true
	case <-time.After(d):
		return false
	}
}
