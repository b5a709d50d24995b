package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// completionTime bounds what a press of the Tab key may take.
const completionTime = 3 * time.Second

// completeTargets offers types, and the names of objects behind TYPE/ and after TYPE.
func (o *options) completeTargets(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if word, _, slash := strings.Cut(prefix, "/"); slash {
		return withPrefix(o.names(cmd.Context(), word, word+"/"), prefix), cobra.ShellCompDirectiveNoFileComp
	}
	if len(args) > 0 {
		if _, ok := parseType(args[0]); ok {
			return withPrefix(o.names(cmd.Context(), args[0], ""), prefix), cobra.ShellCompDirectiveNoFileComp
		}
	}
	var types []string
	for _, kind := range kindNames() {
		types = append(types, kind+"/")
	}
	return withPrefix(types, prefix), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// names are those of the objects of a type, each with a text in front; none where the
// cluster does not tell.
func (o *options) names(ctx context.Context, word, before string) []string {
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	kind, ok := parseType(word)
	if !ok {
		return nil
	}
	cluster, err := o.cluster()
	if err != nil {
		return nil
	}
	namespaces := []string{""}
	if all := o.namespaces(cluster.Namespace); all != nil {
		namespaces = slices.Compact(slices.Sorted(slices.Values(all))) // cobra parses flags twice
	}
	names := map[string]bool{}
	for _, resource := range resourcesOf(kind) {
		for _, namespace := range namespaces {
			found, _ := namesOf(ctx, cluster, resource, namespace)
			for _, name := range found {
				names[before+name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// namesOf are the names of the objects of a resource. Of Secrets, too, no more than the
// metadata is asked for.
func namesOf(ctx context.Context, cluster *kube.Cluster, resource, namespace string) ([]string, error) {
	if resource != "secret" { // a core kind, which Names does not discover
		return cluster.Names(ctx, resource, namespace)
	}
	client, err := cluster.Metadata()
	if err != nil {
		return nil, err
	}
	list, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: 500})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names, nil
}

// resourcesOf are the resources that a kind of the command line may mean: a gateway is
// Istio's or the Gateway API's.
func resourcesOf(kind string) []string {
	if kind != "gateway" {
		return []string{kind}
	}
	return []string{"gateway." + chain.IstioGroup, "gateway." + chain.GatewayAPIGroup}
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
