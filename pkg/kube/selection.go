package kube

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// Selection says which pods are meant. The selectors narrow, the queries are a
// union: a pod is selected when all selectors hold and any query matches.
type Selection struct {
	// Namespaces to look in; empty means the context's own.
	Namespaces    []string
	AllNamespaces bool
	// Queries are a union; none means every pod that the selectors leave.
	Queries []Query
	// Labels and Fields are selectors in kubectl's syntax, evaluated by the server.
	Labels, Fields string
	// Node narrows to the pods on one node.
	Node string
	// Exclude drops pods whose name matches any of these.
	Exclude []*regexp.Regexp
}

// Validate checks the syntax of the selectors. The error names the flag.
func (s Selection) Validate() error {
	if _, err := labels.Parse(s.Labels); err != nil {
		return fmt.Errorf("--selector %q: %w", s.Labels, err)
	}
	if _, err := fields.ParseSelector(s.Fields); err != nil {
		return fmt.Errorf("--field-selector %q: %w", s.Fields, err)
	}
	return nil
}

// namespaces returns the scopes to list: "" is the whole cluster.
func (s Selection) namespaces(c *Cluster) []string {
	switch {
	case s.AllNamespaces:
		return []string{""}
	case len(s.Namespaces) > 0:
		return s.Namespaces
	default:
		return []string{c.Namespace}
	}
}

func (s Selection) listOptions() metav1.ListOptions {
	parts := []string{}
	if s.Fields != "" {
		parts = append(parts, s.Fields)
	}
	if s.Node != "" {
		parts = append(parts, fields.OneTermEqualSelector("spec.nodeName", s.Node).String())
	}
	return metav1.ListOptions{LabelSelector: s.Labels, FieldSelector: strings.Join(parts, ",")}
}

// literals returns the pod names that the queries name exactly; ok is false
// when any query may match others, too.
func (s Selection) literals() (names []string, ok bool) {
	for _, q := range s.Queries {
		name, exact := q.literal()
		if !exact {
			return nil, false
		}
		names = append(names, name)
	}
	return names, len(names) > 0
}

// matcher decides about one pod. An error is one of asking the API for owners.
type matcher func(context.Context, *Pod) (bool, error)

// compile resolves the queries against the cluster: unknown kinds and objects
// that do not exist are errors here, before anything is read.
func (c *Cluster) compile(ctx context.Context, s Selection) (matcher, error) {
	var any []matcher
	for _, q := range s.Queries {
		m, err := c.compileQuery(ctx, s, q)
		if err != nil {
			return nil, err
		}
		any = append(any, m)
	}
	return func(ctx context.Context, pod *Pod) (bool, error) {
		for _, re := range s.Exclude {
			if re.MatchString(pod.Name) {
				return false, nil
			}
		}
		for _, m := range any {
			if ok, err := m(ctx, pod); ok || err != nil {
				return ok, err
			}
		}
		return len(any) == 0, nil
	}, nil
}

func (c *Cluster) compileQuery(ctx context.Context, s Selection, q Query) (matcher, error) {
	if q.Regexp != nil {
		return func(_ context.Context, pod *Pod) (bool, error) { return q.Regexp.MatchString(pod.Name), nil }, nil
	}
	kind, err := c.Kind(ctx, q.Type)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", q.Text, err)
	}
	switch kind.Kind {
	case "Pod":
		if err := c.mustExist(ctx, s, kind, q); err != nil {
			return nil, err
		}
		return func(_ context.Context, pod *Pod) (bool, error) { return pod.Name == q.Name, nil }, nil
	case "Service":
		return c.compileService(ctx, s, q)
	case "Node":
		return nil, fmt.Errorf("query %q: a node owns no pods; use --node %s", q.Text, q.Name)
	case "Namespace":
		return nil, fmt.Errorf("query %q: a namespace owns no pods; use -n %s", q.Text, q.Name)
	}
	if err := c.mustExist(ctx, s, kind, q); err != nil {
		return nil, err
	}
	return func(ctx context.Context, pod *Pod) (bool, error) { return c.OwnedBy(ctx, pod, kind, q.Name) }, nil
}

// mustExist checks for the named object in the selection's namespaces; one of
// them is enough. Whoever may not look is believed.
func (c *Cluster) mustExist(ctx context.Context, s Selection, kind Kind, q Query) error {
	if s.AllNamespaces && kind.Namespaced {
		return nil // which namespace is meant only the pods can tell
	}
	var missing []error
	for _, namespace := range s.namespaces(c) {
		_, err := c.getMeta(ctx, kind, namespace, q.Name)
		switch {
		case err == nil || apierrors.IsForbidden(err):
			return nil
		case apierrors.IsNotFound(err):
			missing = append(missing, fmt.Errorf("%w in namespace %q", err, namespace))
		default:
			return err
		}
	}
	return errors.Join(missing...)
}

// compileService selects by the Service's own selector, read once per namespace.
func (c *Cluster) compileService(ctx context.Context, s Selection, q Query) (matcher, error) {
	selectors := map[string]labels.Selector{}
	opts := metav1.ListOptions{FieldSelector: nameSelector(q.Name)}
	for _, namespace := range s.namespaces(c) {
		list, err := c.Services(namespace).List(ctx, opts)
		if err != nil {
			return nil, fmt.Errorf("query %q: %w", q.Text, err)
		}
		for _, svc := range list.Items {
			if len(svc.Spec.Selector) == 0 {
				return nil, fmt.Errorf("query %q: service %s/%s has no selector, so it names no pods", q.Text, svc.Namespace, svc.Name)
			}
			selectors[svc.Namespace] = labels.SelectorFromSet(svc.Spec.Selector)
		}
	}
	if len(selectors) == 0 {
		return nil, fmt.Errorf("services %q not found in %s", q.Name, describeNamespaces(s.namespaces(c)))
	}
	return func(_ context.Context, pod *Pod) (bool, error) {
		selector, ok := selectors[pod.Namespace]
		return ok && selector.Matches(labels.Set(pod.Labels)), nil
	}, nil
}

// Where says where the selection looks on a cluster, for messages.
func (s Selection) Where(c *Cluster) string { return describeNamespaces(s.namespaces(c)) }

func describeNamespaces(namespaces []string) string {
	if len(namespaces) == 1 && namespaces[0] == "" {
		return "any namespace"
	}
	quoted := make([]string, len(namespaces))
	for i, n := range namespaces {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(quoted) == 1 {
		return "namespace " + quoted[0]
	}
	return "namespaces " + strings.Join(quoted, ", ")
}
