package pool

import (
	"context"
	"time"
)

// VM is what a cloud says of a machine.
type VM struct {
	InstanceID string
	Started    time.Time // the last start, not the first
	Lifetime   Lifetime
}

// Cloud tells of the machines behind nodes. Nodes whose machine it does not find are
// not in the answer; an error means that it could not be asked.
type Cloud interface {
	VMs(ctx context.Context, nodes []Node) (map[string]VM, error)
}
