package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// newIAMPolicyCommand returns the command iam-policy.
func newIAMPolicyCommand(streams genericiooptions.IOStreams) *cobra.Command {
	zone := ""
	cmd := &cobra.Command{
		Use:   "iam-policy [--zone ID]",
		Short: "Print the smallest IAM policy with which cert-manager can use Route 53",
		Long: `Print the smallest IAM policy with which cert-manager can prove names by Route 53.

With --zone, only that hosted zone may be changed. Without an issuer's hostedZoneID,
cert-manager looks zones up by name, which IAM can allow on all zones only.`,
		Example: `  kubectl certcheck iam-policy --zone Z0123456789ABC > policy.json
  aws iam put-user-policy --user-name cert-manager --policy-name route53 --policy-document file://policy.json`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(streams.Out, rules.Policy(zone))
			return err
		},
	}
	cmd.Flags().StringVar(&zone, "zone", "", "The ID of the hosted zone, as in Z0123456789ABC")
	return cmd
}
