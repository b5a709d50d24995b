// Package recreate has machines made anew: by Google Compute Engine's API or gcloud,
// by Karpenter or Cluster API, or by a command of the user's.
package recreate

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
)

// Target is the node whose machine is to be made anew.
type Target struct {
	Node        string
	UID         types.UID // of the Node object
	ProviderID  string
	Labels      map[string]string
	Annotations map[string]string
}

// Operation is a request that was accepted. It can be written down and asked about
// later, by another process.
type Operation struct {
	Name string `json:"name,omitempty"` // of the cloud's operation; empty where there is none
	Zone string `json:"zone,omitempty"`
}

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
	// Done reports whether the operation has been carried out. An error says that it
	// never will be: quota, no capacity.
	Done(ctx context.Context, op Operation) (bool, error)
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
