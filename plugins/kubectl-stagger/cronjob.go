package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/incluster"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// jobMargin is what a job may take beyond its replacements: for a pod that is slow to
// start, and for a lease whose holder was killed.
const jobMargin = 10 * time.Minute

// cronjobOptions is everything that the command line of cronjob says.
type cronjobOptions struct {
	genericiooptions.IOStreams
	pool                                string
	image, namespace, name, gsa, output string
	every                               time.Duration
	// passed are the arguments after "--", for nodepool.
	passed []string
}

func newCronjobCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &cronjobOptions{IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "cronjob POOL --image IMAGE [-- FLAGS OF NODEPOOL]",
		Short: "Print the objects that have the cluster spread a pool by itself",
		Long: `Print the objects that have the cluster spread a pool by itself: a CronJob that runs
kubectl-stagger nodepool POOL --once --yes, its service account, and the least rights
that this needs. No cluster is asked, and nothing is applied.

Every run does, at its time, each replacement that becomes due until the next. What
follows "--" are flags of nodepool; the rights depend on them. Without --via in them
machines are made anew by the Compute Engine API.

What has to be allowed in the cloud, and how, is in comments at the head; with
-o json it goes to stderr.`,
		Example: `  # Spread the pool preempt on GKE, by Workload Identity
  kubectl stagger cronjob preempt --image REGISTRY/stagger:TAG --gsa stagger@PROJECT.iam.gserviceaccount.com | kubectl apply -f -

  # Replace Karpenter's nodes at night only, one at a time in 20 minutes
  kubectl stagger cronjob batch --image REGISTRY/stagger:TAG -- --via karpenter --window 20m --hours 22:00-06:00 --time-zone Europe/Berlin`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, passed := args, []string(nil)
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				own, passed = args[:dash], args[dash:]
			}
			o.passed = passed
			return exactlyOne("POOL", `flags of nodepool go after "--"`)(cmd, own)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.pool = args[0]
			config, err := o.config()
			if err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.print(cmd, config)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.image, "image", "", "Container image that has kubectl-stagger on its PATH")
	fs.StringVarP(&o.namespace, "namespace", "n", "kube-system", "Namespace of the job")
	fs.StringVar(&o.name, "name", "", "Name of the objects (default stagger-POOL)")
	fs.DurationVar(&o.every, "every", 10*time.Minute, "Time from one run to the next: what divides an hour or a day")
	fs.StringVar(&o.gsa, "gsa", "", "Email address of the Google service account that the job acts as by Workload Identity")
	fs.StringVarP(&o.output, "output", "o", "yaml", "yaml or json")
	return cmd
}

func (o *cronjobOptions) print(cmd *cobra.Command, config incluster.Config) error {
	objects, err := incluster.Objects(config)
	if err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	head := incluster.Advice(config)
	if o.output == "yaml" {
		return incluster.WriteYAML(o.Out, head, objects)
	}
	if _, err := io.WriteString(o.ErrOut, strings.Join(head, "\n")+"\n"); err != nil {
		return err
	}
	return incluster.WriteJSON(o.Out, objects)
}

// config is what the command line asks for.
func (o *cronjobOptions) config() (incluster.Config, error) {
	if o.output != "yaml" && o.output != "json" {
		return incluster.Config{}, fmt.Errorf("--output %q: must be yaml or json", o.output)
	}
	n, err := o.readPassed()
	if err != nil {
		return incluster.Config{}, fmt.Errorf(`after "--": %w`, err)
	}
	c := incluster.Config{
		Name: o.name, Namespace: o.namespace, Pool: o.pool, Image: o.image, Every: o.every, GSA: o.gsa,
		Slack:           n.drain.timeout + n.machines.patience + jobMargin,
		Via:             incluster.Via(n.machines.via),
		DisableEviction: n.drain.disableEviction, AssumeRepair: n.machines.assumeRepair,
		LeaseNamespace: n.leaseNamespace, LeaseName: n.leaseName(),
		Args: o.passed,
	}
	switch {
	case n.machines.via == viaAuto: // which would need the rights for all
		c.Via = incluster.ViaAPI
		c.Args = append(slices.Clone(o.passed), "--via="+viaAPI)
	case strings.HasPrefix(n.machines.via, viaExec):
		c.Via = incluster.ViaExec
	}
	if c.Name == "" {
		c.Name = "stagger-" + o.pool
	}
	c.PoolLabels = jobPoolLabels(c.Via)
	if n.cluster.poolLabel != "" {
		c.PoolLabels = []string{n.cluster.poolLabel}
	}
	return c, nil
}

// readPassed reads the flags for nodepool as nodepool will.
func (o *cronjobOptions) readPassed() (*nodepoolOptions, error) {
	n := newNodepoolOptions(o.IOStreams)
	n.query.Pool = o.pool
	cmd := cli.NewCommand("stagger") // whose -v nodepool has
	n.bind(cmd)
	if err := cmd.ParseFlags(o.passed); err != nil {
		return nil, err
	}
	if rest := cmd.Flags().Args(); len(rest) > 0 {
		return nil, fmt.Errorf("%q is no flag of nodepool", rest[0])
	}
	if err := errors.Join(n.plan.validate(), n.drain.validate(), n.machines.validate()); err != nil {
		return nil, err
	}
	switch {
	case n.drain.timeout == 0:
		return nil, errors.New("--timeout 0: a job has to end, and so has a drain")
	case len(n.plan.hours) > 0 && n.plan.zone.Location == nil:
		return nil, errors.New("--hours needs --time-zone: the clock in a container shows UTC, and not your time")
	}
	return n, refused(cmd.Flags())
}

// refused is an error where one of the flags has no place in a job.
func refused(fs *pflag.FlagSet) error {
	var wrong []error
	fs.Visit(func(f *pflag.Flag) {
		switch {
		case slices.Contains([]string{"once", "for", "yes"}, f.Name):
			wrong = append(wrong, fmt.Errorf("--%s is given by the job itself (see --every)", f.Name))
		case slices.Contains([]string{"watch", "dry-run", "print-script"}, f.Name):
			wrong = append(wrong, fmt.Errorf("--%s is not for a job that does what is due and ends", f.Name))
		case slices.Contains(append(kube.ConnectionFlags(), "kubeconfig", "context", "namespace"), f.Name):
			wrong = append(wrong, fmt.Errorf("--%s: the job talks to the cluster that it runs in, as its own service account", f.Name))
		}
	})
	return errors.Join(wrong...)
}

// jobPoolLabels are the keys of labels that name a node's pool. A node without them
// is none that the job has to avoid.
func jobPoolLabels(via incluster.Via) []string {
	switch via {
	case incluster.ViaAPI, incluster.ViaGcloud:
		return pool.PoolLabels("GKE")
	case incluster.ViaKarpenter:
		return pool.PoolLabels("Karpenter")
	case incluster.ViaClusterAPI:
		return pool.PoolLabels("Cluster API")
	case incluster.ViaExec:
	}
	return pool.PoolLabels("GKE", "Yandex Cloud", "EKS", "AKS", "DigitalOcean")
}
