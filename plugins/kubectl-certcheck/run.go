package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/collect"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// run looks, judges, prints, and fails when what was found is bad enough.
func (o *options) run(ctx context.Context, cmd *cobra.Command) error {
	if len(o.files) > 0 {
		snapshot, err := o.readFiles(ctx)
		if err != nil {
			return err
		}
		return o.judge(cmd, &sight{Snapshot: snapshot}, o.connection.Namespaces)
	}
	cluster, err := o.cluster()
	if err != nil {
		return err
	}
	if o.wait {
		return o.runWait(ctx, cluster)
	}
	seen, err := o.look(ctx, cluster)
	if err != nil {
		return err
	}
	return o.judge(cmd, seen, o.namespaces(cluster.Namespace))
}

// mustExist tells a namespace of -n that does not exist, which lists do not. Who may not
// look is believed.
func (o *options) mustExist(ctx context.Context, cluster *kube.Cluster) error {
	for _, namespace := range o.connection.Namespaces {
		if _, err := cluster.Namespaces().Get(ctx, namespace); apierrors.IsNotFound(err) {
			return fmt.Errorf("%w (--namespace)", err)
		}
	}
	return ctx.Err()
}

// look reads the cluster, and does handshakes where they are asked for.
func (o *options) look(ctx context.Context, cluster *kube.Cluster) (*sight, error) {
	namespaces := o.namespaces(cluster.Namespace)
	snapshot, err := collect.Cluster(ctx, cluster, collect.Query{Namespaces: o.scope(cluster.Namespace)})
	seen := &sight{Snapshot: snapshot, cluster: cluster}
	if err != nil || !o.live || o.printScript {
		return seen, err
	}
	doors, err := rules.Doors(snapshot, rules.Options{Now: time.Now(), Targets: inNamespaces(o.targets, namespaces)})
	if err != nil {
		return nil, err
	}
	seen.served, seen.resolutions, err = o.probe(ctx, cluster, snapshot, doors)
	return seen, err
}

// sight is all that is judged. What is served is known with --live only.
type sight struct {
	*chain.Snapshot
	cluster     *kube.Cluster // nil for files
	served      []rules.Served
	resolutions []served.Resolution
}

// judge says what the rules say.
func (o *options) judge(cmd *cobra.Command, seen *sight, namespaces []string) error {
	if o.printScript {
		return o.runScript(cmd, seen.Snapshot, namespaces)
	}
	report, err := o.check(seen, namespaces)
	if err != nil {
		return err
	}
	if len(report.Subjects) == 0 && seen.cluster != nil {
		if err := o.mustExist(cmd.Context(), seen.cluster); err != nil {
			return err
		}
	}
	o.sayNothing(report, namespaces)
	return o.conclude(report, seen, namespaces)
}

func (o *options) check(seen *sight, namespaces []string) (*finding.Report, error) {
	return rules.Check(seen.Snapshot, o.judging(seen, namespaces))
}

func (o *options) judging(seen *sight, namespaces []string) rules.Options {
	// Where the system has no roots, trust is not judged.
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = nil
	}
	return rules.Options{
		Now: o.at.from(time.Now()), Targets: inNamespaces(o.targets, namespaces),
		WarnWithin: time.Duration(o.warnDays) * 24 * time.Hour, Roots: roots,
		Served: seen.served, Resolutions: seen.resolutions,
	}
}

// conclude prints the report, and is an error when what was found is bad enough.
func (o *options) conclude(report *finding.Report, seen *sight, namespaces []string) error {
	if err := report.Print(o.Out, o.printing()); err != nil {
		return err
	}
	if o.output == finding.Prom {
		if err := o.printGauges(seen, namespaces); err != nil {
			return err
		}
	}
	if report.Exceeds(o.failOn) {
		return &cli.Exit{Code: cli.CodeFinding}
	}
	return nil
}

func (o *options) printing() finding.Options {
	namespace := ""
	if len(o.connection.Namespaces) == 1 {
		namespace = o.connection.Namespaces[0]
	}
	return finding.Options{
		Format: o.output, FailOn: o.failOn, Namespace: namespace,
		Colour: o.colour.Wanted(o.Out), ASCII: finding.NeedsASCII(os.Getenv),
	}
}

// sayNothing says on stderr that there was nothing to judge, so that silence is not
// taken for health.
func (o *options) sayNothing(report *finding.Report, namespaces []string) {
	if len(report.Subjects)+len(report.Findings) > 0 {
		return
	}
	notices := cli.NewNotices(o.ErrOut, "certcheck")
	switch {
	case len(o.files) > 0 && len(namespaces) > 0:
		notices.Printf("the files hold no gateway, Ingress, certificate or TLS Secret of namespace %s", strings.Join(namespaces, ", "))
	case len(o.files) > 0:
		notices.Printf("the files hold no gateway, Ingress, certificate or TLS Secret")
	case len(namespaces) == 1:
		notices.Printf("namespace %s has no gateway, Ingress, certificate or TLS Secret; -A looks into all namespaces", namespaces[0])
	case len(namespaces) > 1:
		notices.Printf("namespaces %s have no gateway, Ingress, certificate or TLS Secret; -A looks into all namespaces", strings.Join(namespaces, ", "))
	default:
		notices.Printf("there is no gateway, Ingress, certificate or TLS Secret")
	}
}
