package main

import (
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// readFiles makes the snapshot of files. What is in no namespace there is in that of
// -n, else in default.
func (o *options) readFiles() (*chain.Snapshot, error) {
	set, err := manifest.Load(o.files, o.recursive, o.In)
	if err != nil {
		return nil, err
	}
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
	return s, nil
}

// scopeOfFiles is the namespaces whose doors are judged: without -n all that are there.
func (o *options) scopeOfFiles() []string {
	if o.allNamespaces || len(o.connection.Namespaces) == 0 {
		return nil
	}
	return slices.Clone(o.connection.Namespaces)
}
