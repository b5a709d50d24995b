package install

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// made are steps that remove what apply has made for the target, in the order of
// removing: the Deployment first. Of Secrets, too, no more than metadata is read.
func (p *Plan) made(ctx context.Context, c *kube.Cluster) ([]Step, error) {
	client, err := c.Metadata()
	if err != nil {
		return nil, err
	}
	var steps []Step
	var wrong []error
	all := kinds()
	slices.Reverse(all)
	for _, k := range all {
		list, err := client.Resource(k.resource()).Namespace(p.Namespace).List(ctx, metav1.ListOptions{LabelSelector: p.selector()})
		switch {
		case apierrors.IsForbidden(err):
			p.Unseen = append(p.Unseen, fmt.Sprintf("Whether there are objects of %s to delete could not be looked at: %v", k.kind, err))
		case apierrors.IsNotFound(err): // an add-on that is not installed
		case err != nil:
			wrong = append(wrong, err)
		default:
			for i := range list.Items {
				steps = append(steps, k.removal(&list.Items[i]))
			}
		}
	}
	return steps, errors.Join(wrong...)
}

// removal is the step for an object that has apply's labels. Anybody can put labels on
// an object; what others may live by has to be ours alone.
func (k kind) removal(o *metav1.PartialObjectMetadata) Step {
	step := Step{Object: Object{APIVersion: k.apiVersion(), Kind: k.kind, Namespace: o.Namespace, Name: o.Name}, Action: Remove, uid: o.UID}
	if k.kind != "Secret" && k.kind != "ServiceAccount" {
		return step
	}
	ours := false
	var others []string
	for _, m := range o.ManagedFields {
		switch {
		case m.Manager == Manager && m.Operation == metav1.ManagedFieldsOperationApply:
			ours = true
		case m.Manager != Manager && m.Subresource == "" && m.Manager != "kube-controller-manager" && !slices.Contains(others, m.Manager):
			others = append(others, m.Manager)
		}
	}
	switch {
	case !ours:
		step.Action, step.Why = Keep, "it has the labels, but apply did not make it"
	case len(others) > 0:
		step.Action, step.Why = Keep, "there are fields in it that are not ours: "+strings.Join(others, ", ")
	}
	return step
}

// Installations are the names under which apply has made Deployments in a namespace.
func Installations(ctx context.Context, c *kube.Cluster, namespace string) ([]string, error) {
	client, err := c.Metadata()
	if err != nil {
		return nil, err
	}
	k, _ := kindOf("apps/v1", "Deployment")
	list, err := client.Resource(k.resource()).Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: Target{}.selector()})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range list.Items {
		if name := list.Items[i].Labels[InstanceLabel]; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
