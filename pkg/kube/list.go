package kube

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
)

const podPage = 500 // pods per list request

// ListPods returns the selected pods, in the order of the API. The list is
// read from etcd in pages, so it is neither stale nor large in memory.
func (c *Cluster) ListPods(ctx context.Context, s Selection) ([]*Pod, []string, error) {
	match, err := c.compile(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	var pods []*Pod
	var names []string
	for _, namespace := range s.namespaces(c) {
		all, err := c.listNamespace(ctx, s, namespace)
		if err != nil {
			return nil, nil, err
		}
		if len(all) == 0 {
			if err := c.mustHaveNamespace(ctx, namespace); err != nil {
				return nil, nil, err
			}
		}
		for _, pod := range all {
			names = append(names, pod.Name)
			ok, err := match(ctx, pod)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				pods = append(pods, pod)
			}
		}
	}
	return pods, names, nil
}

func (c *Cluster) listNamespace(ctx context.Context, s Selection, namespace string) ([]*Pod, error) {
	var pods []*Pod
	opts := s.listOptions()
	opts.Limit = podPage
	for {
		page, err := c.Pods(namespace).List(ctx, opts)
		if names, exact := s.literals(); apierrors.IsForbidden(err) && exact && namespace != "" {
			return c.getEach(ctx, namespace, names, err)
		}
		if err != nil {
			return nil, explainList(err, namespace)
		}
		for i := range page.Items {
			pods = append(pods, newPod(&page.Items[i]))
		}
		if opts.Continue = page.Continue; opts.Continue == "" {
			return pods, nil
		}
	}
}

// getEach reads pods by name, for those who may not list them. Where none can
// be read, the refusal to list is the more helpful error.
func (c *Cluster) getEach(ctx context.Context, namespace string, names []string, refusal error) ([]*Pod, error) {
	var pods []*Pod
	for _, name := range names {
		pod, err := c.Pods(namespace).Get(ctx, name)
		switch {
		case err == nil:
			pods = append(pods, newPod(pod))
		case apierrors.IsForbidden(err):
			return nil, explainList(refusal, namespace)
		case !apierrors.IsNotFound(err):
			return nil, err
		}
	}
	if len(pods) == 0 {
		return nil, fmt.Errorf("%w; without the right to list, a query must be a pod's full name, and there is none of the name in namespace %q", refusal, namespace)
	}
	return pods, nil
}

func explainList(err error, namespace string) error {
	if !apierrors.IsForbidden(err) {
		return err
	}
	if namespace == "" {
		return fmt.Errorf("%w; without that right give namespaces with -n", err)
	}
	return fmt.Errorf("%w; without that right give a pod by its full name", err)
}

// mustHaveNamespace tells an empty namespace from one that does not exist,
// which a list does not.
func (c *Cluster) mustHaveNamespace(ctx context.Context, namespace string) error {
	if namespace == "" {
		return nil
	}
	_, err := c.Namespaces().Get(ctx, namespace)
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("%w (--namespace)", err)
	}
	return nil // who may not look is believed
}

// GetPod reads one pod as it is now. A NotFound error means that it is gone.
func (c *Cluster) GetPod(ctx context.Context, namespace, name string) (*Pod, error) {
	pod, err := c.Pods(namespace).Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return newPod(pod), nil
}

// Near returns up to n of the names that are most like text, best first.
func Near(text string, names []string, n int) []string {
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return editDistance(text, a) - editDistance(text, b)
	})
	return sorted[:min(n, len(sorted))]
}

// nameSelector selects the one object of that name.
func nameSelector(name string) string {
	return fields.OneTermEqualSelector("metadata.name", name).String()
}
