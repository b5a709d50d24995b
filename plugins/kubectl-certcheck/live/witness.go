package live

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

const (
	maxClientCAs = 100
	// insistTimeout is how long a server is waited for that may refuse.
	insistTimeout = 2 * time.Second
)

// witness notes what passes in a handshake, whatever becomes of that.
type witness struct {
	state   tls.ConnectionState
	asked   bool
	issuers [][]byte
}

// served is called when the server has identified itself, before the client does.
func (w *witness) served(state tls.ConnectionState) error {
	w.state = state
	return nil
}

// wanted is called when the server asks for a certificate: it gets an empty answer.
func (w *witness) wanted(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	w.asked, w.issuers = true, request.AcceptableCAs
	return &tls.Certificate{}, nil
}

func (w *witness) tell(h *served.Handshake) {
	if w.asked {
		h.ClientAuth = served.ClientAuthAsked
	}
	for _, der := range w.issuers[:min(len(w.issuers), maxClientCAs)] {
		var sequence pkix.RDNSequence
		if rest, err := asn1.Unmarshal(der, &sequence); err == nil && len(rest) == 0 {
			var name pkix.Name
			name.FillFromRDNSequence(&sequence)
			h.ClientCAs = append(h.ClientCAs, name.String())
		}
	}
	if len(w.state.PeerCertificates) == 0 {
		return
	}
	h.Version = tls.VersionName(w.state.Version)
	h.Suite = tls.CipherSuiteName(w.state.CipherSuite)
	h.ALPN = w.state.NegotiatedProtocol
	var served []*material.Certificate
	for _, parsed := range w.state.PeerCertificates {
		served = append(served, material.CertificateOf(parsed))
	}
	h.Chain = material.NewChain(served, nil)
}

// insist finds out whether a server that asked for a certificate goes on without.
// In TLS 1.2 it has, since its Finished came last. In TLS 1.3 the client is done
// before the server could refuse (RFC 8446, 4.4.2.4): that is seen by saying
// goodbye and waiting for what comes back, a goodbye or an alert.
func insist(ctx context.Context, client *tls.Conn, h *served.Handshake) error {
	if client.ConnectionState().Version < tls.VersionTLS13 {
		h.ClientAuth = served.ClientAuthOptional
		return nil
	}
	until := time.Now().Add(insistTimeout)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(until) {
		until = deadline
	}
	if client.SetReadDeadline(until) != nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { client.NetConn().Close() }) //nolint:errcheck // it only ends the wait
	defer stop()
	client.CloseWrite() //nolint:errcheck // if it failed, the answer says so, too
	n, err := client.Read(make([]byte, 1))
	if _, refused := alertNumber(err); refused {
		h.ClientAuth = served.ClientAuthRequired
		return err
	}
	if n > 0 || errors.Is(err, io.EOF) {
		h.ClientAuth = served.ClientAuthOptional
	}
	return nil
}
