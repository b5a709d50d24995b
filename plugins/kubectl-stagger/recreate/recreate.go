// Package recreate has machines made anew: by Google Compute Engine's API or gcloud,
// by Karpenter or Cluster API, or by a command of the user's.
package recreate

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
)

// Target is the node whose machine is to be made anew.
type Target struct {
	Node       string
	UID        types.UID // of the Node object
	ProviderID string
	// InstanceID is the cloud's own id of the machine that is meant; empty where it is
	// not known. A machine that has another one by now is left alone: what was asked
	// for has happened already.
	InstanceID  string
	Labels      map[string]string
	Annotations map[string]string
}

// Operation is a request that was accepted. It can be written down and asked about
// later, by another process.
type Operation struct {
	Name string `json:"name,omitempty"` // of the cloud's operation, or of what was deleted; empty where there is nothing to ask about
	// Scope is where Name is: projects/PROJECT/zones/ZONE, projects/PROJECT/regions/REGION,
	// or a namespace.
	Scope string `json:"scope,omitempty"`
	// UID is that of the object named Name, where it is a Kubernetes object.
	UID types.UID `json:"uid,omitempty"`
	// Group is the managed group that makes the next machine, like
	// projects/PROJECT/zones/ZONE/instanceGroupManagers/NAME; empty where none is known.
	Group string `json:"group,omitempty"`
	// Notice is a sentence for the user, where it went another way than usual.
	Notice string `json:"notice,omitempty"`
}

// ErrNotMember says that a machine's group does not mean to have it any more: it was
// made smaller.
var ErrNotMember = errors.New("the group does not mean to have the machine any more")

// Recreator has machines made anew.
type Recreator interface {
	// Name is for people: "the Compute Engine API".
	Name() string
	// Check finds, before anything is changed, what would keep the machines from
	// being made anew: a malformed provider ID, a missing right, a machine that
	// belongs to no group which would make another. The error names the nodes.
	Check(ctx context.Context, targets []Target) error
	// Recreate asks for it, and returns when that is accepted. A machine that is gone
	// already is no error.
	Recreate(ctx context.Context, t Target) (Operation, error)
	// Done reports whether the operation has ended. With an error it has failed, and the
	// machine may live on: quota, no capacity. An error of one that has not ended says
	// that it could not be asked about.
	Done(ctx context.Context, op Operation) (bool, error)
	// Trouble says what keeps the next machine from coming, as far as the provider
	// tells, while one waits for it: an operation that is done may only mean that the
	// group has taken note. nil is no known trouble. The group goes on trying, so
	// trouble may pass. ErrNotMember: no machine is to come.
	Trouble(ctx context.Context, t Target, op Operation) error
	// Replaces reports whether a machine is sure to follow; Karpenter makes one only
	// where pods need it.
	Replaces() bool
}

// Error is an answer of a cloud.
type Error struct {
	Code    int    // HTTP status; 0 where there is none
	Reason  string // the cloud's word: "quotaExceeded"
	Message string // the cloud's sentence
	Advice  string // what to do; empty where that is not known
}

func (e *Error) Error() string {
	text := e.Message
	if e.Reason != "" {
		text = fmt.Sprintf("%s (%s)", e.Message, e.Reason)
	}
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}
