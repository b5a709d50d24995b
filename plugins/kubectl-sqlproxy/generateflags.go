package main

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

// generateFlags say what objects are made; generate and apply have them.
type generateFlags struct{}

func (f *generateFlags) bind(*pflag.FlagSet) {}

// config is what the flags ask for, in a namespace.
func (f *generateFlags) config(string) (manifest.Config, error) {
	return manifest.Config{}, errors.ErrUnsupported
}
