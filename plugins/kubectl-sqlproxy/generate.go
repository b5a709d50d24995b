package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

const generateLong = `Print the objects that run the proxy as one redundant Service: a Deployment of two
replicas on nodes apart, a Service for each database, a service account, a disruption
budget, a network policy. No cluster is asked, and nothing is applied.

An instance is named with its engine or port, which only the API could tell else:
PROJECT:REGION:INSTANCE=postgres. Its Service is called NAME-INSTANCE and has the
engine's port; --single-service makes one called NAME, with a port for each. Pods of the
same namespace with the label sqlproxy-client=true may connect; --allow-clients lets in
others instead.

As with kubectl create --dry-run, objects have a namespace only with -n. Names are the
same each time, and so is the order.

What has to be done in Google's cloud, and how, is in comments at the head; with -o json
it goes to stderr, as do warnings.`

const generateExamples = `  # One PostgreSQL server, by Workload Identity
  kubectl sqlproxy generate --instance shop:europe-west1:orders=postgres --workload-identity sql-proxy@shop.iam.gserviceaccount.com | kubectl apply -f -

  # Two servers at their private addresses, with a key in a Secret; clients of another namespace
  kubectl sqlproxy generate --instance shop:europe-west1:orders=postgres --instance shop:europe-west1:stock=mysql \
    --private-ip --credentials-secret cloudsql-key --allow-clients ns:team-a:app=web -n databases

  # AlloyDB, with metrics
  kubectl sqlproxy generate --engine alloydb --instance projects/shop/locations/europe-west1/clusters/orders/instances/primary \
    --workload-identity sql-proxy@shop.iam.gserviceaccount.com --monitoring

  # As the first version was run in 2018, and what is wrong with that
  kubectl sqlproxy generate --engine v1 --proxy-version 1.11 --single-service --instance shop:europe-west1:stock=mysql --credentials-secret cloudsql-instance-credentials/credentials.json`

// generateOptions is everything that the command line of generate says.
type generateOptions struct {
	genericiooptions.IOStreams
	flags             generateFlags
	namespace, output string
}

func newGenerateCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &generateOptions{IOStreams: streams}
	cmd := &cobra.Command{
		Use:     "generate --instance NAME=ENGINE [--instance …] [flags]",
		Short:   "Print the objects that run the proxy as one redundant Service",
		Long:    generateLong,
		Example: generateExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q: instances are given with --instance", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := o.build(cmd.Flags().Changed("namespace"))
			if err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.print(set)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.flags.bind(fs)
	fs.StringVarP(&o.namespace, "namespace", "n", "", "Namespace of the objects; without it they have none, and go where they are applied")
	fs.StringVarP(&o.output, "output", "o", "yaml", "yaml or json")
	o.flags.registerCompletions(cmd)
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// build makes the objects; named says whether a namespace is given.
func (o *generateOptions) build(named bool) (*manifest.Set, error) {
	if o.output != "yaml" && o.output != "json" {
		return nil, fmt.Errorf("--output %q: it is yaml or json", o.output)
	}
	if named && o.namespace == "" {
		return nil, errors.New("--namespace: it is empty")
	}
	return o.flags.build(o.namespace)
}

func (o *generateOptions) print(set *manifest.Set) error {
	text, err := set.YAML()
	if o.output == "json" {
		text, err = set.JSON()
	}
	if err != nil {
		return err
	}
	notices := cli.NewNotices(o.ErrOut, "sqlproxy")
	for _, warning := range set.Warnings {
		notices.Printf("warning: %s", warning)
	}
	if o.output == "json" {
		for _, line := range set.Advice {
			if _, err := fmt.Fprintln(o.ErrOut, line); err != nil {
				return err
			}
		}
	}
	if _, err := o.Out.Write(text); err != nil {
		return fmt.Errorf("writing the objects: %w", err)
	}
	return nil
}
