package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
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
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !zoneID().MatchString(zone) {
				return cli.UsageErrorf(cmd, "--zone: %q is no ID of a hosted zone: want it as in Z0123456789ABC", zone)
			}
			_, err := fmt.Fprintln(streams.Out, rules.Policy(zone))
			return err
		},
	}
	cmd.Flags().StringVar(&zone, "zone", "", "The ID of the hosted zone, as in Z0123456789ABC")
	return cmd
}

// zoneID is what Route 53 gives out, at most 32 characters; empty is all zones. A *
// would allow more than was asked for.
func zoneID() *regexp.Regexp {
	return regexp.MustCompile(`^((/?hostedzone/)?[A-Z0-9]{1,32})?$`)
}
