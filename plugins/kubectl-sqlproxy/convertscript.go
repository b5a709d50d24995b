package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/byhand"
)

// convertTimeout is how long the script waits for each rollout.
const convertTimeout = 5 * time.Minute

// runScript prints the script that does a conversion.
func (o *convertOptions) runScript(cmd *cobra.Command, c *conversion, namespace string) error {
	if namespace == "" {
		return errors.New("--print-script: add -n: the files do not say for which namespace they are")
	}
	var todo []string
	for _, text := range c.said {
		if name, what, ok := strings.Cut(text, ": to do: "); ok {
			todo = append(todo, name+": "+what)
		}
	}
	return byhand.WriteConvert(o.Out, byhand.Convert{
		Namespace: namespace, Shared: c.shared.Objects, Deployments: c.deployments, Clients: c.clients, ToDo: todo,
		Timeout: convertTimeout, KubectlArgs: o.cluster.kubectlArgs(cmd),
		Invocation: script.Invocation("sqlproxy"), Printed: time.Now(),
	})
}
