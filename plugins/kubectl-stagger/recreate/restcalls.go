package recreate

import (
	"context"
	"net/http"
	"net/url"

	"k8s.io/apimachinery/pkg/util/uuid"
)

func (c *rest) instance(ctx context.Context, vm vmRef) (instance, error) {
	var found instance
	err := c.do(ctx, request{call: "instances.get", method: http.MethodGet, path: vm.path(), query: url.Values{
		"fields": {"name,id,status,creationTimestamp,lastStartTimestamp,scheduling(preemptible,provisioningModel),metadata/items"}}}, &found)
	return found, err
}

func (c *rest) instances(ctx context.Context, project, zone string, do func(instance)) error {
	query := url.Values{"maxResults": {"500"},
		"fields": {"nextPageToken,items(name,id,status,creationTimestamp,lastStartTimestamp,scheduling(preemptible,provisioningModel))"}}
	return c.pages(ctx, request{call: "instances.list", method: http.MethodGet, path: vmRef{project: project, zone: zone}.scope() + "/instances", query: query},
		func(p page) {
			for _, found := range p.Items {
				do(found)
			}
		})
}

func (c *rest) managed(ctx context.Context, group groupRef, do func(managedInstance)) error {
	query := url.Values{"maxResults": {"500"}, "fields": {"nextPageToken,managedInstances(instance,currentAction,lastAttempt/errors)"}}
	return c.pages(ctx, request{call: "instanceGroupManagers.listManagedInstances", method: http.MethodPost, path: group.path() + "/listManagedInstances", query: query},
		func(p page) {
			for _, found := range p.ManagedInstances {
				do(found)
			}
		})
}

// page is one page of either list.
type page struct {
	NextPageToken    string
	Items            []instance
	ManagedInstances []managedInstance
}

func (c *rest) pages(ctx context.Context, r request, do func(page)) error {
	for {
		var p page
		if err := c.do(ctx, r, &p); err != nil {
			return err
		}
		do(p)
		if p.NextPageToken == "" || p.NextPageToken == r.query.Get("pageToken") {
			return nil
		}
		r.query.Set("pageToken", p.NextPageToken)
	}
}

func (c *rest) group(ctx context.Context, group groupRef) (instanceGroup, error) {
	var found instanceGroup
	err := c.do(ctx, request{call: "instanceGroupManagers.get", method: http.MethodGet, path: group.path(),
		query: url.Values{"fields": {"instanceLifecyclePolicy"}}}, &found)
	return found, err
}

func (c *rest) recreate(ctx context.Context, group groupRef, vm vmRef) (Operation, error) {
	op, err := c.change(ctx, request{call: "instanceGroupManagers.recreateInstances", method: http.MethodPost, path: group.path() + "/recreateInstances",
		body: map[string][]string{"instances": {"zones/" + vm.zone + "/instances/" + vm.name}}})
	return Operation{Name: op, Scope: group.scope()}, err
}

func (c *rest) remove(ctx context.Context, vm vmRef) (Operation, error) {
	op, err := c.change(ctx, request{call: "instances.delete", method: http.MethodDelete, path: vm.path()})
	return Operation{Name: op, Scope: vm.scope()}, err
}

// change sends a request that changes something and returns the operation's name.
// Its requestId is the same in every attempt, by which the API knows that it is one
// request: an answer that was lost on its way has no machine made anew twice.
func (c *rest) change(ctx context.Context, r request) (string, error) {
	r.query = url.Values{"requestId": {string(uuid.NewUUID())}}
	var op operation
	err := c.do(ctx, r, &op)
	return op.Name, err
}

func (c *rest) operation(ctx context.Context, op Operation) (operation, error) {
	var found operation
	err := c.do(ctx, request{call: "operations.get", method: http.MethodGet, path: op.Scope + "/operations/" + op.Name}, &found)
	return found, err
}
