package main

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
)

const long = `Say why TLS is broken, or will be, and what to do about it.

certcheck walks the whole chain: from a door (an Istio Gateway, a Gateway of the
Gateway API, an Ingress, a pod that mounts a Secret, a webhook) over the Secret, the
Certificate, its CertificateRequest, Order and Challenges, to the issuer and its DNS
credentials. Each door gets a verdict with its one root cause, the evidence in the
API's own words, the fix as commands, and the time of the next automatic retry.

Without arguments it checks every door of the namespace, and every certificate that no
door takes. With TYPE/NAME, or a host name, it shows that chain as a tree.

With -f it reads manifests before they are applied, and dumps of a cluster (kubectl get
-o yaml), by the same rules and without a cluster.

It only reads. What could not be looked at is reported as skipped and never as ok.
Private keys and passwords are compared in memory and never shown.

Exit codes: 0 ok; 1 error; 3 something was found at or above --fail-on; 130 and 143
after SIGINT and SIGTERM.`

const examples = `  # Every door of the namespace
  kubectl certcheck

  # Why is this one broken? The chain as a tree
  kubectl certcheck gateway/web -n shop
  kubectl certcheck shop.example.com -A

  # What do the gateway's pods really serve?
  kubectl certcheck gateway/web --live

  # What will have expired at Christmas?
  kubectl certcheck -A --at 2026-12-24

  # In CI: wait until the certificate of what was just applied is there
  kubectl certcheck certificate/web --wait --timeout 10m

  # Manifests before they are applied; a support bundle
  kubectl certcheck -f deploy/ -R -o junit
  kubectl get gw,secret,certificate,order,challenge,issuer,event -A -o yaml | kubectl certcheck -f -

  # The kubectl and openssl commands to see it for oneself
  kubectl certcheck gateway/web --print-script`

// newCommand returns the plugin's command.
func newCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := newOptions(streams)
	cmd := cli.NewCommand("certcheck")
	cmd.Use = "kubectl-certcheck [TYPE/NAME | HOST]... [-f FILE|FOLDER|-]..."
	cmd.Short = "Say why TLS is broken, or will be, and what to do about it"
	cmd.Long, cmd.Example = long, examples
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.complete(args); err != nil {
			return cli.UsageErrorf(cmd, "%w", err)
		}
		if err := o.validate(cmd.Flags().Changed); err != nil {
			return cli.UsageErrorf(cmd, "%w", err)
		}
		return o.run(cmd.Context(), cmd)
	}
	cmd.ValidArgsFunction = o.completeTargets
	o.bind(cmd)
	o.registerCompletions(cmd)
	cmd.AddCommand(newIAMPolicyCommand(streams))
	return cmd
}
