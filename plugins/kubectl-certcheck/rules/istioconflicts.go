package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// share reports whether some pods are of both Gateways. Where pods are not known, equal
// selectors tell.
func (d *door) share(o *door) bool {
	if d.selector == o.selector {
		return d.selector != "" || len(d.pods) > 0
	}
	return slices.ContainsFunc(d.pods, func(p *chain.Pod) bool { return slices.Contains(o.pods, p) })
}

// before orders Gateways as istiod does when they conflict: the oldest wins.
func (d *door) before(o *door) bool {
	return cmp.Or(d.Created.Compare(o.Created), cmp.Compare(d.Name, o.Name), cmp.Compare(d.Namespace, o.Namespace)) < 0
}

// clash is the hosts that two servers of one port both claim.
func clash(s, o *doorServer) []string {
	if s.Port.Number != o.Port.Number || s.Bind != o.Bind || s.TLS == nil || o.TLS == nil || s.Port.Protocol == "HTTP" || o.Port.Protocol == "HTTP" {
		return nil
	}
	theirs := o.hosts
	var both []string
	for _, h := range s.hosts {
		if slices.Contains(theirs, h) {
			both = append(both, h)
		}
	}
	return both
}

// checkDuplicateHosts: GWC09. istiod leaves out the whole server if one of its hosts is
// taken already on that port.
func (c *checker) checkDuplicateHosts(all []*door) {
	neighbours := newNeighbours(all)
	for _, d := range all {
		if !c.reaches(d.Object) {
			continue
		}
		for _, o := range neighbours.of(d) {
			if o == d || !o.before(d) || !d.share(o) {
				continue
			}
			for i := range d.servers {
				for n := range o.servers {
					if both := clash(&d.servers[i], &o.servers[n]); len(both) > 0 {
						c.addDuplicateHosts(d, &d.servers[i], o, both)
					}
				}
			}
		}
		for i := range d.servers {
			for n := range i {
				if both := clash(&d.servers[i], &d.servers[n]); len(both) > 0 {
					c.addDuplicateHosts(d, &d.servers[i], d, both)
				}
			}
		}
	}
}

// neighbours finds Gateways by the hosts of their servers.
type neighbours struct {
	all    []*door
	byHost map[string][]int // in all
}

func newNeighbours(all []*door) neighbours {
	n := neighbours{all: all, byHost: map[string][]int{}}
	for i, d := range all {
		for k := range d.servers {
			for _, h := range d.servers[k].hosts {
				n.byHost[h] = append(n.byHost[h], i)
			}
		}
	}
	return n
}

// of are the Gateways that have a host of d's, and d itself, in order.
func (n neighbours) of(d *door) []*door {
	var at []int
	for i := range d.servers {
		for _, h := range d.servers[i].hosts {
			at = append(at, n.byHost[h]...)
		}
	}
	slices.Sort(at)
	var all []*door
	for _, i := range slices.Compact(at) {
		all = append(all, n.all[i])
	}
	return all
}

func (c *checker) addDuplicateHosts(d *door, s *doorServer, o *door, both []string) {
	other := fmt.Sprintf("Gateway %s/%s, which is older,", o.Namespace, o.Name)
	if o == d {
		other = "another server of this Gateway"
	}
	c.add(blocks, finding.Finding{
		ID: "GWC09", Severity: finding.Error, Object: d.Object,
		What:     fmt.Sprintf("Istio leaves out server %s: %s serves %s on the same port of the same pods.", serverName(s), other, some(both)),
		Evidence: append(quote(s.field("hosts"), strings.Join(s.Hosts, ", ")), d.messages("IST0145")...),
		Cause:    fmt.Sprintf("The hosts of all servers of a port have to differ; istiod logs: skipping server on gateway %s/%s, duplicate host names: [%s].", d.Namespace, d.Name, strings.Join(both, " ")),
		Fix:      []finding.Step{do(fmt.Sprintf("Take %s out of one of the two; VirtualServices of several teams can share one Gateway.", some(both)))},
		Docs:     "https://istio.io/latest/docs/reference/config/analysis/ist0145/",
	})
}

