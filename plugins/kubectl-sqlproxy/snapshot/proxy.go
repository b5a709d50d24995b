package snapshot

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/netpolicy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// Proxy is a container that runs a proxy, with all that concerns it.
type Proxy struct {
	*Workload
	// Container is of the workload's template. Path is its place there:
	// "spec.template.spec.containers[0]".
	Container *corev1.Container
	Path      string
	// Native says that it is an init container that is restarted: a sidecar for Kubernetes.
	// One that is an init container and not native has Init alone.
	Init, Native bool
	// Spec is what its command line, environment and configuration say, Problems what is
	// wrong with them.
	Spec     proxy.Spec
	Problems []proxy.Problem
	// Unknown are variables that are set from what is not known here: Secrets, and
	// ConfigMaps that were not found. AnyVariable stands for all the names of such a thing.
	// What they say, if they are the proxy's, is missing in Spec.
	Unknown []string
	// Shared says that it is for other pods than its own: nothing else is in its pod, or a
	// Service leads to it. Others are sidecars.
	Shared bool
	// Pooler is a container of the same pod in front of it: a PgBouncer, say, for which it
	// is right that the proxy hears on localhost. Nil is none.
	Pooler *corev1.Container

	Services    []*Item[corev1.Service] // those that select its pods
	Budgets     []*Item[policyv1.PodDisruptionBudget]
	Policies    []*Item[netpolicy.NetworkPolicy] // those for ingress to its pods
	Autoscalers []*Item[Autoscaler]
	Logs        []*Log
	Probes      []*Probe
}

// AnyVariable is the name of variables whose names are not known.
const AnyVariable = "*"

// Listeners are the sockets that it hears on. Of v2, a port that the engine of the
// database decides is not known, 0.
func (p *Proxy) Listeners() []proxy.Listener { return p.Spec.Listeners(nil) }
