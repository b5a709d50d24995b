package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/install"
)

// registerCompletions offers the values of the flags that apply and delete share.
func (o *actOptions) registerCompletions(cmd *cobra.Command) {
	completeWords(cmd, "dry-run", dryRunNone, dryRunClient, dryRunServer)
	completeWords(cmd, "output", planFormats()...)
	completeConnection(cmd, &o.cluster)
}

// completeNames offers the names under which apply has made proxies.
func (o *actOptions) completeNames(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	c, err := o.cluster.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	// cobra parses the flags twice.
	o.cluster.connection.Namespaces = slices.Compact(o.cluster.connection.Namespaces)
	namespace, err := o.cluster.oneNamespace(c)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := install.Installations(ctx, c, namespace)
	return withPrefix(names, prefix, nil), cobra.ShellCompDirectiveNoFileComp
}
