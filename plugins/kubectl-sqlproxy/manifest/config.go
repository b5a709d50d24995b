package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// Config says what the objects are for. Fields that are left out are chosen: Build says
// how.
type Config struct {
	// Name is that of the Deployment, and the others' begin with it. Without a Namespace
	// the objects have none, and go where they are applied.
	Name, Namespace string
	// Program is the proxy and its version; an unknown version is the DefaultTag.
	proxy.Program
	// Image is the container's; "" is the official one of the program.
	Image     string
	Instances []Instance
	// Replicas is how many pods there are, 2 for 0; with HPA how many at least.
	Replicas int32
	Identity Identity
	// Route is by which of its addresses an instance is reached; "" leaves it to the
	// program: the public one, of AlloyDB the private one.
	Route proxy.Route
	// IAMLogin logs clients in to the database as the proxy's own account.
	IAMLogin bool
	// Clients may connect; nil is the pods with ClientLabel of the same namespace.
	Clients []Client
	// SingleService makes one Service with a port for each instance, in place of one
	// Service for each.
	SingleService bool
	Exposure      Exposure
	// Monitoring is the namespace whose pods may scrape metrics; "" is none.
	Monitoring string
	HPA        bool
	// Preemptible lets the pods on nodes that are kept for what may die at any time.
	Preemptible bool
	// MaxConnections is a limit for each pod; 0 is none.
	MaxConnections uint64
	// Memory is the limit of each pod, as a quantity; "" is 512Mi, or as much as
	// MaxConnections needs.
	Memory string
	// Server is the version of Kubernetes; the zero one is a new one.
	Server ServerVersion
	// Endpoint is the URL of the API, in place of Google's public one.
	Endpoint string
	// Selector are the labels by which a Deployment that exists selects its pods, which
	// cannot change; nil is the ones of a new one.
	Selector map[string]string
}

// Instance is one database server that is served.
type Instance struct {
	// Connection is its name: PROJECT:REGION:INSTANCE, or AlloyDB's.
	Connection string
	// Engine is mysql, postgres or sqlserver; "" where only the port is known.
	Engine string
	// Port is that of the Service.
	Port int
	// Service is the name of its Service, which it may share with others; "" is one of its
	// own, named after it.
	Service string
	// PodPort and PortName are those that the pods of a proxy that exists have, so that a
	// Service finds the pods of before and of after a rollout; without a name it finds them
	// by the port's number. 0: they are chosen.
	PodPort  int
	PortName string
}

// Identity says as whom the proxy asks the API. At most one field is set.
type Identity struct {
	// GoogleAccount is the email address of the Google service account that the pods act
	// as by Workload Identity.
	GoogleAccount string
	// Account is a service account of Kubernetes that exists, with all that it needs.
	Account string
	// Secret exists and has a service account's key.
	Secret SecretKey
	// Key is a service account's key, of which a Secret is made.
	Key proxy.Secret
}

// SecretKey names a key of a Secret; an empty Key is DefaultKey.
type SecretKey struct{ Name, Key string }

// DefaultKey is the key under which a Secret has a service account's key.
const DefaultKey = "service_account.json"

// Exposure says whether others than the cluster's pods reach the Services.
type Exposure struct {
	// Type is ClusterIP, NodePort or LoadBalancer; "" is ClusterIP.
	Type string
	// Wanted has to be said for the other types, as are the Ranges (CIDR) that may connect.
	Wanted bool
	Ranges []string
}

// ServerVersion is a version of Kubernetes. The zero one is a new one.
type ServerVersion struct{ Major, Minor int }

// ParseServerVersion reads "1.27", "v1.31.4-gke.100" and "1.27+".
func ParseServerVersion(text string) (ServerVersion, error) {
	major, rest, _ := strings.Cut(strings.TrimPrefix(text, "v"), ".")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	minor, err := strconv.ParseUint(rest[:end], 10, 16)
	if err != nil || major != "1" || minor == 0 || end < len(rest) && !strings.ContainsRune(".+-", rune(rest[end])) {
		return ServerVersion{}, errors.New("it is no version of Kubernetes, as 1.31 is")
	}
	return ServerVersion{Major: 1, Minor: int(minor)}, nil
}

// has reports whether the server has what came with a minor version of 1.
func (v ServerVersion) has(minor int) bool { return v == ServerVersion{} || v.Minor >= minor }

func (v ServerVersion) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// What came with which minor version of Kubernetes.
const (
	oldestServer           = 23 // autoscaling/v2
	matchLabelKeysSince    = 27
	unhealthyEvictionSince = 27
	preStopSleepSince      = 30
)

// DefaultTag is the tag of an engine's image that is used where none is named: its
// newest release that this program knows.
func DefaultTag(e proxy.Engine) string {
	switch e {
	case proxy.V1:
		return "1.38.3"
	case proxy.AlloyDB:
		return "1.15.2"
	}
	return "2.25.3"
}

// Image is an engine's official image.
func Image(e proxy.Engine, tag string) string {
	switch e {
	case proxy.V1:
		return "gcr.io/cloudsql-docker/gce-proxy:" + tag
	case proxy.AlloyDB:
		return "gcr.io/alloydb-connectors/alloydb-auth-proxy:" + tag
	}
	return "gcr.io/cloud-sql-connectors/cloud-sql-proxy:" + tag
}
