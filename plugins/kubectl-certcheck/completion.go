package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completionTime bounds what a press of the Tab key may take.
const completionTime = 3 * time.Second

// completeTargets offers types, and the names of objects behind TYPE/.
func (o *options) completeTargets(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	word, _, slash := strings.Cut(prefix, "/")
	if !slash {
		var types []string
		for _, kind := range kindNames() {
			types = append(types, kind+"/")
		}
		return withPrefix(types, prefix), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	cluster, err := o.cluster()
	kind := kinds()[kindOf(word)]
	if err != nil || kind == "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	namespace := ""
	if all := o.namespaces(cluster.Namespace); len(all) == 1 {
		namespace = all[0]
	}
	names := map[string]bool{}
	for _, resource := range o.resourcesOf(word, kind) {
		found, _ := cluster.Names(ctx, resource, namespace)
		for _, name := range found {
			names[word+"/"+name] = true
		}
	}
	return withPrefix(slices.Sorted(maps.Keys(names)), prefix), cobra.ShellCompDirectiveNoFileComp
}

// resourcesOf are the resources that a type of the command line may mean: a gateway is
// Istio's or the Gateway API's.
func (o *options) resourcesOf(word, kind string) []string {
	if strings.Contains(word, ".") || kind != "gateway" {
		return []string{word}
	}
	return []string{"gateway.networking.istio.io", "gateway.gateway.networking.k8s.io"}
}

func (o *options) registerCompletions(cmd *cobra.Command) {
	for flag, words := range map[string][]string{
		"output": {"table", "wide", "tree", "json", "yaml", "junit", "prom"}, "fail-on": {"error", "warning", "none"}, "color": {"auto", "always", "never"},
	} {
		// The error is only for a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return withPrefix(words, prefix), cobra.ShellCompDirectiveNoFileComp
		})
	}
	_ = cmd.RegisterFlagCompletionFunc("context", func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		names, _ := o.connection.ContextNames()
		return withPrefix(names, prefix), cobra.ShellCompDirectiveNoFileComp
	})
	_ = cmd.RegisterFlagCompletionFunc("namespace", func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		cluster, err := o.cluster()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, _ := cluster.Names(ctx, "namespaces", "")
		return withPrefix(names, prefix), cobra.ShellCompDirectiveNoFileComp
	})
}

func withPrefix(names []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, prefix) })
}
