package fifo

import (
	"context"
	"errors"
	"io"
)

var errUnsupported = errors.New("named pipes are not supported on Windows")

// Pipe is a named pipe, which Windows does not have.
type Pipe struct{}

// Make fails on Windows.
func Make(string) (*Pipe, error) { return nil, errUnsupported }

// Remove fails on Windows.
func (*Pipe) Remove() error { return errUnsupported }

// Listen fails on Windows.
func (*Pipe) Listen() (io.ReadCloser, error) { return nil, errUnsupported }

// Writer returns a Writer that fails.
func (*Pipe) Writer(context.Context, Policy) *Writer {
	w := &Writer{gone: make(chan struct{})}
	close(w.gone)
	return w
}

// Writer writes lines into a named pipe, which Windows does not have.
type Writer struct{ gone chan struct{} }

// Gone is closed from the start.
func (w *Writer) Gone() <-chan struct{} { return w.gone }

// Err says that Windows has no such pipes.
func (*Writer) Err() error { return errUnsupported }

// Write fails on Windows.
func (*Writer) Write([]byte) (int, error) { return 0, errUnsupported }

// Close fails on Windows.
func (*Writer) Close() error { return errUnsupported }
