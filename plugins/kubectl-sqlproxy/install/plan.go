package install

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

// Action is what happens to an object.
type Action string

// The actions.
const (
	Create    Action = "create"
	Change    Action = "change"
	Unchanged Action = "unchanged"
	Remove    Action = "delete" // apply made it, and it is not wanted any more
	Keep      Action = "keep"   // it would be removed, if it were sure that apply made it
)

// Step is one object of a plan.
type Step struct {
	Object
	Action Action
	// Fields are those that change.
	Fields []Field
	// Taken are fields that are taken over from other managers.
	Taken []kube.FieldConflict
	// Why says more: why an object is kept, that only its manager changes.
	Why string

	wanted fields
	uid    types.UID
}

// Plan is what is to be done, in order.
type Plan struct {
	Target
	Steps []Step
	// Unseen says what could not be looked at, in sentences.
	Unseen []string

	pods []string // selectors of those that end with the plan's Deployments
}

// Options say how a plan is made.
type Options struct {
	// Force takes fields over from other managers.
	Force bool
	// Prune has objects removed that an earlier apply has made.
	Prune bool
	// Local compares with what is there by reading alone. What the server would make of
	// the objects is not known then, nor what goes because it is not named any more.
	Local bool
}

// Changes is how many steps change something.
func (p *Plan) Changes() int {
	n := 0
	for i := range p.Steps {
		if p.Steps[i].changes() {
			n++
		}
	}
	return n
}

func (s *Step) changes() bool {
	return s.Action == Create || s.Action == Change || s.Action == Remove
}

// Look compares what is wanted with what is there, and changes nothing. The error says
// all that would keep the objects from being applied.
func Look(ctx context.Context, c *kube.Cluster, t Target, set *manifest.Set, opts Options) (*Plan, error) {
	p := &Plan{Target: t}
	if err := p.needs(ctx, c, set); err != nil {
		return nil, err
	}
	var wrong []error
	for i := range set.Objects {
		step, err := p.look(ctx, c, &set.Objects[i], opts)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			wrong = append(wrong, err)
		default:
			p.Steps = append(p.Steps, *step)
		}
	}
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return cmp.Compare(a.rank(), b.rank()) })
	if opts.Prune {
		made, err := p.made(ctx, c)
		if err != nil {
			wrong = append(wrong, err)
		}
		p.Steps = append(p.Steps, slices.DeleteFunc(made, func(s Step) bool { return p.wants(s.Object) })...)
	}
	return p, errors.Join(wrong...)
}

func (p *Plan) wants(o Object) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Object == o })
}

// look plans one object.
func (p *Plan) look(ctx context.Context, c *kube.Cluster, o *manifest.Object, opts Options) (*Step, error) {
	id, wanted, err := wantedFields(o)
	if err != nil {
		return nil, err
	}
	step := &Step{Object: id, Action: Create, wanted: wanted}
	objects := client(c, id)
	var live fields
	switch found, err := objects.Get(ctx, id.Name); {
	case err == nil:
		live = *found
	case !apierrors.IsNotFound(err):
		return nil, explained(id, err)
	}
	if opts.Local {
		step.compare(live, wanted, true)
		return step, nil
	}
	result, err := objects.Apply(ctx, id.Name, wanted, kube.ApplyOptions{Manager: Manager, DryRun: true})
	if taken := kube.FieldConflicts(err); taken != nil && opts.Force {
		step.Taken = taken
		result, err = objects.Apply(ctx, id.Name, wanted, kube.ApplyOptions{Manager: Manager, DryRun: true, Force: true})
	}
	switch {
	case err != nil && strings.Contains(err.Error(), "does not support dry run"): // an admission webhook's word
		p.Unseen = append(p.Unseen, fmt.Sprintf("What the server makes of %s is not known: %v", id, err))
		step.compare(live, wanted, true)
	case err != nil:
		return nil, explained(id, err)
	default:
		step.compare(live, *result, false)
	}
	return step, nil
}

// compare says what happens to an object.
func (s *Step) compare(live, result fields, partial bool) {
	if live == nil {
		return // Create
	}
	s.Fields = diff(s.Kind, live, result, partial)
	switch {
	case len(s.Fields) > 0 || len(s.Taken) > 0:
		s.Action = Change
	case partial || reflect.DeepEqual(owned(live), owned(result)):
		s.Action = Unchanged
	default:
		s.Action, s.Why = Change, "only who manages its fields"
	}
}

// owned are the fields that we own, as the API server notes them; nil for none.
func owned(o fields) any {
	meta, _ := o["metadata"].(fields)
	all, _ := meta["managedFields"].([]any)
	for _, e := range all {
		if m, ok := e.(fields); ok && m["manager"] == Manager && m["operation"] == string(metav1.ManagedFieldsOperationApply) {
			return m["fieldsV1"]
		}
	}
	return nil
}

// explained is an error of the API about an object, with what to do about it.
func explained(o Object, err error) error {
	if conflicts := kube.FieldConflicts(err); conflicts != nil {
		all := make([]string, len(conflicts))
		for i, f := range conflicts {
			all[i] = fmt.Sprintf("%s belongs to %q", strings.TrimPrefix(f.Field, "."), f.Manager)
		}
		return fmt.Errorf("%s: %s; --force-conflicts takes over what belongs to others", o, strings.Join(all, ", "))
	}
	var status apierrors.APIStatus
	if apierrors.IsNotFound(err) && errors.As(err, &status) && (status.Status().Details == nil || status.Status().Details.Name == "") {
		return fmt.Errorf("%s: the cluster has no %s of %s; if that is an add-on's, install it or leave the object out: %w", o, o.Kind, o.APIVersion, err)
	}
	return fmt.Errorf("%s: %w", o, err)
}
