// Package install brings a proxy's objects into a cluster and out of it again: a plan of
// what is there and what is wanted, server-side apply, what an earlier apply made and
// nobody wants any more, and the rollout.
package install

// Manager is the name under which the API server knows the fields that are applied.
const Manager = "kubectl-sqlproxy"

// Labels that each object has which apply makes: they say what is deleted when it is not
// wanted any more.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	InstanceLabel  = "app.kubernetes.io/instance"
)

// Target is one installation: the objects that apply has made under a name.
type Target struct{ Namespace, Name string }

// selector selects what apply has made for the target; all installations without a name.
func (t Target) selector() string {
	s := ManagedByLabel + "=" + Manager
	if t.Name != "" {
		s += "," + InstanceLabel + "=" + t.Name
	}
	return s
}
