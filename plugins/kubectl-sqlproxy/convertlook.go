package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/collect"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// converting is what is to be converted.
type converting struct {
	proxies   []*snapshot.Proxy
	snapshot  *snapshot.Snapshot
	namespace string // of the cluster; "" for files
	// object reads a workload as it is.
	object func(ctx context.Context, w *snapshot.Workload) (map[string]any, error)
}

// look reads files or the cluster, and chooses the proxies that are asked for.
func (o *convertOptions) look(ctx context.Context) (*converting, error) {
	var c *converting
	var err error
	namespaces := o.cluster.connection.Namespaces
	if len(o.files) > 0 {
		c, err = o.lookIntoFiles(ctx)
	} else {
		c, err = o.lookIntoCluster(ctx)
		if err == nil {
			namespaces = []string{c.namespace}
		}
	}
	if err != nil {
		return nil, err
	}
	if err := findTargets(c.snapshot, o.targets, namespaces); err != nil {
		return nil, err
	}
	for _, p := range c.snapshot.Proxies {
		wanted := len(o.targets) == 0
		for _, t := range o.targets {
			wanted = wanted || t.Means(p)
		}
		if wanted {
			c.proxies = append(c.proxies, p)
		}
	}
	if len(c.proxies) == 0 {
		return nil, errors.New("-f: the files hold no workload with a Cloud SQL or AlloyDB proxy")
	}
	return c, nil
}

func (o *convertOptions) lookIntoFiles(ctx context.Context) (*converting, error) {
	set, err := loadFiles(ctx, o.In, o.files, o.recursive)
	if err != nil {
		return nil, err
	}
	for _, p := range set.Problems { // half of a conversion is none
		return nil, fmt.Errorf("%s:%d: %s %s", p.File, p.Line, p.What, p.Text)
	}
	c := &converting{snapshot: snapshotOf(set, o.cluster.connection.Namespaces)}
	c.object = func(_ context.Context, w *snapshot.Workload) (map[string]any, error) {
		for i := range set.Objects {
			if at := &set.Objects[i]; at.File == w.File && at.Line == w.Line && at.Kind == w.Kind && at.Name == w.Name {
				object := map[string]any{}
				if err := manifest.Decode(at.Raw, &object); err != nil {
					return nil, err
				}
				object["apiVersion"], object["kind"] = w.APIVersion, w.Kind // a typed List's items have none
				return object, nil
			}
		}
		return nil, fmt.Errorf("%s %s is not in the files any more", w.Kind, w.Name)
	}
	return c, nil
}

func (o *convertOptions) lookIntoCluster(ctx context.Context) (*converting, error) {
	cluster, err := o.cluster.connect()
	if err != nil {
		return nil, err
	}
	namespace, err := o.cluster.oneNamespace(cluster)
	if err != nil {
		return nil, err
	}
	s, err := collect.Cluster(ctx, cluster, collect.Query{Namespaces: []string{namespace}})
	if err != nil {
		return nil, err
	}
	return &converting{snapshot: s, namespace: namespace, object: func(ctx context.Context, w *snapshot.Workload) (map[string]any, error) {
		gv, err := schema.ParseGroupVersion(w.APIVersion)
		if err != nil {
			return nil, err
		}
		objects := kube.ObjectsOf[map[string]any](cluster, gv.WithResource(strings.ToLower(w.Kind)+"s"), w.Namespace)
		object, err := objects.Get(ctx, w.Name)
		if err != nil {
			return nil, err
		}
		return *object, nil
	}}, nil
}

// scriptNamespace is the one namespace of what is converted: that of -n, of the cluster's
// context, or the one that all workloads of the files name; "" for none.
func (c *converting) scriptNamespace(given []string) string {
	if c.namespace != "" {
		return c.namespace
	}
	if len(given) == 1 {
		return given[0]
	}
	namespace := c.proxies[0].Meta.Namespace
	for _, p := range c.proxies {
		if p.Meta.Namespace != namespace {
			return ""
		}
	}
	return namespace
}
