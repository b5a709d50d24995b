package recreate

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

// accessReview is the part that is needed of a SelfSubjectAccessReview.
type accessReview struct {
	metav1.TypeMeta `json:",inline"`
	Spec            struct {
		ResourceAttributes attributes `json:"resourceAttributes"`
	} `json:"spec"`
	Status struct {
		Allowed bool `json:"allowed"`
	} `json:"status"`
}

type attributes struct {
	Verb      string `json:"verb"`
	Group     string `json:"group"`
	Resource  string `json:"resource"`
	Namespace string `json:"namespace,omitempty"`
}

// mayDelete asks the API server for the right to delete objects of a resource. The
// error says that it is missing, or that it could not be asked for.
func mayDelete(ctx context.Context, c *kube.Cluster, resource schema.GroupVersionResource, namespace string) error {
	review := accessReview{TypeMeta: metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SelfSubjectAccessReview"}}
	review.Spec.ResourceAttributes = attributes{"delete", resource.Group, resource.Resource, namespace}
	reviews := kube.ObjectsOf[accessReview](c, schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "selfsubjectaccessreviews"}, "")
	answer, err := reviews.Create(ctx, &review)
	where := ""
	if namespace != "" {
		where = " in namespace " + namespace
	}
	switch {
	case err != nil:
		return fmt.Errorf("asking for the right to delete %s%s: %w", resource.GroupResource(), where, err)
	case !answer.Status.Allowed:
		return fmt.Errorf("no right to delete %s%s: bind a role that has it", resource.GroupResource(), where)
	}
	return nil
}
