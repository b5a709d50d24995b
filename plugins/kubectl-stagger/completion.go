package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// completionTime bounds what a press of the Tab key may take.
const completionTime = 3 * time.Second

// completePools offers the names of the cluster's pools.
func (f *clusterFlags) completePools(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	c, err := f.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := pool.Names(ctx, c, f.poolLabel)
	return withPrefix(names, prefix), cobra.ShellCompDirectiveNoFileComp
}

// registerCompletions offers values for the flags that the commands share.
func (f *clusterFlags) registerCompletions(cmd *cobra.Command, values map[string][]string) {
	values["color"] = []string{"auto", "always", "never"}
	for flag, words := range values {
		// The error is only for a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return withPrefix(words, prefix), cobra.ShellCompDirectiveNoFileComp
		})
	}
	_ = cmd.RegisterFlagCompletionFunc("context", func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		names, _ := f.connection.ContextNames()
		return withPrefix(names, prefix), cobra.ShellCompDirectiveNoFileComp
	})
}

func (o *nodepoolOptions) registerCompletions(cmd *cobra.Command) {
	o.cluster.registerCompletions(cmd, map[string][]string{
		"dry-run": {dryRunNone, dryRunClient, dryRunServer}, "output": planOutputs(), "mode": {"once", "rolling"}, "via": vias(),
	})
}

func withPrefix(names []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, prefix) })
}
