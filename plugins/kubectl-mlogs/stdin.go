package main

import (
	"context"
	"sync/atomic"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/merge"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// runStdin renders standard input as if it were a log. Lines that begin with a
// time, as `kubectl logs --timestamps` prints them, keep it.
func (o *options) runStdin(ctx context.Context) error {
	writer, err := render.NewWriter(o.Out, o.renderOptions(o.Out, 1))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pool := &record.Pool{}
	merger := merge.New(writer, pool, merge.Options{})
	feed := merger.Live()
	done := make(chan struct{})
	var failed atomic.Value
	go func() {
		defer close(done)
		// A read from a terminal cannot be interrupted; Run ends with ctx all the same.
		if err := source.Lines(ctx, o.In, &record.Origin{}, feed, pool, int(o.maxLine), source.Stamps()); err != nil {
			failed.Store(err)
		}
	}()
	if err := merger.Run(ctx, done); err != nil {
		return err
	}
	if err, ok := failed.Load().(error); ok && ctx.Err() == nil {
		return err
	}
	return nil
}
