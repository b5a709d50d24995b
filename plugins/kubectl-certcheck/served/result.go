package served

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// Result is what is known of an endpoint.
type Result struct {
	Endpoint string
	// Failure is why the endpoint could not be reached at all; then nothing else
	// was tried.
	Failure *Failure `json:",omitempty"`
	// Hosts are the handshakes for the endpoint's hosts, in their order.
	Hosts []Handshake `json:",omitempty"`
	// NoSNI is the handshake without a name: the certificate that is served by
	// default. UnknownSNI is the one for UnknownName. Both are nil after a Failure.
	NoSNI      *Handshake `json:",omitempty"`
	UnknownSNI *Handshake `json:",omitempty"`
	// Versions says which versions of TLS are accepted: TLS 1.0 to 1.3 for each
	// different leaf that is served for a host, or by default if there is none,
	// since servers may be set up by name.
	Versions []VersionSupport `json:",omitempty"`
}

// Handshake is what came of one handshake.
type Handshake struct {
	// Host is that of the endpoint, as given; empty where none was asked for.
	// ServerName is what was sent for it (SNI); empty is: none.
	Host       string `json:",omitempty"`
	ServerName string `json:",omitempty"`
	// Failure is nil if the handshake was done. With a failure there may be a chain
	// all the same: the server's part comes before the client's.
	Failure *Failure `json:",omitempty"`
	// Chain is what was served, in that order; nil: nothing was.
	Chain *material.Chain `json:",omitempty"`
	// Version is that of TLS ("TLS 1.3"), Suite the cipher suite by the name of IANA,
	// ALPN the protocol that the server chose of h2 and http/1.1.
	Version string `json:",omitempty"`
	Suite   string `json:",omitempty"`
	ALPN    string `json:",omitempty"`
	// ClientAuth says whether the server wants a certificate of the client, and
	// ClientCAs the names of the CAs that it should be from, as far as it told.
	ClientAuth ClientAuth    `json:",omitempty"`
	ClientCAs  []string      `json:",omitempty"`
	Took       time.Duration // connecting included
}

// Leaf is the server's own certificate; nil if none was served.
func (h *Handshake) Leaf() *material.Certificate {
	if h.Chain == nil || h.Chain.Leaf < 0 {
		return nil
	}
	return h.Chain.Certificates[h.Chain.Leaf]
}

// VersionSupport says whether a version of TLS is accepted.
type VersionSupport struct {
	ServerName string `json:",omitempty"` // that it was tried with; empty is none
	Version    string // "TLS 1.0"
	// Accepted is Unknown if the handshake failed in a way that says nothing of
	// versions: Failure tells.
	Accepted material.Answer
	Failure  *Failure `json:",omitempty"` // if it is not accepted
}
