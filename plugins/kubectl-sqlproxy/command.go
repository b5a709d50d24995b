package main

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
)

const long = `Run the Cloud SQL Proxy as one redundant Service for the whole cluster.

Instead of a sidecar in every pod there is one Deployment and a Service for each
database: two replicas apart from each other, probes, a shutdown in which new connections
are still served, a disruption budget, a network policy. sqlproxy makes these objects,
finds what is wrong with ones that exist, and moves people from the first version of the
proxy and from sidecars.

Flags cannot be placed before the plugin's name: kubectl sqlproxy check -n shop.

Exit codes: 0 ok; 1 error; 3 check found something at or above --fail-on; 130 and 143
after SIGINT and SIGTERM.`

func newCommand(streams genericiooptions.IOStreams) *cobra.Command {
	cmd := cli.NewCommand("sqlproxy")
	cmd.Short = "Run the Cloud SQL Proxy as one redundant Service"
	cmd.Long = long
	cmd.AddCommand(
		newGenerateCommand(streams), newApplyCommand(streams), newDeleteCommand(streams), newCheckCommand(streams),
		newStatusCommand(streams), newConnectCommand(streams), newConvertCommand(streams),
	)
	return cmd
}
