package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/install"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

func (o *applyOptions) runScript(*cobra.Command, install.Target, *manifest.Set) error {
	return errors.ErrUnsupported
}
