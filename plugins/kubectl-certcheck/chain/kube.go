package chain

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// Ingress is an Ingress, of extensions/v1beta1 to networking.k8s.io/v1.
type Ingress struct {
	Meta
	Class     string // spec.ingressClassName, else the annotation
	TLS       []IngressTLS
	RuleHosts []string
	Addresses []string // status.loadBalancer.ingress: IPs and names
}

// IngressTLS is one of spec.tls.
type IngressTLS struct {
	Hosts      []string
	SecretName string
}

// Pod is what is needed of a pod.
type Pod struct {
	Meta
	Phase          string
	Ready          bool
	Started        time.Time
	ServiceAccount string
	Node, IP       string
	Volumes        []SecretVolume
	Containers     []Container
	// Waiting is why a container waits: "ContainerCreating".
	Waiting string
}

// Running reports whether the pod serves, or is about to.
func (p *Pod) Running() bool {
	return p.Deleting.IsZero() && p.Phase != "Succeeded" && p.Phase != "Failed"
}

// SecretVolume is a volume with a Secret, or a part of a projected one.
type SecretVolume struct {
	Name, Secret string
	Optional     bool
	Items        []Item // empty: every key under its own name
}

// Item is one key of a volume under a path of its own.
type Item struct{ Key, Path string }

// Container is a container of a pod. Started is when the present instance did.
type Container struct {
	Name, Image string
	Args        []string // command and args
	Mounts      []Mount
	Ports       []Port
	Started     time.Time
	// EnvSecrets are the Secrets that its environment takes values from.
	EnvSecrets []string
}

// Mount is a volume in a container.
type Mount struct{ Volume, Path, SubPath string }

// Service is what is needed of a Service.
type Service struct {
	Meta
	Type      string
	Selector  map[string]string
	Ports     []Port
	Addresses []string // of the load balancer: IPs and names
}

// Workload is a Deployment, DaemonSet or StatefulSet of a controller that matters
// here: cert-manager's, or a gateway's.
type Workload struct {
	Meta
	Replicas, Ready int
	Containers      []Container
	PodLabels       map[string]string
	Volumes         []SecretVolume
}

// Event is an Event: evidence in the words of who wrote it.
type Event struct {
	Meta
	About    ObjectRef
	Type     string // Normal, Warning
	Reason   string
	Message  string
	Count    int
	LastSeen time.Time
}

// ObjectRef is what an event is about.
type ObjectRef struct{ APIVersion, Kind, Namespace, Name, UID string }

// CABundle is a caBundle by which the API server trusts a webhook, an aggregated API
// or a conversion.
type CABundle struct {
	// Field is where it stands: "webhooks[0].clientConfig.caBundle".
	Field string
	// Service is who is called; its Name is empty for a URL.
	Service Name
	Port    int
	Bundle  *material.Bundle // nil: it is empty
}

// Trusting is an object with caBundles: a webhook configuration, an APIService, a
// CustomResourceDefinition with a conversion.
type Trusting struct {
	Meta
	Bundles []CABundle
	// InjectFrom is where cainjector takes the CA from: the name of a Certificate or
	// Secret, by its annotation; nil if it does not.
	InjectFrom *Injection
	// Unavailable is why an APIService is not available.
	Unavailable string
}

// Injection is an annotation of cainjector.
type Injection struct {
	Kind string // Certificate, Secret, APIServer
	Name
}

// CRD is a CustomResourceDefinition of one of the groups that matter.
type CRD struct {
	Meta
	Group, Kind    string // of its objects
	Served, Stored []string
	// Listed are all versions of spec.versions.
	Listed []string
}
