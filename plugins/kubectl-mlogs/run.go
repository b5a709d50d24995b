package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/merge"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
)

const (
	// patience is how long the past of a followed stream waits for one source.
	patience = 10 * time.Second
	// lastWords is how long an interrupt waits for output that nobody takes.
	lastWords = 2 * time.Second
)

// run does what the options say.
func (o *options) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	o.verbose = cli.Verbose(cmd)
	if o.stdin {
		return o.runStdin(ctx)
	}
	clusters, err := o.connection.Connect(kube.UserAgent("kubectl-mlogs", cli.Version()))
	if err != nil {
		return err
	}
	if o.dryRun {
		return o.runDry(ctx, clusters)
	}
	if o.printScript {
		return o.runScript(ctx, cmd, clusters)
	}
	pipes, err := o.openPipes(ctx)
	if err != nil {
		return err
	}
	defer pipes.remove()
	writer, err := render.NewWriter(pipes.out, o.renderOptions(pipes.out, len(clusters)))
	if err != nil {
		return err
	}
	s := newStream(ctx, o, clusters, writer)
	s.pipes = pipes
	defer s.cancel()
	return pipes.close(s.run())
}

func (s *stream) run() error {
	s.listen()
	if s.options.follow {
		return s.follow()
	}
	return s.once()
}

// stream is one run over one or more clusters.
type stream struct {
	*options
	clusters []*kube.Cluster
	writer   *render.Writer
	notices  *notices
	pool     *record.Pool
	merger   *merge.Merger
	sources  *sources
	pipes    *pipes

	// ctx is for the readers; the output's end cancels it.
	ctx    context.Context
	cancel context.CancelFunc
	// interrupt is the command's own context.
	interrupt context.Context
	// done is closed when no reader runs any more.
	done chan struct{}
}

func newStream(ctx context.Context, o *options, clusters []*kube.Cluster, writer *render.Writer) *stream {
	s := &stream{options: o, clusters: clusters, writer: writer, pool: &record.Pool{}, interrupt: ctx, done: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.notices = newNotices(o.ErrOut)
	s.merger = merge.New(writer, s.pool, merge.Options{Window: o.sort, Patience: s.patience()})
	s.sources = newSources(s)
	return s
}

func (s *stream) patience() time.Duration {
	if s.options.follow {
		return patience
	}
	return 0
}

// once prints what is there.
func (s *stream) once() error {
	names, listed, err := s.list()
	if err != nil {
		return err
	}
	s.sources.awaitLists(s.ctx, 0)
	s.sources.complete()
	if s.sources.count() == 0 && !s.notices.failed() { // else it was said why
		s.sayNothing(names)
	}
	for _, w := range s.sources.waiting() {
		s.notices.Printf("%s has not started%s", w.Name, inBrackets(w.Reason))
	}
	err = s.print()
	return s.outcome(err, listed)
}

// list starts the sources of what exists. failed is the error of a cluster that
// could not be asked while others could.
func (s *stream) list() (names []string, failed, err error) {
	type answer struct {
		pods  []*kube.Pod
		names []string
		err   error
	}
	answers := make([]answer, len(s.clusters))
	var wg sync.WaitGroup
	for i, c := range s.clusters {
		wg.Go(func() {
			a := &answers[i]
			a.pods, a.names, a.err = c.ListPods(s.ctx, s.selection())
		})
	}
	wg.Wait()
	for i, a := range answers {
		if a.err != nil {
			if failed, err = s.clusterFailed(s.clusters[i], a.err); err != nil {
				return nil, nil, err
			}
			continue
		}
		names = append(names, a.names...)
		for _, pod := range a.pods {
			s.sources.apply(s.clusters[i], pod)
		}
	}
	return names, failed, nil
}

// clusterFailed decides what one cluster's failure means: with several contexts
// the others go on, and the exit code tells at the end.
func (s *stream) clusterFailed(c *kube.Cluster, err error) (later, now error) {
	if len(s.clusters) == 1 {
		return nil, err
	}
	if len(s.clusters) == s.sources.lose() {
		return nil, fmt.Errorf("context %s: %w", c, err)
	}
	s.notices.Printf("context %s is left out: %s", c, cli.Explain(err))
	return &cli.Exit{Code: cli.CodeError}, nil
}

// print runs the merger until the sources are done, the output fails, or an
// interrupt comes.
func (s *stream) print() error {
	go func() {
		s.sources.wait()
		s.deafen()
		close(s.done)
	}()
	printed := make(chan error, 1)
	go func() { printed <- s.merger.Run(s.ctx, s.done) }()
	var err error
	select {
	case err = <-printed:
	case <-s.interrupt.Done():
		select {
		case err = <-printed:
		case <-time.After(lastWords): // whoever reads our output does not, just now
		}
	}
	s.cancel()
	return err
}

// outcome is what the command returns after printing. It lets the readers have
// their say first: a gap may be known to them alone.
func (s *stream) outcome(err, failed error) error {
	select {
	case <-s.done:
	case <-time.After(lastWords):
	}
	s.notices.flush()
	s.notices.summary(s.writer.Printed(), s.sources.count(), s.verbose)
	switch {
	case err != nil:
		return err
	case failed != nil:
		return failed
	case s.notices.failed():
		return &cli.Exit{Code: cli.CodeError}
	case s.untilDone && s.interrupt.Err() == nil:
		return s.verdict()
	}
	return nil
}

// verdict tells which containers failed.
func (s *stream) verdict() error {
	failed := s.sources.failed()
	for _, f := range failed {
		s.notices.Printf("%s failed with exit code %d%s", f.Name, f.ExitCode, inBrackets(f.Reason))
	}
	if len(failed) > 0 {
		return &cli.Exit{Code: cli.CodeFinding}
	}
	return nil
}

func inBrackets(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}
