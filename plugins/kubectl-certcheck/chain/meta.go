package chain

import (
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Meta is what every object has.
type Meta struct {
	// Object is the object's identity in findings. File and Line are set for what
	// comes from a file.
	finding.Object
	UID         string // empty: it was never in a cluster
	Created     time.Time
	Labels      map[string]string
	Annotations map[string]string
	Owners      []Owner
	Generation  int64
	// Deleting is when the deletion was asked for; zero is not.
	Deleting   time.Time
	Finalizers []string
	Managers   []Manager
	// Applied is the apiVersion of the manifest that kubectl apply took last; empty is
	// not known.
	Applied string
}

// Owner is one of metadata.ownerReferences.
type Owner struct{ APIVersion, Kind, Name, UID string }

// Manager is one of metadata.managedFields: who wrote what last.
type Manager struct {
	Manager, Operation string
	Time               time.Time
	// Data says that it wrote the data of the Secret.
	Data bool
}

// OldAPI reports whether the object is of cert-manager's group up to v0.10.
func (m *Meta) OldAPI() bool { return strings.HasPrefix(m.APIVersion, OldGroup+"/") }

// OwnedBy reports whether the object is owned by another one, by UID where both
// are known, else by kind and name.
func (m *Meta) OwnedBy(o *Meta) bool {
	if m.Namespace != o.Namespace {
		return false
	}
	for _, owner := range m.Owners {
		if owner.Kind == o.Kind && owner.Name == o.Name && (owner.UID == "" || o.UID == "" || owner.UID == o.UID) {
			return true
		}
	}
	return false
}

// Condition is one of status.conditions.
type Condition struct {
	Type, Status, Reason, Message string
	// Changed is lastTransitionTime; zero is not known.
	Changed            time.Time
	ObservedGeneration int64
}

// Conditions are those of one object.
type Conditions []Condition

// Get returns the condition of a type; nil if there is none.
func (c Conditions) Get(kind string) *Condition {
	for i := range c {
		if c[i].Type == kind {
			return &c[i]
		}
	}
	return nil
}

// Is reports whether there is a condition of that type and status.
func (c Conditions) Is(kind, status string) bool {
	found := c.Get(kind)
	return found != nil && found.Status == status
}

// The groups of APIs.
const (
	OldGroup        = "certmanager.k8s.io" // cert-manager up to v0.10
	Group           = "cert-manager.io"    // cert-manager since v0.11
	ACMEGroup       = "acme.cert-manager.io"
	IstioGroup      = "networking.istio.io"
	GatewayAPIGroup = "gateway.networking.k8s.io"
)

// Name is the name of an object in a namespace, of a kind that the context tells.
type Name struct{ Namespace, Name string }

func (n Name) String() string { return n.Namespace + "/" + n.Name }
