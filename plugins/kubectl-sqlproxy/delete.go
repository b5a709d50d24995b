package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/install"
)

const deleteLong = `Delete what apply has made under a name: the objects with the labels
app.kubernetes.io/managed-by=kubectl-sqlproxy and app.kubernetes.io/instance=NAME.

It shows the objects first, and asks. The Deployment goes first, what its pods need last.
Secrets and service accounts go only if apply made them and no other has written in
them. Then it waits until the pods are gone, which finish what clients have begun.

Without NAME it takes the only proxy that apply has made in the namespace.`

const deleteExamples = `  # See what would go
  kubectl sqlproxy delete --dry-run

  # Delete one of several, without a question
  kubectl sqlproxy delete orders -n databases --yes`

// deleteOptions is everything that the command line of delete says.
type deleteOptions struct {
	actOptions
	name string
}

func newDeleteCommand(streams genericiooptions.IOStreams) *cobra.Command {
	return newDeleteCommandOf(&deleteOptions{actOptions: newActOptions(streams)})
}

func newDeleteCommandOf(o *deleteOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "delete [NAME] [flags]",
		Short:   "Delete what apply has made, and wait until its pods are gone",
		Long:    deleteLong,
		Example: deleteExamples,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if o.name = args[0]; o.name == "" || strings.ContainsAny(o.name, ",=!/ ") {
					return cli.UsageErrorf(cmd, "NAME %q: this is no name of a proxy", o.name)
				}
			}
			if err := o.validate(); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.run(cmd.Context(), cmd)
		},
		ValidArgsFunction: o.completeNames,
	}
	o.bind(cmd, "show what would go", "Wait until the pods are gone")
	o.cluster.bind(cmd)
	o.registerCompletions(cmd)
	return cmd
}

// run plans, shows, asks and deletes.
func (o *deleteOptions) run(ctx context.Context, cmd *cobra.Command) error {
	c, err := o.cluster.connect()
	if err != nil {
		return err
	}
	namespace, err := o.cluster.oneNamespace(c)
	if err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	if o.name == "" {
		if o.name, err = onlyOne(ctx, c, namespace); err != nil {
			return err
		}
	}
	plan, err := install.LookForRemoval(ctx, c, install.Target{Namespace: namespace, Name: o.name})
	if err != nil {
		return err
	}
	if len(plan.Steps) == 0 {
		return nothingOf(ctx, c, plan)
	}
	notices := cli.NewNotices(o.ErrOut, "sqlproxy")
	agreed, err := o.propose(ctx, c, plan, notices)
	if err != nil || !agreed {
		return err
	}
	if plan.Changes() == 0 {
		notices.Printf("nothing to delete")
		return nil
	}
	return o.act(ctx, c, plan, notices)
}

// onlyOne is the one proxy that apply has made in the namespace.
func onlyOne(ctx context.Context, c *kube.Cluster, namespace string) (string, error) {
	names, err := install.Installations(ctx, c, namespace)
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", fmt.Errorf("apply has made no proxy in namespace %s; of what is left of one, give its NAME", namespace)
	case len(names) > 1:
		return "", fmt.Errorf("which NAME? In namespace %s there are %s", namespace, strings.Join(names, ", "))
	}
	return names[0], nil
}

// nothingOf is the error where there is nothing of a name.
func nothingOf(ctx context.Context, c *kube.Cluster, plan *install.Plan) error {
	if len(plan.Unseen) > 0 {
		return fmt.Errorf("apply has made nothing of the name %s in namespace %s that may be seen:\n%s", plan.Name, plan.Namespace, strings.Join(plan.Unseen, "\n"))
	}
	text := fmt.Sprintf("apply has made nothing of the name %s in namespace %s", plan.Name, plan.Namespace)
	if names, err := install.Installations(ctx, c, plan.Namespace); err == nil && len(names) > 0 {
		text += "; there are " + strings.Join(names, ", ")
	}
	return errors.New(text)
}

func (o *deleteOptions) act(ctx context.Context, c *kube.Cluster, plan *install.Plan, notices *cli.Notices) error {
	done := 0
	err := plan.Remove(ctx, c, func(s *install.Step) {
		done++
		o.tell(s, notices)
	})
	if err != nil {
		notices.Printf("%d of %d objects are deleted; the same command goes on where this one ended", done, plan.Changes())
		return err
	}
	if !o.wait {
		return nil
	}
	seen := len(plan.Unseen)
	err = plan.Gone(ctx, c, install.Wait{Timeout: o.timeout, Pause: o.pause, Report: func(stand string) { notices.Printf("%s", stand) }})
	for _, text := range plan.Unseen[seen:] {
		notices.Printf("%s", text)
	}
	if ctx.Err() != nil {
		notices.Printf("all is deleted; the pods end by themselves")
	}
	return err
}
