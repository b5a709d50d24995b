// Package collect reads the snapshot of a cluster: its proxies and what concerns them.
package collect

import (
	"context"
	"errors"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// Query says what to read.
type Query struct {
	// Namespaces are those whose proxies are asked for; nil is all.
	Namespaces []string
	// Workload narrows the reading of pods and logs to the proxies of that name; "" is all.
	Workload string
	// Logs says whether the proxies' logs are read.
	Logs bool
}

// Cluster reads the snapshot and closes it. What may not be read is Missing in it. The
// error is the API's status where nothing can be read, or that of ctx.
func Cluster(context.Context, *kube.Cluster, Query) (*snapshot.Snapshot, error) {
	return nil, errors.ErrUnsupported
}
