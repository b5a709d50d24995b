package live

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Resolver looks names up. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupCNAME(ctx context.Context, host string) (string, error)
}

// Resolution is what DNS says of a host, as seen from here: in the cluster and
// elsewhere it may say something else.
type Resolution struct {
	// Host is as given, Name what was looked up: see ServerName for wildcards.
	Host, Name string
	// Addresses are sorted.
	Addresses []netip.Addr `json:",omitempty"`
	// CNAME is the name that the host is an alias of, in the end, without the dot
	// at its end; empty if it is none.
	CNAME   string   `json:",omitempty"`
	Failure *Failure `json:",omitempty"`
}

// Resolve looks hosts up, in their order. Timeout and Parallel of the options are
// for hosts. An address is its own answer; the host * has none.
func Resolve(ctx context.Context, r Resolver, hosts []string, o Options) []Resolution {
	p := newProber(o)
	out := make([]Resolution, len(hosts))
	var wg sync.WaitGroup
	for i, host := range hosts {
		wg.Go(func() { out[i] = p.resolve(ctx, r, host) })
	}
	wg.Wait()
	return out
}

func (p *prober) resolve(parent context.Context, r Resolver, host string) Resolution {
	out := Resolution{Host: host, Name: ServerName(host)}
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		out.Addresses = []netip.Addr{address.Unmap()}
		return out
	}
	reason := unaskable(host)
	if out.Name == "" || out.Name == UnknownName {
		reason = "this is any host, or none"
	}
	if reason != "" {
		out.Failure = &Failure{Kind: NotAsked, Detail: reason}
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
