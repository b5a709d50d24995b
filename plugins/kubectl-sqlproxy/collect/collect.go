package collect

import (
	"context"
	"sync"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// parallel is how many requests are under way at the same time.
const parallel = 8

// Query says what to read.
type Query struct {
	// Namespaces are those whose proxies are asked for; nil is all.
	Namespaces []string
	// Workload narrows the reading of pods and logs to the proxies of that name, or behind a
	// Service of that name; "" is all.
	Workload string
	// Logs says whether the proxies' logs are read.
	Logs bool
	// Note is told what is being read, for progress; it may be nil, and is called from
	// several goroutines.
	Note func(what string)
}

// Cluster reads the snapshot and closes it. What may not be read is Missing in it. The
// error is the API's status where not even the list of API groups can be had, or that
// of ctx.
func Cluster(ctx context.Context, c *kube.Cluster, q Query) (*snapshot.Snapshot, error) {
	groups, err := c.Groups(ctx)
	if err != nil {
		return nil, err
	}
	if q.Note == nil {
		q.Note = func(string) {}
	}
	r := &reading{cluster: c, query: q, groups: groups}
	r.snapshot.Scope = q.Namespaces
	steps := []func(context.Context) error{r.first, r.given, r.further, r.pods, r.around}
	if q.Logs {
		steps = append(steps, r.logs)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
		// What is read next depends on what was found.
		r.snapshot.Close()
	}
	return &r.snapshot, nil
}

// reading is a snapshot in the making.
type reading struct {
	cluster *kube.Cluster
	query   Query
	groups  map[string][]string

	mu       sync.Mutex // of the snapshot, while parts are read
	snapshot snapshot.Snapshot
}

// first reads all that may be a proxy, or be about one.
func (r *reading) first(ctx context.Context) error {
	todo := newGroup(ctx)
	todo.Go(func() error {
		// Not to know it is of little account: 0 says so.
		r.snapshot.Minor, _ = r.cluster.Minor(ctx)
		return ctx.Err()
	})
	for _, one := range listed() {
		for _, namespace := range r.where() {
			todo.Go(func() error { return r.list(ctx, one, namespace) })
		}
	}
	todo.Go(func() error { return r.namespaces(ctx) })
	return todo.Wait()
}

// where are the namespaces that are asked for; "" is all.
func (r *reading) where() []string {
	if r.query.Namespaces == nil {
		return []string{""}
	}
	return r.query.Namespaces
}

// wanted reports whether a proxy's pods and logs are asked for.
func (r *reading) wanted(p *snapshot.Proxy) bool {
	if r.query.Workload == "" || p.Name == r.query.Workload {
		return true
	}
	for _, o := range p.Services {
		if o.Name == r.query.Workload {
			return true
		}
	}
	return false
}

// proxies are those of the snapshot that are asked for.
func (r *reading) proxies() []*snapshot.Proxy {
	var all []*snapshot.Proxy
	for _, p := range r.snapshot.Proxies {
		if r.wanted(p) {
			all = append(all, p)
		}
	}
	return all
}
