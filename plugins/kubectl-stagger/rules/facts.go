package rules

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// Facts are what is judged: a pool, files, or both.
type Facts struct {
	// Pool is the pool and the cluster around it; nil where only files are judged. The
	// desired replicas of its workloads are filled in where they are known.
	Pool  *pool.Snapshot
	Files manifest.Set
	// Marks are the taints that say that nodes are short-lived; none is DefaultMarks.
	Marks []Mark
	// Namespaces limit which workloads are judged; none is all.
	Namespaces []string
	Autoscaler Autoscaler
	// Missing is what could not be looked at besides what Pool says, in whole sentences.
	Missing []string
	// Window is how close deaths must be to count as one loss; 0 is DefaultWindow.
	Window time.Duration
}

// DefaultWindow is within which deaths count as one loss: by then a machine is made
// anew and its pods are ready elsewhere. It is shorter for pools of so many nodes that
// even a perfect spread puts deaths closer together.
const DefaultWindow = 15 * time.Minute

// Autoscaler is what is known of cluster autoscaling. The API does not tell which
// groups it may grow, nor by how much.
type Autoscaler string

// What may be known.
const (
	AutoscalerUnknown Autoscaler = ""    // it could not be looked for
	AutoscalerSeen    Autoscaler = "yes" // its status is there
	AutoscalerNone    Autoscaler = "no"  // there is no sign of one
)
