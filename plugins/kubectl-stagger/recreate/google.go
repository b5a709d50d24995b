package recreate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Google has VMs of Compute Engine made anew by the managed instance groups that
// they belong to. It also tells of the VMs (pool.Cloud).
type Google struct {
	name         string
	api          compute
	assumeRepair bool
	parallel     int // requests at once

	mu     sync.Mutex
	groups map[vmRef]groupRef // of VMs seen, for when they are gone
}

// Name is for people.
func (g *Google) Name() string { return g.name }

// Replaces reports true: a managed group keeps its size.
func (g *Google) Replaces() bool { return true }

// Recreate has the VM's managed group make it anew. Where the right to ask the group
// is missing, it deletes the VM, which the group then repairs; the operation's Notice
// says so. The error is an *Error where the API answered.
func (g *Google) Recreate(ctx context.Context, t Target) (Operation, error) {
	vm, err := parseProviderID(t.ProviderID)
	if err != nil {
		return Operation{}, fmt.Errorf("node %s: %w", t.Node, err)
	}
	op, err := g.recreate(ctx, vm, t.InstanceID)
	if err != nil {
		return Operation{}, fmt.Errorf("node %s: %w", t.Node, err)
	}
	return op, nil
}

func (g *Google) recreate(ctx context.Context, vm vmRef, id string) (Operation, error) {
	found, err := g.api.instance(ctx, vm)
	switch {
	case code(err) == http.StatusNotFound:
		return Operation{Group: g.known(vm), Notice: fmt.Sprintf("VM %s is gone already", vm.name)}, nil
	case missesRight(err) && g.assumeRepair:
		return g.remove(ctx, vm, groupRef{})
	case err != nil:
		return Operation{}, err
	case id != "" && found.ID != "" && found.ID != id:
		return Operation{Group: g.known(vm), Notice: fmt.Sprintf("VM %s is another one already, with id %s", vm.name, found.ID)}, nil
	}
	group, ok := found.group(vm.project)
	if !ok {
		if g.assumeRepair {
			return g.remove(ctx, vm, groupRef{})
		}
		return Operation{}, errors.New(noGroup)
	}
	g.remember(vm, group)
	op, err := g.api.recreate(ctx, group, vm)
	switch {
	case code(err) == http.StatusConflict:
		op, err = Operation{Notice: fmt.Sprintf("another operation is at work on VM %s already", vm.name)}, nil
	case missesRight(err):
		return g.removeInstead(ctx, vm, group, err)
	case code(err) == http.StatusNotFound:
		err = fmt.Errorf("its instance group %s is gone, so that nothing would make it anew: %w", group.name, err)
	}
	op.Group = group.path()
	return op, err
}

// removeInstead is the way of those who may delete VMs and not change groups: the
// group notices that one is missing.
func (g *Google) removeInstead(ctx context.Context, vm vmRef, group groupRef, refused error) (Operation, error) {
	if err := g.repairs(ctx, group); err != nil {
		return Operation{}, fmt.Errorf("%w; %w", refused, err)
	}
	op, err := g.remove(ctx, vm, group)
	if err != nil {
		return Operation{}, fmt.Errorf("%w; nor could the VM be deleted: %w", refused, err)
	}
	if op.Notice == "" {
		op.Notice = fmt.Sprintf("VM %s was deleted, as the right compute.instanceGroupManagers.update is missing: group %s will notice and repair it", vm.name, group.name)
	}
	return op, nil
}

// repairs is an error where the group leaves a missing VM missing. A group that may
// not be read is taken for one that repairs, as they do unless told.
func (g *Google) repairs(ctx context.Context, group groupRef) error {
	found, err := g.api.group(ctx, group)
	switch {
	case code(err) == http.StatusForbidden:
		return nil
	case err != nil:
		return err
	case found.InstanceLifecyclePolicy.DefaultActionOnFailure == "DO_NOTHING":
		return fmt.Errorf("deleting the VM would not help: group %s does not repair VMs (instanceLifecyclePolicy.defaultActionOnFailure is DO_NOTHING)", group.name)
	}
	return nil
}

func (g *Google) remove(ctx context.Context, vm vmRef, group groupRef) (Operation, error) {
	op, err := g.api.remove(ctx, vm)
	switch code(err) {
	case http.StatusNotFound:
		op, err = Operation{Notice: fmt.Sprintf("VM %s is gone already", vm.name)}, nil
	case http.StatusConflict:
		op, err = Operation{Notice: fmt.Sprintf("another operation is at work on VM %s already", vm.name)}, nil
	}
	if group.name != "" {
		op.Group = group.path()
	}
	return op, err
}

// Done asks once after the operation. Of a group it is done when the group has taken
// note; the machine comes later.
func (g *Google) Done(ctx context.Context, op Operation) (bool, error) {
	if op.Name == "" {
		return true, nil
	}
	if _, ok := parseGroup(op.Scope + "/instanceGroupManagers/any"); !ok || !placeName.MatchString(op.Name) {
		return false, fmt.Errorf("%s in %s is no operation of Compute Engine", quoted(op.Name), quoted(op.Scope))
	}
	found, err := g.api.operation(ctx, op)
	switch {
	case code(err) == http.StatusNotFound:
		return true, nil // old operations are forgotten
	case err != nil:
		return false, err
	case found.Status != "DONE":
		return false, nil
	}
	if err := found.Error.err(); err != nil {
		return true, err
	}
	if found.HTTPErrorStatusCode >= 400 {
		return true, newError(found.HTTPErrorStatusCode, "", found.HTTPErrorMessage)
	}
	return true, nil
}

// Trouble asks the group for what it met when it last tried to make the VM. That is
// an *Error with Code 0; any other error means that the group could not be asked.
func (g *Google) Trouble(ctx context.Context, t Target, op Operation) error {
	vm, err := parseProviderID(t.ProviderID)
	if err != nil {
		return fmt.Errorf("node %s: %w", t.Node, err)
	}
	path := op.Group
	if path == "" {
		path = g.known(vm)
	}
	group, ok := parseGroup(path)
	if !ok {
		return nil
	}
	trouble := ErrNotMember
	err = g.api.managed(ctx, group, func(m managedInstance) {
		switch {
		case !m.is(vm):
		case m.CurrentAction == "NONE":
			trouble = nil // what is left of an attempt before the last success is none
		default:
			trouble = m.LastAttempt.Errors.err()
		}
	})
	if err != nil {
		return fmt.Errorf("group %s could not be asked for its troubles: %w", group.name, err)
	}
	return trouble
}

func (g *Google) remember(vm vmRef, group groupRef) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.groups == nil {
		g.groups = map[vmRef]groupRef{}
	}
	g.groups[vm] = group
}

// known is the path of the group that a VM was seen in; empty where it was not.
func (g *Google) known(vm vmRef) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if group, ok := g.groups[vm]; ok {
		return group.path()
	}
	return ""
}
