package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
)

// completionTime bounds what a press of the Tab key may take.
const completionTime = 3 * time.Second

// registerCompletions offers values for flags.
func (o *options) registerCompletions(cmd *cobra.Command) {
	none := cobra.ShellCompDirectiveNoFileComp
	for flag, values := range map[string]func(context.Context) []string{
		"namespace":         o.namespaceNames,
		"context":           func(context.Context) []string { names, _ := o.connection.ContextNames(); return names },
		"node":              o.nodeNames,
		"container":         o.containerNames,
		"exclude-container": o.containerNames,
		"file":              func(context.Context) []string { return nil }, // not those of this machine
		"output":            func(context.Context) []string { return outputNames() },
		"timestamps":        func(context.Context) []string { return []string{"rfc3339", "short"} },
		"on-reader-exit":    func(context.Context) []string { return []string{"wait", "stop"} },
		"color":             func(context.Context) []string { return []string{"auto", "always", "never"} },
		"container-state":   func(context.Context) []string { return []string{"running", "waiting", "terminated", "all"} },
	} {
		// The error is only for a flag that does not exist; the test of this
		// function completes each of them.
		_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
			ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
			defer cancel()
			directive := none
			if flag == "output" {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
			return withPrefix(values(ctx), prefix), directive
		})
	}
}

// completeQuery offers pods and kinds, and after TYPE/ the names of that type.
func (o *options) completeQuery(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	cluster, err := o.oneCluster()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if kind, _, slash := strings.Cut(prefix, "/"); slash {
		names, err := cluster.Names(ctx, kind, o.completionNamespace(cluster))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		for i := range names {
			names[i] = kind + "/" + names[i]
		}
		return withPrefix(names, prefix), cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := cluster.Names(ctx, "pod", o.completionNamespace(cluster))
	candidates := withPrefix(names, prefix)
	directive := cobra.ShellCompDirectiveNoFileComp
	for _, kind := range kube.OwnerKinds() {
		if strings.HasPrefix(kind+"/", prefix) {
			candidates = append(candidates, kind+"/")
			directive |= cobra.ShellCompDirectiveNoSpace // its name comes next
		}
	}
	return candidates, directive
}

func (o *options) oneCluster() (*kube.Cluster, error) {
	clusters, err := o.connection.Connect(kube.UserAgent("kubectl-mlogs", cli.Version()))
	if err != nil {
		return nil, err
	}
	return clusters[0], nil
}

func (o *options) completionNamespace(c *kube.Cluster) string {
	switch {
	case o.allNamespaces:
		return ""
	case len(o.connection.Namespaces) > 0:
		return o.connection.Namespaces[0]
	}
	return c.Namespace
}

func (o *options) namespaceNames(ctx context.Context) []string { return o.names(ctx, "namespaces") }
func (o *options) nodeNames(ctx context.Context) []string      { return o.names(ctx, "nodes") }

func (o *options) names(ctx context.Context, kind string) []string {
	cluster, err := o.oneCluster()
	if err != nil {
		return nil
	}
	names, _ := cluster.Names(ctx, kind, "")
	return names
}

func (o *options) containerNames(ctx context.Context) []string {
	cluster, err := o.oneCluster()
	if err != nil {
		return nil
	}
	list, err := cluster.Pods(o.completionNamespace(cluster)).List(ctx, metav1.ListOptions{LabelSelector: o.labels, Limit: 500})
	if err != nil {
		return nil
	}
	var names []string
	for _, pod := range list.Items {
		for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func withPrefix(names []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, prefix) })
}
