package main

import (
	"errors"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func newGenerateCommand(_ genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{Use: "generate", RunE: func(*cobra.Command, []string) error { return errors.ErrUnsupported }}
}
