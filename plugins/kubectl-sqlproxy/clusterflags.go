package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
)

// clusterFlags say which cluster is meant, and which namespace.
type clusterFlags struct {
	connection kube.Flags
}

func (f *clusterFlags) bind(cmd *cobra.Command) {
	fs := cmd.Flags()
	f.connection.Bind(fs)
	fs.Lookup("context").Usage = "Kubeconfig context to use"
	cli.HideFlags(fs, kube.ConnectionFlags()...)
}

// connect opens the one cluster that the flags name.
func (f *clusterFlags) connect() (*kube.Cluster, error) {
	if len(f.connection.Contexts) > 1 {
		return nil, errors.New("--context: one cluster at a time")
	}
	clusters, err := f.connection.Connect(kube.UserAgent("kubectl-sqlproxy", cli.Version()))
	if err != nil {
		return nil, err
	}
	return clusters[0], nil
}

// oneNamespace is that of -n, or else the context's.
func (f *clusterFlags) oneNamespace(c *kube.Cluster) (string, error) {
	switch namespaces := f.connection.Namespaces; {
	case len(namespaces) > 1:
		return "", errors.New("--namespace: one namespace at a time")
	case len(namespaces) == 1 && namespaces[0] == "":
		return "", errors.New("--namespace: it is empty")
	case len(namespaces) == 1:
		return namespaces[0], nil
	}
	return c.Namespace, nil
}

// kubectlArgs are the arguments that lead kubectl to the same cluster.
func (f *clusterFlags) kubectlArgs(cmd *cobra.Command) []string {
	args := kube.KubectlArgs(cmd.Flags())
	for _, context := range f.connection.Contexts {
		args = append(args, "--context="+context)
	}
	return args
}
