package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/collect"
)

// completionTime bounds what a press of the Tab key may take.
const completionTime = 3 * time.Second

// completeProxies offers the names of workloads with a proxy; behind TYPE/ those of that
// type. all is the value of -A, nil where a command has no such flag.
func completeProxies(f *clusterFlags, all *bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		word, _, slash := strings.Cut(prefix, "/")
		kind, ok := parseKind(word)
		if slash && !ok {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := proxiesFor(ctx, f, all != nil && *all, func(of string) bool { return !slash || of == kind })
		for i := range names {
			if slash {
				names[i] = word + "/" + names[i]
			}
		}
		return withPrefix(names, prefix, args), cobra.ShellCompDirectiveNoFileComp
	}
}

// proxiesFor are the names of workloads with a proxy, of the kinds that are wanted; none
// where the cluster does not tell.
func proxiesFor(ctx context.Context, f *clusterFlags, all bool, wanted func(kind string) bool) []string {
	cluster, err := f.connect()
	if err != nil {
		return nil
	}
	var namespaces []string
	if !all {
		namespaces = slices.Compact(slices.Sorted(slices.Values(f.connection.Namespaces))) // cobra parses flags twice
		if len(namespaces) == 0 {
			namespaces = []string{cluster.Namespace}
		}
	}
	var names []string
	for _, o := range collect.Names(ctx, cluster, namespaces) {
		if wanted(o.Kind) {
			names = append(names, o.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// completeConnection offers contexts and namespaces.
func completeConnection(cmd *cobra.Command, f *clusterFlags) {
	// The errors are only for flags that do not exist.
	_ = cmd.RegisterFlagCompletionFunc("context", func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		names, _ := f.connection.ContextNames()
		return withPrefix(names, prefix, nil), cobra.ShellCompDirectiveNoFileComp
	})
	_ = cmd.RegisterFlagCompletionFunc("namespace", func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		cluster, err := f.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, _ := cluster.Names(ctx, "namespaces", "")
		return withPrefix(names, prefix, nil), cobra.ShellCompDirectiveNoFileComp
	})
}

// completeWords offers the values of a flag.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return withPrefix(words, prefix, nil), cobra.ShellCompDirectiveNoFileComp
	})
}

// withPrefix are the names that begin so and are not among those that are there already.
func withPrefix(names []string, prefix string, there []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, prefix) || slices.Contains(there, n) })
}
