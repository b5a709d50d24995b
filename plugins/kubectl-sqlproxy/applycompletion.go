package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/install"
)

// actCompletionTime bounds what a press of the Tab key may take.
const actCompletionTime = 3 * time.Second

func (o *actOptions) registerCompletions(cmd *cobra.Command) {
	for flag, values := range map[string][]string{"dry-run": {dryRunNone, dryRunClient, dryRunServer}, "output": planFormats()} {
		// The error is only for a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	_ = cmd.RegisterFlagCompletionFunc("context", func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		names, _ := o.cluster.connection.ContextNames()
		return beginning(names, prefix), cobra.ShellCompDirectiveNoFileComp
	})
	_ = cmd.RegisterFlagCompletionFunc("namespace", func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), actCompletionTime)
		defer cancel()
		c, err := o.cluster.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, _ := c.Names(ctx, "namespaces", "")
		return beginning(names, prefix), cobra.ShellCompDirectiveNoFileComp
	})
}

// completeNames offers the names under which apply has made proxies.
func (o *actOptions) completeNames(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), actCompletionTime)
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
	return beginning(names, prefix), cobra.ShellCompDirectiveNoFileComp
}

func beginning(names []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, prefix) })
}
