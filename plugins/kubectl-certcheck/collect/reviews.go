package collect

import (
	"context"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// review is a SubjectAccessReview: a question that the API answers and does not store.
type review struct {
	metav1.TypeMeta `json:",inline"`
	Spec            reviewSpec `json:"spec"`
	Status          struct {
		Allowed bool `json:"allowed"`
	} `json:"status"`
}

type reviewSpec struct {
	User               string         `json:"user"`
	Groups             []string       `json:"groups"`
	ResourceAttributes reviewResource `json:"resourceAttributes"`
}

type reviewResource struct {
	Namespace string `json:"namespace"`
	Verb      string `json:"verb"`
	Resource  string `json:"resource"`
}

// reviews asks whether the ServiceAccounts of gateways may list the Secrets of their
// namespace, as istiod does before it hands one over. Who may not ask is told nothing.
func (r *reading) reviews(ctx context.Context) error {
	answers := map[chain.Name]material.Answer{}
	todo := &errgroup.Group{}
	todo.SetLimit(parallel)
	for _, account := range r.gatewayAccounts() {
		todo.Go(func() error {
			answer, err := r.review(ctx, account)
			if err != nil {
				return ctx.Err()
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			answers[account] = answer
			return nil
		})
	}
	err := todo.Wait()
	r.snapshot.Reviews = answers
	return err
}

// gatewayAccounts are the ServiceAccounts of the pods of Gateways that take Secrets by
// name.
func (r *reading) gatewayAccounts() []chain.Name {
	seen := map[chain.Name]bool{}
	var all []chain.Name
	for _, g := range r.snapshot.IstioGateways {
		if !r.snapshot.InScope(g.Namespace) {
			continue
		}
		for _, group := range r.snapshot.GatewayPods(g) {
			for _, p := range group.Pods {
				account := chain.Name{Namespace: p.Namespace, Name: p.ServiceAccount}
				if !seen[account] {
					seen[account] = true
					all = append(all, account)
				}
			}
		}
	}
	return all
}

func (r *reading) review(ctx context.Context, account chain.Name) (material.Answer, error) {
	gvr := schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "subjectaccessreviews"}
	answered, err := kube.ObjectsOf[review](r.cluster, gvr, "").Create(ctx, &review{
		TypeMeta: metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SubjectAccessReview"},
		Spec: reviewSpec{
			User:               "system:serviceaccount:" + account.Namespace + ":" + account.Name,
			Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + account.Namespace, "system:authenticated"},
			ResourceAttributes: reviewResource{Namespace: account.Namespace, Verb: "list", Resource: "secrets"},
		},
	})
	if err != nil {
		return material.Unknown, err
	}
	if answered.Status.Allowed {
		return material.Yes, nil
	}
	return material.No, nil
}
