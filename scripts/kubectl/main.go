// Command kubectl is kubectl itself, for test machines that have none. It is a
// module of its own, so that none of it enters the plugins.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
