package live

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

var _ Resolver = (*net.Resolver)(nil)

// zone answers for rooted names: addresses, and what the name is an alias of.
type zone map[string]struct {
	addresses string
	alias     string
	err       error
}

func (z zone) LookupNetIP(ctx context.Context, network, host string) (out []netip.Addr, err error) {
	entry, ok := z[host]
	switch {
	case host == "slow.example.":
		<-ctx.Done()
		return nil, &net.DNSError{Err: ctx.Err().Error(), Name: host, IsTimeout: true}
	case network != "ip" || !ok:
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	for text := range strings.FieldsSeq(entry.addresses) {
		out = append(out, netip.MustParseAddr(text))
	}
	return out, entry.err
}

func (z zone) LookupCNAME(_ context.Context, host string) (string, error) {
	if z[host].alias == "" {
		return "", errors.New("no alias")
	}
	return z[host].alias, nil
}

func TestResolve(t *testing.T) {
	t.Parallel()
	z := zone{
		"a.example.":           {addresses: "203.0.113.9 ::ffff:203.0.113.7 203.0.113.7 2001:db8::1", alias: "a.example."},
		"cdn.example.":         {addresses: "198.51.100.1", alias: "Edge.CDN.example."},
		"certcheck.b.example.": {addresses: "203.0.113.8"},
		"broken.example.":      {err: &net.DNSError{Err: "server misbehaving", Name: "broken.example.", IsTemporary: true}},
	}
	for i, want := range []struct {
		host, name, addresses, cname string
		failure                      served.Kind
	}{
		{"A.example", "a.example", "203.0.113.7 203.0.113.9 2001:db8::1", "", ""},
		{"cdn.example.", "cdn.example", "198.51.100.1", "edge.cdn.example", ""},
		{"*.b.example", "certcheck.b.example", "203.0.113.8", "", ""},
		{"[2001:db8::7]", "", "2001:db8::7", "", ""},
		{"gone.example", "gone.example", "", "", served.NoSuchHost},
		{"broken.example", "broken.example", "", "", served.LookupFailed},
		{"slow.example", "slow.example", "", "", served.LookupFailed},
		{"*", "certcheck.invalid", "", "", served.NotAsked},
		{"", "", "", "", served.NotAsked},
		{"bücher.example", "bücher.example", "", "", served.NotAsked},
	} {
		got := Resolve(t.Context(), z, []string{want.host}, Options{Timeout: 100 * time.Millisecond})[0]
		var addresses []string
		for _, a := range got.Addresses {
			addresses = append(addresses, a.String())
		}
		var kind served.Kind
		if got.Failure != nil {
			kind = got.Failure.Kind
		}
		if got.Host != want.host || got.Name != want.name || strings.Join(addresses, " ") != want.addresses || got.CNAME != want.cname || kind != want.failure {
			t.Errorf("%d: %+v, %+v", i, got, got.Failure)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range Resolve(ctx, z, []string{"slow.example", "slow.example"}, Options{Parallel: 1}) {
		if r.Host != "slow.example" || r.Failure == nil || r.Failure.Kind != served.Canceled {
			t.Errorf("after the end: %+v, %+v", r, r.Failure)
		}
	}
}
