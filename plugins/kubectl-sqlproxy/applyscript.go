package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/byhand"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/install"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

// runScript prints the bash script that applies the objects by hand.
func (o *applyOptions) runScript(cmd *cobra.Command, target install.Target, set *manifest.Set) error {
	plan := byhand.Plan{
		Name: target.Name, Namespace: target.Namespace, Objects: set.Objects, Force: o.force, Prune: o.prune,
		KubectlArgs: o.cluster.kubectlArgs(cmd), Invocation: script.Invocation("sqlproxy"), Printed: time.Now(),
	}
	if o.wait {
		plan.Timeout = o.timeout
	}
	if name, _, _ := strings.Cut(o.flags.secret, "/"); name != "" {
		plan.Secrets = append(plan.Secrets, name)
	}
	for i := range set.Objects {
		secret, ok := set.Objects[i].Value.(*corev1.Secret)
		if !ok {
			continue
		}
		for key := range secret.Data {
			plan.Keys = append(plan.Keys, byhand.Key{Secret: secret.Name, Key: key, File: o.flags.keyFile, Labels: secret.Labels})
		}
	}
	return byhand.Write(o.Out, plan)
}
