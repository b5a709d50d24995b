package main

import (
	"context"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// readFiles makes the snapshot of files. A read of standard input cannot be interrupted,
// so that the end of ctx does not wait for it.
func (o *options) readFiles(ctx context.Context) (*chain.Snapshot, error) {
	type loaded struct {
		set *manifest.Set
		err error
	}
	done := make(chan loaded, 1)
	go func() {
		set, err := manifest.Load(o.files, o.recursive, o.In)
		done <- loaded{set, err}
	}()
	select {
	case l := <-done:
		if l.err != nil {
			return nil, l.err
		}
		return o.snapshotOf(l.set), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// snapshotOf is the snapshot of manifests. What is in no namespace there is in that of
// -n, else in default.
func (o *options) snapshotOf(set *manifest.Set) *chain.Snapshot {
	s := &chain.Snapshot{Files: true, Scope: o.scopeOfFiles(), Fallback: "default"}
	if len(o.connection.Namespaces) == 1 {
		s.Fallback = o.connection.Namespaces[0]
	}
	for _, object := range set.Objects {
		s.AddOf(object.APIVersion, object.Kind, object.Raw, chain.Place{File: object.File, Line: object.Line})
	}
	for _, p := range set.Problems {
		s.Problems = append(s.Problems, chain.Problem{Object: finding.Object{File: p.File, Line: p.Line}, What: p.What, Text: p.Text})
	}
	s.Close()
	return s
}

// scopeOfFiles is the namespaces whose doors are judged: without -n all that are there.
func (o *options) scopeOfFiles() []string {
	if len(o.connection.Namespaces) == 0 || slices.ContainsFunc(o.targets, isClusterWide) {
		return nil
	}
	return slices.Clone(o.connection.Namespaces)
}
