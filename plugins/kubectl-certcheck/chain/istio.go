package chain

// IstioGateway is a Gateway of Istio, v1alpha3 to v1.
type IstioGateway struct {
	Meta
	Selector map[string]string
	Servers  []Server
	// Messages are status.validationMessages: what istiod's own analysis says.
	Messages []string
}

// Server is one of spec.servers.
type Server struct {
	Port     Port
	Bind     string   // the address that it listens on; empty is any
	Hosts    []string // as written: "ns/*.example.com"
	TLS      *ServerTLS
	Redirect bool // tls.httpsRedirect
}

// Port is a port of a server or of a Service.
type Port struct {
	Number         int
	Name, Protocol string
	// Target is the port of the pods, by number or name; of Services only.
	Target string
}

// ServerTLS is tls of a server.
type ServerTLS struct {
	Mode                        string // SIMPLE, MUTUAL, PASSTHROUGH, …; empty is PASSTHROUGH
	Certificate, PrivateKey, CA string // paths: serverCertificate, privateKey, caCertificates
	CredentialName              string
	CredentialNames             []string
	CACredentialName            string // caCertCredentialName
	TLSCertificates             []TLSFiles
	MinProtocol, MaxProtocol    string
}

// TLSFiles is one of tls.tlsCertificates.
type TLSFiles struct{ Certificate, PrivateKey, CA string }

// Terminates reports whether the gateway itself ends TLS, and so needs a certificate.
func (t *ServerTLS) Terminates() bool {
	switch t.Mode {
	case "SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL":
		return true
	}
	return false
}

// Credentials are the names of the Secrets with certificates.
func (t *ServerTLS) Credentials() []string {
	if t.CredentialName != "" {
		return append([]string{t.CredentialName}, t.CredentialNames...)
	}
	return t.CredentialNames
}

// VirtualService is one of Istio.
type VirtualService struct {
	Meta
	Hosts    []string
	Gateways []string // as written: "web", "istio-system/web", "mesh"
}
