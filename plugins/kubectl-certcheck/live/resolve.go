package live

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// Resolver looks names up. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupCNAME(ctx context.Context, host string) (string, error)
}

// Resolve looks hosts up, in their order. Timeout and Parallel of the options are
// for hosts. An address is its own answer; the host * has none.
func Resolve(ctx context.Context, r Resolver, hosts []string, o Options) []served.Resolution {
	p := newProber(o)
	out := make([]served.Resolution, len(hosts))
	var wg sync.WaitGroup
	for i, host := range hosts {
		wg.Go(func() { out[i] = p.resolve(ctx, r, host) })
	}
	wg.Wait()
	return out
}

func (p *prober) resolve(parent context.Context, r Resolver, host string) served.Resolution {
	out := served.Resolution{Host: host, Name: served.ServerName(host)}
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		out.Addresses = []netip.Addr{address.Unmap()}
		return out
	}
	reason := unaskable(host)
	if out.Name == "" || out.Name == served.UnknownName {
		reason = "this is any host, or none"
	}
	if reason != "" {
		out.Failure = &served.Failure{Kind: served.NotAsked, Detail: reason}
		return out
	}
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	rooted := out.Name + "." // no search domain of this machine may answer
	addresses, err := r.LookupNetIP(ctx, "ip", rooted)
	if err != nil {
		out.Failure = failureOf(parent, err)
		return out
	}
	for _, address := range addresses {
		out.Addresses = append(out.Addresses, address.Unmap())
	}
	slices.SortFunc(out.Addresses, netip.Addr.Compare)
	out.Addresses = slices.Compact(out.Addresses)
	// Only a hint, and some resolvers know none: no error of the host.
	if canonical, err := r.LookupCNAME(ctx, rooted); err == nil {
		if name := strings.ToLower(strings.TrimSuffix(canonical, ".")); name != out.Name {
			out.CNAME = name
		}
	}
	return out
}
