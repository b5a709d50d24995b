package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/fifo"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
)

// pipeSink is the source.Sink of a source that has a pipe of its own. Its lines
// wait for the pipe's reader, and nobody else does.
type pipeSink struct {
	stream *stream
	lines  *render.Writer
	pipe   *fifo.Pipe
	writer *fifo.Writer
	queue  chan *record.Batch
	ended  chan struct{} // closed when no more is written
}

func (s *stream) newPipeSink(o *record.Origin) (*pipeSink, error) {
	pipe, err := s.pipes.make(filepath.Join(s.fifoDir, s.pipeName(o)))
	if err != nil {
		return nil, err
	}
	p := &pipeSink{stream: s, pipe: pipe, queue: make(chan *record.Batch), ended: make(chan struct{})}
	p.writer = pipe.Writer(s.ctx, fifo.Policy(s.onReaderExit))
	if p.lines, err = render.NewWriter(p.writer, s.renderOptions(p.writer, len(s.clusters))); err != nil {
		return nil, err
	}
	s.endWith(p.writer)
	go p.write()
	return p, nil
}

// pipeName is the name of a source's pipe in the folder: pod, container and the
// file's path, and before them the namespace and the context where there are
// several.
func (s *stream) pipeName(o *record.Origin) string {
	words := []string{o.Pod, o.Container}
	if s.renderOptions(s.Out, len(s.clusters)).WithNamespace {
		words = append([]string{o.Namespace}, words...)
	}
	if len(s.clusters) > 1 {
		words = append([]string{o.Context}, words...)
	}
	if o.File != "" {
		words = append(words, strings.Trim(o.File, "/"))
	}
	return strings.ReplaceAll(strings.Join(words, "_"), "/", "_")
}

func (p *pipeSink) write() {
	defer close(p.ended)
	for b := range p.queue {
		err := p.lines.Lines(b, 0, len(b.Lines))
		if err == nil {
			err = p.lines.Flush()
		}
		p.stream.pool.Put(b)
		if err != nil {
			return
		}
	}
}

// Send is for source.Sink.
func (p *pipeSink) Send(ctx context.Context, b *record.Batch) error {
	select {
	case p.queue <- b:
		return nil
	case <-p.ended: // the pipe is no more: the run is about to end
		<-ctx.Done()
	case <-ctx.Done():
	}
	return ctx.Err()
}

// CaughtUp is for source.Sink: nobody waits for this source.
func (p *pipeSink) CaughtUp() {}

// end lets the reader take the rest, and removes the pipe.
func (p *pipeSink) end() {
	close(p.queue)
	<-p.ended
	_ = p.writer.Close() // whoever does not read any more has had what was wanted
	_ = p.pipe.Remove()
}
