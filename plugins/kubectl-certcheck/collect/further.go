package collect

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// further reads what the consumers of the asked namespaces lead to in other ones: the
// pods of gateways, and Secrets where those and the issuers look for them.
func (r *reading) further(ctx context.Context) error {
	if r.query.Namespaces == nil {
		return nil
	}
	if err := r.gatewayPods(ctx); err != nil {
		return err
	}
	r.snapshot.Close()
	todo := &errgroup.Group{}
	todo.SetLimit(parallel)
	namespaces := r.lookedAt()
	for _, namespace := range namespaces {
		for _, one := range []resource{secrets(), services()} {
			todo.Go(func() error { return r.list(ctx, one, namespace) })
		}
	}
	r.events(ctx, todo, namespaces)
	return todo.Wait()
}

// gatewayPods reads the pods that the Gateways select, wherever they are.
func (r *reading) gatewayPods(ctx context.Context) error {
	seen := map[string]bool{}
	for _, g := range r.snapshot.IstioGateways {
		selector := labels.SelectorFromSet(g.Selector).String()
		if selector == "" || seen[selector] {
			continue
		}
		seen[selector] = true
		gvr := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
		err := kube.ObjectsOf[json.RawMessage](r.cluster, gvr, "").Each(ctx, metav1.ListOptions{LabelSelector: selector}, func(raw *json.RawMessage) error {
			r.snapshot.AddOf("v1", "Pod", *raw, chain.Place{})
			return nil
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.miss(pods(), "", err)
			// Istio's own namespace may be readable all the same.
			return r.list(ctx, pods(), "istio-system")
		}
	}
	return nil
}

// lookedAt are the namespaces that Secrets are taken from.
func (r *reading) lookedAt() []string {
	all := map[string]bool{}
	for _, c := range r.snapshot.Consumers() {
		for _, u := range c.Uses {
			all[u.Secret.Namespace] = true
		}
	}
	for _, i := range r.issuers() {
		all[r.snapshot.CredentialNamespace(i)] = true
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all))
}

// issuers are those behind the consumers and the Certificates that are asked for.
func (r *reading) issuers() []*chain.Issuer {
	s := &r.snapshot
	var certificates []*chain.Certificate
	for _, c := range s.Consumers() {
		for _, u := range c.Uses {
			certificates = append(certificates, s.CertificatesFor(u.Secret)...)
		}
	}
	for _, o := range s.Certificates {
		if s.InScope(o.Namespace) {
			certificates = append(certificates, o)
		}
	}
	var all []*chain.Issuer
	for _, o := range certificates {
		if i := s.IssuerOf(o.Issuer, o.Namespace); i != nil && !slices.Contains(all, i) {
			all = append(all, i)
		}
	}
	for _, i := range s.Issuers {
		if !i.Cluster() && s.InScope(i.Namespace) && !slices.Contains(all, i) {
			all = append(all, i)
		}
	}
	return all
}

// manyNames bounds how many Secrets are looked for by name in all namespaces.
const manyNames = 20

// byName looks in all namespaces for Secrets that are missing where they should be: one
// of the name may be elsewhere, which is what went wrong. It is of no account if that
// may not be read.
func (r *reading) byName(ctx context.Context) error {
	if r.query.Namespaces == nil {
		return nil
	}
	names := map[string]bool{}
	for _, c := range r.snapshot.Consumers() {
		for _, u := range c.Uses {
			if u.Secret.Name != "" && r.snapshot.Secret(u.Secret) == nil {
				names[u.Secret.Name] = true
			}
		}
	}
	for _, o := range r.issuers() {
		for _, ref := range o.Secrets() {
			if r.snapshot.Secret(chain.Name{Namespace: r.snapshot.CredentialNamespace(o), Name: ref.Name}) == nil {
				names[ref.Name] = true
			}
		}
	}
	for i, name := range slices.Sorted(maps.Keys(names)) {
		if i == manyNames {
			break
		}
		one := secrets()
		one.fields = "metadata.name=" + name
		err := r.each(ctx, one, "v1", "")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && strings.Contains(err.Error(), "forbidden") {
			break
		}
	}
	return nil
}
