package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/collect"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

const checkLong = `Find what is wrong with proxies that exist, or with manifests of them.

Each proxy, shared or a sidecar, gets a verdict with its root cause, the evidence in the
words of the API and of the proxy's log, and the fix: whether clients reach it, what
happens when a pod or a node goes, how it ends, what it is told, as whom it asks, what
its first connections met, who may use it, and which sidecars are left over.

Without arguments all proxies of the namespace are checked. NAME is a workload's or a
Service's. With -f manifests are judged before they are applied, and dumps of a cluster
(kubectl get -o yaml), by the same rules and without a cluster.

It only reads; --connection-test alone makes something, a pod that it deletes. What could
not be looked at is reported as skipped and never as ok. Keys are never shown.`

const checkExamples = `  # Every proxy of the namespace
  kubectl sqlproxy check

  # One of them, as a tree
  kubectl sqlproxy check sql-proxy -n shop
  kubectl sqlproxy check service/orders -n shop

  # Which database answers, and are the instances reached?
  kubectl sqlproxy check sql-proxy --live --connection-test

  # Manifests before they are applied; a support bundle
  kubectl sqlproxy check -f deploy/ -R -o junit
  kubectl get deploy,pod,svc,endpointslice,pdb,netpol,secret,event -A -o yaml | kubectl sqlproxy check -f -`

func newCheckCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &checkOptions{IOStreams: streams, failOn: finding.FailOnError, colour: cli.ColourAuto}
	cmd := &cobra.Command{
		Use:   "check [NAME | TYPE/NAME]... [-f FILE|FOLDER|-]...",
		Short: "Find what is wrong with proxies that exist, or with manifests of them",
		Long:  checkLong, Example: checkExamples,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			if err := o.validate(); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.run(cmd.Context())
		},
	}
	o.bind(cmd)
	cmd.ValidArgsFunction = completeProxies(&o.clusterFlags, &o.allNamespaces)
	completeConnection(cmd, &o.clusterFlags)
	completeWords(cmd, "output", "table", "wide", "tree", "json", "yaml", "junit")
	completeWords(cmd, "fail-on", "error", "warning", "none")
	completeWords(cmd, "color", "auto", "always", "never")
	return cmd
}

// run looks, judges, prints, and fails when what was found is bad enough.
func (o *checkOptions) run(ctx context.Context) error {
	if len(o.files) > 0 {
		s, err := readFiles(ctx, o.In, o.files, o.recursive, o.connection.Namespaces)
		if err == nil {
			err = findTargets(s, o.targets, o.connection.Namespaces)
		}
		if err != nil {
			return err
		}
		return o.judge(s, o.connection.Namespaces)
	}
	cluster, err := o.connect()
	if err != nil {
		return err
	}
	namespaces := o.namespaces(cluster.Namespace)
	query := collect.Query{Namespaces: namespaces, Logs: true}
	if len(o.targets) == 1 && o.targets[0].Kind != podKind {
		query.Workload = o.targets[0].Name
	}
	s, err := collect.Cluster(ctx, cluster, query)
	if err != nil {
		return err
	}
	if len(s.Proxies) == 0 {
		if err := o.mustExist(ctx, cluster); err != nil {
			return err
		}
	}
	if err := findTargets(s, o.targets, namespaces); err != nil {
		return err
	}
	if o.live {
		if err := lookLive(ctx, cluster, s, o.connectionTest, o.notices()); err != nil {
			return err
		}
	}
	return o.judge(s, namespaces)
}

// mustExist tells a namespace of -n that does not exist, which lists do not. Who may not
// look is believed.
func (o *checkOptions) mustExist(ctx context.Context, cluster *kube.Cluster) error {
	for _, namespace := range o.connection.Namespaces {
		if _, err := cluster.Namespaces().Get(ctx, namespace); apierrors.IsNotFound(err) {
			return fmt.Errorf("%w (--namespace)", err)
		}
	}
	return ctx.Err()
}

func (o *checkOptions) notices() *cli.Notices { return cli.NewNotices(o.ErrOut, "sqlproxy") }

// judge prints what the rules say, and is an error when that is bad enough.
func (o *checkOptions) judge(s *snapshot.Snapshot, namespaces []string) error {
	report, err := diagnose.Check(s, diagnose.Options{Now: time.Now(), Targets: o.targets})
	if err != nil {
		return err
	}
	if len(report.Subjects) == 0 {
		o.sayNothing(namespaces)
	}
	if err := report.Print(o.Out, o.printing()); err != nil {
		return err
	}
	if report.Exceeds(o.failOn) {
		return &cli.Exit{Code: cli.CodeFinding}
	}
	return nil
}

func (o *checkOptions) printing() finding.Options {
	namespace := ""
	if len(o.connection.Namespaces) == 1 {
		namespace = o.connection.Namespaces[0]
	}
	return finding.Options{
		Format: o.output, FailOn: o.failOn, Namespace: namespace,
		Colour: o.colour.Wanted(o.Out), ASCII: finding.NeedsASCII(os.Getenv),
	}
}

// sayNothing says that there was nothing to judge, so that silence is not taken for
// health.
func (o *checkOptions) sayNothing(namespaces []string) {
	where, hint := whereOf(namespaces), ""
	if len(o.files) > 0 {
		where = "in the files"
		if len(namespaces) > 0 {
			where += ", " + whereOf(namespaces)
		}
	} else if len(namespaces) > 0 {
		hint = "; -A looks into all namespaces"
	}
	o.notices().Printf("there is no proxy %s%s", where, hint)
}

// whereOf says in which namespaces something was looked for; nil is all.
func whereOf(namespaces []string) string {
	switch len(namespaces) {
	case 0:
		return "in any namespace"
	case 1:
		return "in namespace " + namespaces[0]
	}
	return "in namespaces " + strings.Join(namespaces, ", ")
}
