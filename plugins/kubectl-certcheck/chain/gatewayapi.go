package chain

// Gateway is a Gateway of the Gateway API, or a ListenerSet.
type Gateway struct {
	Meta
	Class      string
	Listeners  []Listener
	Conditions Conditions
	Addresses  []string // status.addresses
}

// Listener is one of spec.listeners, with its status.
type Listener struct {
	Name, Hostname string
	Port           int
	Protocol       string // HTTPS, TLS, HTTP, …
	Mode           string // Terminate, Passthrough; empty where there is no tls
	Refs           []CertificateRef
	Conditions     Conditions
}

// Terminates reports whether the listener needs a certificate.
func (l *Listener) Terminates() bool {
	return (l.Protocol == "HTTPS" || l.Protocol == "TLS") && l.Mode == "Terminate"
}

// CertificateRef is one of tls.certificateRefs. Namespace is the Gateway's where none
// is given; Given says that one is.
type CertificateRef struct {
	Group, Kind string
	Name
	Given bool
}

// ReferenceGrant lets objects of other namespaces refer to objects of its own.
type ReferenceGrant struct {
	Meta
	From []GrantFrom
	To   []GrantTo
}

// GrantFrom is who may refer.
type GrantFrom struct{ Group, Kind, Namespace string }

// GrantTo is to what. An empty Name is every object.
type GrantTo struct{ Group, Kind, Name string }

// Allows reports whether the grant lets objects of that kind and namespace refer to a
// Secret.
func (g *ReferenceGrant) Allows(kind, from string, secret Name) bool {
	if g.Namespace != secret.Namespace {
		return false
	}
	for _, f := range g.From {
		if f.Group != GatewayAPIGroup || f.Kind != kind || f.Namespace != from {
			continue
		}
		for _, to := range g.To {
			if to.Group == "" && to.Kind == "Secret" && (to.Name == "" || to.Name == secret.Name) {
				return true
			}
		}
	}
	return false
}
