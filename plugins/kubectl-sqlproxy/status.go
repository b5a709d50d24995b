package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/collect"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// statusOptions is everything that the command line of status says.
type statusOptions struct {
	genericiooptions.IOStreams
	cluster       clusterFlags
	allNamespaces bool
	target        diagnose.Target
	metrics       bool
	output        string
}

func newStatusCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &statusOptions{IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show the shared proxies: instances, Services, replicas and their nodes",
		Long: `Show for each shared proxy its instances, where they are heard and by which Services
they are reached, how many endpoints are ready, and on which nodes the replicas are.

With --metrics each pod is asked, through a port-forward, how many connections are open
and how many have failed since it started; the proxy has to run with --prometheus.`,
		Example: `  kubectl sqlproxy status -n shop
  kubectl sqlproxy status -A -o json
  kubectl sqlproxy status sql-proxy --metrics`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.run(cmd.Context())
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Show the proxies of all namespaces")
	fs.BoolVar(&o.metrics, "metrics", false, "Ask the pods for their open connections")
	fs.StringVarP(&o.output, "output", "o", "table", "table, json or yaml")
	o.cluster.bind(cmd)
	completeConnection(cmd, &o.cluster)
	completeWords(cmd, "output", "table", "json", "yaml")
	cmd.ValidArgsFunction = completeProxies(&o.cluster, &o.allNamespaces)
	return cmd
}

func (o *statusOptions) complete(args []string) error {
	if len(args) == 1 {
		var err error
		if o.target, err = parseTarget(args[0]); err != nil {
			return err
		}
	}
	switch {
	case o.allNamespaces && len(o.cluster.connection.Namespaces) > 0:
		return errors.New("-n and -A exclude each other")
	case !slices.Contains([]string{"table", "json", "yaml"}, o.output):
		return fmt.Errorf("-o %s: want table, json or yaml", o.output)
	}
	return nil
}

func (o *statusOptions) run(ctx context.Context) error {
	cluster, err := o.cluster.connect()
	if err != nil {
		return err
	}
	var namespaces []string
	if !o.allNamespaces {
		namespace, err := o.cluster.oneNamespace(cluster)
		if err != nil {
			return err
		}
		namespaces = []string{namespace}
	}
	query := collect.Query{Namespaces: namespaces}
	if o.target.Kind != podKind {
		query.Workload = o.target.Name
	}
	s, err := collect.Cluster(ctx, cluster, query)
	if err != nil {
		return err
	}
	proxies, err := o.proxies(s, namespaces)
	if err != nil {
		return err
	}
	d := newStatusDocument(s, proxies)
	if o.metrics {
		if err := d.measure(ctx, cluster, proxies); err != nil {
			return err
		}
	}
	return o.print(d)
}

// proxies are the shared ones that are asked for; a sidecar is by its name.
func (o *statusOptions) proxies(s *snapshot.Snapshot, namespaces []string) ([]*snapshot.Proxy, error) {
	is := func(p *snapshot.Proxy) bool { return p.Shared }
	if o.target.Name != "" {
		targets := []diagnose.Target{o.target}
		if err := findTargets(s, targets, namespaces); err != nil {
			return nil, err
		}
		is = targets[0].Means
	}
	var all []*snapshot.Proxy
	for _, p := range s.Proxies {
		if is(p) {
			all = append(all, p)
		}
	}
	return all, nil
}

func (o *statusOptions) print(d *statusDocument) error {
	switch o.output {
	case "json":
		raw, err := json.MarshalIndent(d, "", "  ")
		if err != nil {
			return err
		}
		_, err = io.WriteString(o.Out, string(raw)+"\n")
		return err
	case "yaml":
		raw, err := yaml.Marshal(d)
		if err != nil {
			return err
		}
		_, err = o.Out.Write(raw)
		return err
	}
	notices := cli.NewNotices(o.ErrOut, "sqlproxy")
	for _, text := range d.Skipped {
		notices.Printf("%s", text)
	}
	if len(d.Proxies) == 0 {
		notices.Printf("no shared proxy found")
	}
	return d.print(o.Out, o.metrics)
}
