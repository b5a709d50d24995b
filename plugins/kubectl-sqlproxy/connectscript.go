package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/byhand"
)

// runScript prints the bash script that does it by hand.
func (o *connectOptions) runScript(cmd *cobra.Command, d *destination) error {
	login := o.login
	login.engine, login.port = d.engine, d.port
	if o.localPort != 0 {
		login.port = o.localPort
	}
	plan := byhand.Connect{
		Namespace: d.proxy.Namespace, Target: kubectlName(d.proxy.Workload), Port: d.port, Local: login.port,
		Instance: d.instance, KubectlArgs: o.cluster.kubectlArgs(cmd), Invocation: script.Invocation("sqlproxy"), Printed: time.Now(),
	}
	if len(o.command) > 0 {
		plan.Command, plan.Environment = login.fill(o.command), login.environment()
	} else {
		plan.Client = login.commandLine()
	}
	return byhand.WriteConnect(o.Out, plan)
}
