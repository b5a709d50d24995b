package main

import (
	"context"
	"io"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// readFiles makes the closed snapshot of manifests or dumps: files, folders, or - for
// standard input. Without namespaces the proxies of all are in its scope.
func readFiles(ctx context.Context, stdin io.Reader, names []string, recursive bool, namespaces []string) (*snapshot.Snapshot, error) {
	set, err := loadFiles(ctx, stdin, names, recursive)
	if err != nil {
		return nil, err
	}
	return snapshotOf(set, namespaces), nil
}

// loadFiles reads files. A read of standard input cannot be interrupted, so that the end
// of ctx does not wait for it.
func loadFiles(ctx context.Context, stdin io.Reader, names []string, recursive bool) (*manifest.Set, error) {
	type loaded struct {
		set *manifest.Set
		err error
	}
	done := make(chan loaded, 1)
	go func() {
		set, err := manifest.Load(names, recursive, stdin)
		done <- loaded{set, err}
	}()
	select {
	case l := <-done:
		return l.set, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// snapshotOf is the snapshot of manifests. What is in no namespace there is in that of
// -n, else in default.
func snapshotOf(set *manifest.Set, namespaces []string) *snapshot.Snapshot {
	s := &snapshot.Snapshot{Files: true, Scope: namespaces, Fallback: "default"}
	if len(namespaces) == 1 {
		s.Fallback = namespaces[0]
	}
	for _, object := range set.Objects {
		s.Add(object.APIVersion, object.Kind, object.Raw, snapshot.Place{File: object.File, Line: object.Line})
	}
	for _, p := range set.Problems {
		s.Problems = append(s.Problems, snapshot.Problem{Object: finding.Object{File: p.File, Line: p.Line}, What: p.What, Text: p.Text})
	}
	s.Close()
	return s
}
