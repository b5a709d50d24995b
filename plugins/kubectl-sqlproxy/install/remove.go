package install

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// LookForRemoval plans to remove all that apply has made for the target. There may be
// nothing.
func LookForRemoval(ctx context.Context, c *kube.Cluster, t Target) (*Plan, error) {
	p := &Plan{Target: t}
	var err error
	if p.Steps, err = p.made(ctx, c); err == nil {
		err = p.selectPods(ctx, c)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return p, err
}

// selectPods notes how the pods of the Deployments are found once those are gone.
func (p *Plan) selectPods(ctx context.Context, c *kube.Cluster) error {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Kind != "Deployment" {
			continue
		}
		k, _ := kindOf(s.APIVersion, s.Kind)
		d, err := kube.ObjectsOf[appsv1.Deployment](c, k.resource(), s.Namespace).Get(ctx, s.Name)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.Object, err)
		}
		p.pods = append(p.pods, metav1.FormatLabelSelector(d.Spec.Selector))
	}
	return nil
}

// Gone waits until there are no pods any more of the Deployments that were removed. The
// error is a *Failed when they stay, that of ctx, or the API's status.
func (p *Plan) Gone(ctx context.Context, c *kube.Cluster, w Wait) error {
	for _, selector := range p.pods {
		err := w.until(ctx, func(ctx context.Context) (string, bool, error) {
			pods, err := c.Pods(p.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: 100})
			if err != nil {
				return "", false, err
			}
			var names []string
			for i := range pods.Items {
				names = append(names, pods.Items[i].Name)
			}
			if more := len(names) - mostPods; more > 0 {
				names = append(names[:mostPods], fmt.Sprintf("and %d more", more))
			}
			return "waiting for pods to end: " + strings.Join(names, ", "), len(names) == 0, nil
		})
		if apierrors.IsForbidden(err) {
			p.Unseen = append(p.Unseen, fmt.Sprintf("Whether the pods are gone could not be looked at: %v", err))
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}
