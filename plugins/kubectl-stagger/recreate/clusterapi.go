package recreate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// ClusterAPI deletes Machines. Their MachineSet makes another for each, under another
// name.
type ClusterAPI struct{ management *kube.Cluster }

// NewClusterAPI makes a Recreator that asks the cluster that has the Machines: the
// nodes' own where it manages itself, else its management cluster. Nothing is asked yet.
func NewClusterAPI(management *kube.Cluster) *ClusterAPI { return &ClusterAPI{management} }

// machine is the part that is needed of a Machine, v1beta1 or later.
type machine struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Status   struct {
		NodeRef struct {
			Name string `json:"name"`
		} `json:"nodeRef"`
	} `json:"status"`
}

// Name is for people.
func (c *ClusterAPI) Name() string { return "Cluster API" }

// Replaces reports true: a MachineSet keeps its size.
func (c *ClusterAPI) Replaces() bool { return true }

// Check finds the Machine of each node and its MachineSet, and asks for the right to
// delete Machines.
func (c *ClusterAPI) Check(ctx context.Context, targets []Target) error {
	var complaints []error
	asked := map[string]bool{}
	for _, t := range targets {
		machines, name, err := c.machines(ctx, t)
		if err != nil {
			complaints = append(complaints, fmt.Errorf("node %s: %w", t.Node, err))
			continue
		}
		if err := c.check(ctx, machines, name, t); err != nil {
			complaints = append(complaints, err)
		}
		namespace := t.Annotations[namespaceAnnotation]
		if asked[namespace] {
			continue
		}
		asked[namespace] = true
		resource, err := c.kind(ctx)
		if err == nil {
			err = mayDelete(ctx, c.management, resource.GVR(), namespace)
		}
		if err != nil {
			complaints = append(complaints, err)
		}
	}
	return errors.Join(complaints...)
}

func (c *ClusterAPI) check(ctx context.Context, machines kube.Objects[machine], name string, t Target) error {
	found, err := machines.Get(ctx, name)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("node %s: Machine %s/%s is not in cluster %s; is that the management cluster?", t.Node, t.Annotations[namespaceAnnotation], name, c.management)
	case err != nil:
		return fmt.Errorf("node %s: %w", t.Node, err)
	}
	if err := found.replaceable(t); err != nil {
		return fmt.Errorf("node %s: %w", t.Node, err)
	}
	return nil
}

// replaceable is an error where the Machine is another node's, or nothing would make
// another in its place.
func (m machine) replaceable(t Target) error {
	if node := m.Status.NodeRef.Name; node != "" && node != t.Node {
		return fmt.Errorf("its annotation %s names Machine %s, which is node %s's (status.nodeRef)", machineAnnotation, m.Metadata.Name, quoted(node))
	}
	owner := metav1.GetControllerOf(&m.Metadata)
	switch {
	case owner == nil:
		return fmt.Errorf("its Machine %s belongs to no MachineSet, so that nothing would make another", m.Metadata.Name)
	case owner.Kind != "MachineSet" || !strings.HasPrefix(owner.APIVersion, "cluster.x-k8s.io/"):
		return fmt.Errorf("its Machine %s belongs to %s %s, and not to a MachineSet that would make another", m.Metadata.Name, owner.Kind, owner.Name)
	}
	return nil
}

// Recreate deletes the node's Machine. The error is the API's status, or says that
// nothing would make another.
func (c *ClusterAPI) Recreate(ctx context.Context, t Target) (Operation, error) {
	machines, name, err := c.machines(ctx, t)
	if err != nil {
		return Operation{}, fmt.Errorf("node %s: %w", t.Node, err)
	}
	found, err := machines.Get(ctx, name)
	switch {
	case apierrors.IsNotFound(err):
		return Operation{Notice: fmt.Sprintf("Machine %s is gone already", name)}, nil
	case err != nil:
		return Operation{}, fmt.Errorf("node %s: %w", t.Node, err)
	}
	op := Operation{Name: name, Scope: t.Annotations[namespaceAnnotation], UID: found.Metadata.UID}
	if found.Metadata.DeletionTimestamp != nil {
		op.Notice = fmt.Sprintf("Machine %s is being deleted already", name)
		return op, nil
	}
	if err := found.replaceable(t); err != nil {
		return Operation{}, fmt.Errorf("node %s: %w", t.Node, err)
	}
	if err := deleteOnly(ctx, machines, op); err != nil {
		return Operation{}, fmt.Errorf("node %s: deleting Machine %s: %w", t.Node, name, err)
	}
	return op, nil
}

// Done reports whether the Machine is gone.
func (c *ClusterAPI) Done(ctx context.Context, op Operation) (bool, error) {
	if op.Name == "" {
		return true, nil
	}
	resource, err := c.kind(ctx)
	if err != nil {
		return false, err
	}
	found, err := kube.ObjectsOf[machine](c.management, resource.GVR(), op.Scope).Get(ctx, op.Name)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	return err == nil && found.Metadata.UID != op.UID, err
}

// Trouble knows of none.
func (c *ClusterAPI) Trouble(context.Context, Target, Operation) error { return nil }

// machines is where the node's Machine is, and its name.
func (c *ClusterAPI) machines(ctx context.Context, t Target) (kube.Objects[machine], string, error) {
	name, namespace := t.Annotations[machineAnnotation], t.Annotations[namespaceAnnotation]
	if name == "" || namespace == "" {
		return kube.Objects[machine]{}, "", fmt.Errorf("it has no annotations %s and %s, so that Cluster API did not make it", machineAnnotation, namespaceAnnotation)
	}
	resource, err := c.kind(ctx)
	return kube.ObjectsOf[machine](c.management, resource.GVR(), namespace), name, err
}

func (c *ClusterAPI) kind(ctx context.Context) (kube.Kind, error) {
	resource, err := c.management.Kind(ctx, "machines.cluster.x-k8s.io")
	if err != nil {
		return resource, fmt.Errorf("are the Machines in cluster %s? %w", c.management, err)
	}
	return resource, nil
}
