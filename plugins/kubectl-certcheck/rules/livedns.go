package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// liveDNS: LIVE07, of every door whose addresses are known.
func (c *checker) liveDNS() {
	for _, s := range c.subjects {
		addresses := c.Addresses(s.Object)
		if len(addresses) == 0 {
			continue
		}
		told := map[string]bool{}
		for i := range c.Resolutions {
			r := &c.Resolutions[i]
			if !contains(s.Hosts, r.Host) || strings.HasPrefix(r.Host, "*") || told[r.Host] {
				continue
			}
			told[r.Host] = true
			if f, ok := c.liveResolution(r, s.Object, addresses); ok {
				f.ID, f.Object = "LIVE07", s.Object
				c.add(aside, f)
			}
		}
	}
}

// liveResolution judges one host.
func (c *checker) liveResolution(r *served.Resolution, door finding.Object, addresses []string) (finding.Finding, bool) {
	evidence := []finding.Evidence{{Source: liveAddressField(door), Text: some(addresses)}}
	if r.Failure != nil {
		return liveNoAddress(r, addresses[0], evidence)
	}
	if c.liveMeets(r, addresses) {
		return finding.Finding{}, false
	}
	found := liveAddressText(r)
	f := finding.Finding{
		Severity: finding.Warning,
		What:     fmt.Sprintf("DNS leads %s to %s, and not to the address of %s %s/%s.", r.Host, found, door.Kind, door.Namespace, door.Name),
		Evidence: append(evidence, finding.Evidence{Source: "DNS of " + r.Name + ", from here", Text: found}),
		Cause:    "The record is of an earlier address, or something in front of the door has an address of its own.",
		Fix:      []finding.Step{do("Look up whose address it is; if it is an old one, change the record of " + r.Host + " to " + addresses[0] + ".")},
	}
	if owner := c.liveOwner(r); owner != "" {
		f.Cause = "The address is that of " + owner + "."
		f.Fix = []finding.Step{do("Change the record of " + r.Host + " to " + addresses[0] + ", or serve the host where the record leads.")}
	} else if name := liveCDN(r); name != "" {
		f.Severity = finding.Info
		f.Cause = fmt.Sprintf("%s stands in front: visitors see its certificate, and only it sees the one of the cluster.", name)
		f.Fix = nil
	} else if livePrivateOnly(addresses) {
		f.Severity = finding.Info
		f.Cause = "That address is private: a router or load balancer with the one that DNS tells is to lead to it."
		f.Fix = nil
	}
	return f, true
}

func liveNoAddress(r *served.Resolution, address string, evidence []finding.Evidence) (finding.Finding, bool) {
	f := finding.Finding{Evidence: append(evidence, quote("DNS of "+r.Name+", from here", r.Failure.Detail)...)}
	switch r.Failure.Kind {
	case served.NoSuchHost:
		f.Severity = finding.Warning
		f.What = fmt.Sprintf("DNS knows no address for %s, as seen from here.", r.Host)
		f.Cause = "The record is missing, or only another network knows it."
		f.Fix = []finding.Step{do("Make a record for " + r.Host + " that leads to " + address + ".")}
	case served.LookupFailed, served.Canceled:
		f.Severity = finding.Skipped
		f.What = fmt.Sprintf("Where DNS leads %s was not looked at: it gave no answer.", r.Host)
	default:
		return f, false // no name that could be asked for
	}
	return f, true
}

// liveAddressField is where the addresses of a door stand.
func liveAddressField(door finding.Object) string {
	switch {
	case liveIstio(door):
		return "status.loadBalancer.ingress of the Service"
	case door.Kind == "Ingress":
		return "status.loadBalancer.ingress"
	}
	return "status.addresses"
}

// liveMeets reports whether a host leads to one of the addresses.
func (c *checker) liveMeets(r *served.Resolution, addresses []string) bool {
	for _, text := range addresses {
		if r.CNAME != "" && strings.EqualFold(strings.TrimSuffix(text, "."), r.CNAME) {
			return true
		}
		if slices.ContainsFunc(c.liveIPs(text), func(ip netip.Addr) bool { return slices.Contains(r.Addresses, ip) }) {
			return true
		}
	}
	// A name whose addresses are not known may be anything.
	return slices.ContainsFunc(addresses, func(text string) bool { return len(c.liveIPs(text)) == 0 })
}

// liveIPs are those of an address that may be a name.
func (c *checker) liveIPs(text string) []netip.Addr {
	if ip, err := netip.ParseAddr(text); err == nil {
		return []netip.Addr{ip.Unmap()}
	}
	for i := range c.Resolutions {
		if c.Resolutions[i].Host == text {
			return c.Resolutions[i].Addresses
		}
	}
	return nil
}

// liveOwner is the Service that an address belongs to; empty if none does.
func (c *checker) liveOwner(r *served.Resolution) string {
	for _, s := range c.Services {
		for _, text := range s.Addresses {
			if slices.ContainsFunc(c.liveIPs(text), func(ip netip.Addr) bool { return slices.Contains(r.Addresses, ip) }) {
				return "Service " + s.Namespace + "/" + s.Name
			}
		}
	}
	return ""
}

func liveAddressText(r *served.Resolution) string {
	var all []string
	for _, ip := range r.Addresses {
		all = append(all, ip.String())
	}
	if r.CNAME != "" {
		return r.CNAME + " (" + some(all) + ")"
	}
	return some(all)
}

func livePrivateOnly(addresses []string) bool {
	return !slices.ContainsFunc(addresses, func(text string) bool {
		ip, err := netip.ParseAddr(text)
		return err != nil || !ip.IsPrivate()
	})
}
