package main

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/fifo"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// fifoLabel is the prefix of lines that other programs write into the pipe.
const fifoLabel = "fifo"

func (o *options) validatePipes(cmd *cobra.Command) error {
	set := cmd.Flags().Changed
	switch {
	case set("fifo") && o.fifo == "", set("fifo-dir") && o.fifoDir == "":
		return cli.UsageErrorf(cmd, "--fifo and --fifo-dir want a path")
	case o.fifo != "" && o.fifoDir != "":
		return cli.UsageErrorf(cmd, "--fifo is one pipe for all, --fifo-dir one for each log: they exclude each other")
	case o.fifoOnly && o.fifo == "":
		return cli.UsageErrorf(cmd, "--fifo-only goes with --fifo PATH")
	case set("on-reader-exit") && !o.fifoOnly && o.fifoDir == "":
		return cli.UsageErrorf(cmd, "--on-reader-exit goes with --fifo-only or --fifo-dir: otherwise mlogs itself reads the pipe")
	case o.stdin && (o.fifo != "" || o.fifoDir != ""):
		return cli.UsageErrorf(cmd, "--stdin does not go with --fifo and --fifo-dir")
	}
	return nil
}

// pipes are the named pipes of a run; there may be none.
type pipes struct {
	// out is where the merged stream goes.
	out    io.Writer
	writer *fifo.Writer  // out, if that is a pipe
	ear    io.ReadCloser // what other programs write
	heard  sync.WaitGroup
	folder string // made by us

	mu   sync.Mutex
	made []*fifo.Pipe
}

// openPipes makes the pipe of --fifo or the folder of --fifo-dir. At the first
// signal pipes are removed at once: what follows may take a while, or be cut
// short by a second one.
func (o *options) openPipes(ctx context.Context) (*pipes, error) {
	p := &pipes{out: o.Out}
	context.AfterFunc(ctx, p.remove)
	if o.fifoDir != "" {
		err := os.Mkdir(o.fifoDir, 0o700)
		if err == nil {
			p.folder = o.fifoDir
		} else if !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		p.out = io.Discard
	}
	if o.fifo == "" {
		return p, nil
	}
	pipe, err := p.make(o.fifo)
	if err != nil {
		return nil, err
	}
	if o.fifoOnly {
		p.writer = pipe.Writer(ctx, fifo.Policy(o.onReaderExit))
		p.out = p.writer
		return p, nil
	}
	if p.ear, err = pipe.Listen(); err != nil {
		p.remove()
	}
	return p, err
}

func (p *pipes) make(path string) (*fifo.Pipe, error) {
	pipe, err := fifo.Make(path)
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.made = append(p.made, pipe)
	}
	return pipe, err
}

// remove removes what has been made. An error would be about a path that
// somebody else has removed or replaced: nothing to do about that.
func (p *pipes) remove() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pipe := range p.made {
		_ = pipe.Remove()
	}
	p.made = nil
	if p.folder != "" {
		_ = os.Remove(p.folder)
	}
}

// lastCall is how long a run that has come to its end still listens: enough to
// take what other programs have written into the pipe before.
const lastCall = 100 * time.Millisecond

// deafen ends the reading of what other programs write.
func (s *stream) deafen() {
	if s.pipes.ear == nil {
		return
	}
	select {
	case <-time.After(lastCall):
	case <-s.interrupt.Done():
	}
	_ = s.pipes.ear.Close()
	s.pipes.heard.Wait()
}

// close lets the pipe's reader take the rest, and returns what the run has come
// to. With --on-reader-exit stop a reader that has left is its proper end.
func (p *pipes) close(err error) error {
	if p.writer != nil && err == nil {
		err = p.writer.Close()
	}
	if errors.Is(err, fifo.ErrReaderGone) {
		return nil
	}
	return err
}

// listen joins what other programs write into the pipe to the stream, and ends
// the run when the reader of our own pipe has left for good.
func (s *stream) listen() {
	if s.pipes.ear != nil {
		origin := &record.Origin{ID: s.sources.number(), Pod: fifoLabel}
		feed := s.merger.Live()
		s.pipes.heard.Go(func() {
			// It ends with the pipe, or with the readers' context.
			_ = source.Lines(s.ctx, s.pipes.ear, origin, feed, s.pool, int(s.maxLine), source.Arrival)
		})
	}
	if s.pipes.writer != nil {
		s.endWith(s.pipes.writer)
	}
}

// endWith ends the run when the reader of a pipe has left for good.
func (s *stream) endWith(w *fifo.Writer) {
	go func() {
		select {
		case <-w.Gone():
			s.cancel()
		case <-s.ctx.Done():
		}
	}()
}
