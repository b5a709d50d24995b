package served

// Kind is what went wrong. Its value is stable.
type Kind string

// Kinds where no connection was made: what listens there, if anything, was not
// asked (see Unreached).
const (
	// NoSuchHost: DNS knows no address for the name.
	NoSuchHost Kind = "no such host"
	// LookupFailed: DNS gave no answer.
	LookupFailed Kind = "lookup failed"
	// Refused: nothing listens on the port.
	Refused Kind = "refused"
	// Unreachable: the network knows no way.
	Unreachable Kind = "unreachable"
	// ConnectTimeout: no answer to the attempt to connect, as of a firewall.
	ConnectTimeout Kind = "timeout while connecting"
	// Forbidden: the API server does not allow to forward ports to pods.
	Forbidden Kind = "forbidden"
	// NoPod: the pod is gone, or does not run.
	NoPod Kind = "no pod"
	// ForwardFailed: the port-forward failed in another way.
	ForwardFailed Kind = "port-forward failed"
)

// Kinds of what went wrong on a connection, and before anything was tried.
const (
	// Timeout: connected, but the handshake did not end in time. If bytes were
	// received, the rest may be too large for the way (MTU).
	Timeout Kind = "timeout"
	// Reset: the peer broke the connection. Envoy does so for a name that no
	// filter chain is for. Through a port-forward it may look like Closed.
	Reset Kind = "reset"
	// Closed: the peer closed the connection in mid-handshake.
	Closed Kind = "closed"
	// PlainHTTP: it answered in HTTP without TLS.
	PlainHTTP Kind = "plain HTTP"
	// NotTLS: it answered with something else that is not TLS.
	NotTLS Kind = "not TLS"
	// Alert: the server refused, see Failure.Alert.
	Alert Kind = "alert"
	// NoCommonVersion: the server chose a version of TLS that was not offered.
	NoCommonVersion Kind = "no common version"
	// BadCertificate: crypto/x509 cannot read a certificate that was served.
	BadCertificate Kind = "bad certificate"
	// Canceled: it was not waited for, since the caller's context ended.
	Canceled Kind = "canceled"
	// NotAsked: the host is no name that could be asked for.
	NotAsked Kind = "not asked"
	// Other is anything else, see Failure.Detail.
	Other Kind = "other"
)

// Unreached reports whether no connection was made, so that nothing is known of
// the server.
func (k Kind) Unreached() bool {
	switch k {
	case NoSuchHost, LookupFailed, Refused, Unreachable, ConnectTimeout, Forbidden, NoPod, ForwardFailed:
		return true
	}
	return false
}

// Failure is why a connection, a handshake or a lookup failed.
type Failure struct {
	Kind Kind
	// Alert is the alert by its name in RFC 8446, 6: "unrecognized_name".
	Alert string `json:",omitempty"`
	// Received is how many bytes came before it failed.
	Received int64 `json:",omitempty"`
	// Detail is the complaint, in the words of the library or of the API server.
	Detail string
}

func (f *Failure) Error() string {
	if f.Detail == "" {
		return string(f.Kind)
	}
	return string(f.Kind) + ": " + f.Detail
}
