package main

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
)

const long = `Spread the deaths of short-lived nodes over the day.

Preemptible VMs die 24 hours after their start at the latest. The nodes of a new
pool start in the same minute, so all of them die in the same minute a day later,
and every replica of an application with them. stagger replaces just so many
nodes early, gracefully and one at a time, that afterwards the pool loses one node
at a time: with the fewest deletions that do it.

Flags cannot be placed before the plugin's name: kubectl stagger status -o wide.

Exit codes: 0 ok; 1 error, or a node could not be replaced; 3 check found
something; 130 and 143 after SIGINT and SIGTERM.`

func newCommand(streams genericiooptions.IOStreams) *cobra.Command {
	cmd := cli.NewCommand("stagger")
	cmd.Short = "Spread the deaths of short-lived nodes over the day"
	cmd.Long = long
	cmd.AddCommand(
		newNodepoolCommand(streams), newNodesCommand(streams), newStatusCommand(streams),
		newCheckCommand(streams), newSimulateCommand(streams), newCronjobCommand(streams),
	)
	return cmd
}