// checkSharedFiles: GWF07, of files; checkSharedCredentials: GWC08, of credentials. Both
// are of Gateways that serve one certificate for different hosts.
func (c *checker) checkSharedFiles(all []*door) {
	c.eachShared(all, true, func(d *door, s *doorServer, source *chain.Source, others []string, sameName bool) {
		f := finding.Finding{
			ID: "GWF07", Severity: finding.Warning, Object: d.Object,
			What:     fmt.Sprintf("The Gateway shares port %d, the pods and the file %s with %s.", s.Port.Number, source.Path, some(others)),
			Evidence: quote(source.Field, source.Path),
			Cause:    coalescing,
			Fix:      []finding.Step{do("Make one Gateway of them, with all hosts in one server; their VirtualServices name that Gateway.")},
		}
		if sameName && len(source.Pods) > 0 && before(source.Pods[0], 1, 1) { // names count up to 1.0
			f.Evidence = append(f.Evidence, quote(s.field("port.name"), s.Port.Name)...)
			f.Severity = finding.Error
			f.Cause = fmt.Sprintf("Istio %s serves only one of the HTTPS servers of a port that have the same port.name; Pilot logs: non unique port name for HTTPS port. With other names, browsers are the next trap. ", versionOf(source.Pods[0])) + coalescing
		}
		c.add(aside, f)
	})
}

func (c *checker) checkSharedCredentials(all []*door) {
	c.eachShared(all, false, func(d *door, s *doorServer, source *chain.Source, others []string, _ bool) {
		c.add(aside, finding.Finding{
			ID: "GWC08", Severity: finding.Warning, Object: d.Object,
			What:     fmt.Sprintf("The Gateway serves the certificate of Secret %s on port %d, and so %s %s.", source.Secret, s.Port.Number, does(others), some(others)),
			Evidence: append(quote(source.Field, source.Secret.Name), d.messages("IST0138")...),
			Cause:    coalescing,
			Fix:      []finding.Step{do("Make one Gateway of them, with all hosts in one server, or give each a certificate for its own hosts only.")},
			Docs:     "https://istio.io/latest/docs/reference/config/analysis/ist0138/",
		})
	})
}

const coalescing = "A browser that has a connection for one host sends requests for all hosts of its certificate over it (HTTP/2), and the server of the other Gateway answers 404."

func does(others []string) string {
	if len(others) == 1 {
		return "does"
	}
	return "do"
}

// eachShared calls back for each Secret, or file, of a Gateway that others serve as well,
// on the same port and pods. Servers that clash are left to GWC09.
func (c *checker) eachShared(all []*door, files bool, found func(d *door, s *doorServer, source *chain.Source, others []string, sameName bool)) {
	sharing := newSharing(all, files)
	for _, d := range all {
		if !c.reaches(d.Object) {
			continue
		}
		for i := range d.servers {
			s := &d.servers[i]
			if n := slices.IndexFunc(s.sources, func(o chain.Source) bool { return certifies(&o, files) }); n >= 0 {
				if others, sameName := sharing.with(d, s, &s.sources[n]); len(others) > 0 {
					found(d, s, &s.sources[n], others, sameName)
				}
			}
		}
	}
}

// certifies reports whether a source is a certificate, of a file or of a credential.
func certifies(s *chain.Source, file bool) bool {
	return s.File() == file && !s.CA && !s.PrivateKey && s.Secret.Name != ""
}

// sharing finds the servers that serve a certificate.
type sharing map[servedKey][]serverOf

// servedKey is a certificate: a Secret, and for a file the key of it.
type servedKey struct {
	chain.Name
	key string
}

// serverOf is a server with its Gateway.
type serverOf struct {
	*door
	*doorServer
}

func newSharing(all []*door, files bool) sharing {
	found := sharing{}
	for _, d := range all {
		for i := range d.servers {
			server := serverOf{d, &d.servers[i]}
			for n := range server.sources {
				source := &server.sources[n]
				at := servedKey{source.Secret, source.Key}
				if known := found[at]; certifies(source, files) && (len(known) == 0 || known[len(known)-1] != server) {
					found[at] = append(known, server)
				}
			}
		}
	}
	return found
}

// with are the other Gateways that serve the same as a server.
func (all sharing) with(d *door, s *doorServer, source *chain.Source) (names []string, sameName bool) {
	for _, other := range all[servedKey{source.Secret, source.Key}] {
		o := other.door
		if o == d || other.Port.Number != s.Port.Number || !d.share(o) || len(clash(s, other.doorServer)) > 0 {
			continue
		}
		if name := fmt.Sprintf("Gateway %s/%s", o.Namespace, o.Name); len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
			sameName = sameName || other.Port.Name == s.Port.Name
		}
	}
	return names, sameName
}
