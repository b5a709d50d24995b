package live

import (
	"context"
	"crypto/tls"
	"sync"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// versions tries the versions for each different leaf.
func (p *prober) versions(ctx context.Context, dial Dialer, r *served.Result) []served.VersionSupport {
	subjects := distinct(r)
	all := []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}
	found := make([]served.VersionSupport, len(subjects)*len(all))
	var wg sync.WaitGroup
	for i, h := range subjects {
		for j, version := range all {
			wg.Go(func() { found[i*len(all)+j] = p.version(ctx, dial, h, version) })
		}
	}
	wg.Wait()
	return found
}

// distinct returns one handshake for each different leaf.
func distinct(r *served.Result) (out []*served.Handshake) {
	seen := map[string]bool{}
	add := func(h *served.Handshake) {
		if leaf := h.Leaf(); leaf != nil && !seen[leaf.SHA256] {
			seen[leaf.SHA256] = true
			out = append(out, h)
		}
	}
	for i := range r.Hosts {
		add(&r.Hosts[i])
	}
	if len(out) == 0 {
		add(r.NoSNI)
	}
	if len(out) == 0 {
		add(r.UnknownSNI)
	}
	return out
}

// version tries one version with a name that was served a certificate before.
func (p *prober) version(ctx context.Context, dial Dialer, h *served.Handshake, version uint16) served.VersionSupport {
	v := served.VersionSupport{ServerName: h.ServerName, Version: tls.VersionName(version), Accepted: material.Yes}
	if v.Version == h.Version {
		return v
	}
	tried := p.handshake(ctx, dial, attempt{serverName: h.ServerName, min: version, max: version})
	if tried.Failure == nil || tried.Chain != nil {
		return v
	}
	v.Failure = tried.Failure
	switch tried.Failure.Kind {
	case served.Alert, served.NoCommonVersion, served.Closed, served.Reset:
		// Many servers just hang up. With another version they have not.
		v.Accepted = material.No
	default:
		v.Accepted = material.Unknown
	}
	return v
}
