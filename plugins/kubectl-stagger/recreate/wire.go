package recreate

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// compute is what is needed of Compute Engine, however it is asked. Errors are
// *Error where Compute Engine answered, with the HTTP status as Code.
type compute interface {
	instance(ctx context.Context, vm vmRef) (instance, error)
	instances(ctx context.Context, project, zone string, do func(instance)) error
	group(ctx context.Context, group groupRef) (instanceGroup, error)
	recreate(ctx context.Context, group groupRef, vm vmRef) (Operation, error)
	remove(ctx context.Context, vm vmRef) (Operation, error)
	operation(ctx context.Context, op Operation) (operation, error)
	managed(ctx context.Context, group groupRef, do func(managedInstance)) error
}

// The types below are the parts that are needed of the API's resources, v1.

type instance struct {
	Name               string
	ID                 string
	Status             string
	CreationTimestamp  string
	LastStartTimestamp string
	Scheduling         struct {
		Preemptible       bool
		ProvisioningModel string
	}
	Metadata instanceMetadata
}

// instanceMetadata keeps only who made the instance: on GKE the rest holds the
// secrets that a node joins its cluster with.
type instanceMetadata struct{ createdBy string }

func (m *instanceMetadata) UnmarshalJSON(raw []byte) error {
	var all struct {
		Items []struct{ Key, Value string }
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	for _, item := range all.Items {
		if item.Key == "created-by" {
			m.createdBy = item.Value
		}
	}
	return nil
}

// group is the managed group that made the instance; false: none did. The metadata
// has the project's number, which rights and people know less well than its ID.
func (i instance) group(project string) (groupRef, bool) {
	path := i.Metadata.createdBy
	if at := strings.Index(path, "projects/"); at > 0 {
		path = path[at:] // a whole URL
	}
	group, ok := parseGroup(path)
	group.project = project
	return group, ok
}

// vm is what is told of the instance. A time that cannot be read is not known.
func (i instance) vm() pool.VM {
	vm := pool.VM{InstanceID: i.ID, Lifetime: pool.Permanent}
	for _, stamp := range []string{i.LastStartTimestamp, i.CreationTimestamp} {
		if at, err := time.Parse(time.RFC3339, stamp); err == nil {
			vm.Started = at
			break
		}
	}
	switch {
	case i.Scheduling.ProvisioningModel == "SPOT": // these have preemptible set as well
		vm.Lifetime = pool.Spot
	case i.Scheduling.Preemptible:
		vm.Lifetime = pool.Preemptible
	}
	return vm
}

type instanceGroup struct {
	InstanceLifecyclePolicy struct{ DefaultActionOnFailure string }
}

type operation struct {
	Name                string
	Status              string
	HTTPErrorStatusCode int    `json:"httpErrorStatusCode"`
	HTTPErrorMessage    string `json:"httpErrorMessage"`
	Error               operationErrors
}

type operationErrors struct {
	Errors []struct{ Code, Message string }
}

// err is the first error, with advice; nil where there is none.
func (o operationErrors) err() error {
	if len(o.Errors) == 0 {
		return nil
	}
	first := o.Errors[0]
	return newError(0, first.Code, first.Message)
}

type managedInstance struct {
	Instance      string // URL
	CurrentAction string
	LastAttempt   struct{ Errors operationErrors }
}

// is reports whether this is the VM of that name, in whatever project.
func (m managedInstance) is(vm vmRef) bool {
	return strings.HasSuffix(m.Instance, "/zones/"+vm.zone+"/instances/"+vm.name)
}
