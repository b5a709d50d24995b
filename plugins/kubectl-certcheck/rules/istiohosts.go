package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkServerHosts: GWC06, of files and of credentials. A wildcard of the Gateway that is in
// the certificate by some names below it is left to the routes, GWC07.
func (c *checker) checkServerHosts(d *door, s *doorServer) {
	for i := range s.sources {
		source := &s.sources[i]
		leaf := c.leafAt(source)
		if leaf == nil || source.PrivateKey {
			continue
		}
		var hosts, near []string
		for _, h := range s.hosts {
			cover := leaf.Names.Covers(h)
			if cover.Covered || cover.Reason == material.AnyHost || hasBelow(leaf.Names, h) {
				continue
			}
			hosts = append(hosts, h)
			if text := reasonText(cover); text != "" && !slices.Contains(near, text) {
				near = append(near, text)
			}
		}
		if len(hosts) > 0 {
			c.addUncovered(d, s, source, leaf, hosts, near)
		}
	}
}

// reasonText says why a name that comes close is not enough; empty if none does.
func reasonText(cover material.Coverage) string {
	switch cover.Reason {
	case material.ApexOfWildcard:
		return fmt.Sprintf("%s does not cover the domain itself.", cover.By)
	case material.TooDeep:
		return fmt.Sprintf("%s covers one label only.", cover.By)
	case material.OnlyCommonName:
		return "The host is the common name only, which clients no longer read."
	case material.NoNames:
		return "The certificate has no names at all."
	}
	return ""
}

func (c *checker) addUncovered(d *door, s *doorServer, source *chain.Source, leaf *material.Certificate, hosts, near []string) {
	f := finding.Finding{
		ID: "GWC06", Severity: finding.Error, Object: d.Object,
		What: fmt.Sprintf("%s %s served with the certificate of Secret %s, which is not for %s.", some(hosts), are(len(hosts)), source.Secret, it(hosts)),
		Evidence: append(quote(s.field("hosts"), strings.Join(s.Hosts, ", ")),
			quote("names of the certificate in Secret "+source.Secret.String(), namesText(leaf.Names))...),
		Cause: strings.Join(near, " "),
	}
	part, cause, fix := c.nameFix(source.Secret, hosts)
	if cause != "" {
		f.Cause = cause
	}
	if !leaf.HasSAN {
		part = symptom // of SEC10
	}
	f.Fix = fix
	c.add(part, f)
}

// nameFix is what has to be done so that the certificate of a Secret is for hosts. It is
// a symptom where that was asked for: whatever keeps the Certificate from being issued
// anew is why.
func (c *checker) nameFix(secret chain.Name, hosts []string) (p part, cause string, fix []finding.Step) {
	all := c.CertificatesFor(secret)
	if len(all) == 0 {
		return aside, "", []finding.Step{do(fmt.Sprintf("Put a certificate for %s into Secret %s.", some(hosts), secret))}
	}
	names := all[0].Names()
	if slices.ContainsFunc(hosts, func(h string) bool { return !names.Covers(h).Covered }) {
		return aside, "", addNames(all[0], hosts)
	}
	return symptom, fmt.Sprintf("Certificate %s/%s asks for %s, and has not been issued with %s.", all[0].Namespace, all[0].Name, it(hosts), it(hosts)),
		[]finding.Step{kubectlStep("-n", all[0].Namespace, "describe", apiName(all[0].Object))}
}

func it(all []string) string {
	if len(all) == 1 {
		return "it"
	}
	return "them"
}

// addNames is the step that adds hosts to a Certificate.
func addNames(o *chain.Certificate, hosts []string) []finding.Step {
	var ops []string
	if len(o.DNSNames) == 0 {
		ops = append(ops, `{"op":"add","path":"/spec/dnsNames","value":[]}`)
	}
	names := o.Names()
	for _, h := range hosts {
		if !names.Covers(h).Covered {
			ops = append(ops, fmt.Sprintf(`{"op":"add","path":"/spec/dnsNames/-","value":%q}`, h))
		}
	}
	steps := []finding.Step{kubectlStep("-n", o.Namespace, "patch", apiName(o.Object), "--type=json", "-p", "["+strings.Join(ops, ",")+"]")}
	if o.OldAPI() && o.ACME != nil && slices.ContainsFunc(hosts, func(h string) bool { return !provedBy(o.ACME, h) }) {
		steps = append(steps, do("Add the hosts to the domains in spec.acme.config as well."))
	}
	return steps
}

// provedBy reports whether v1alpha1 says how to prove a host.
func provedBy(o *chain.OldACME, host string) bool {
	return slices.ContainsFunc(o.Config, func(c chain.OldConfig) bool { return slices.Contains(c.Domains, host) })
}

// checkRoutes: GWC07, of the VirtualServices that are bound to Gateways.
func (c *checker) checkRoutes(all []*door) {
	byName := map[chain.Name]*door{}
	for _, d := range all {
		byName[chain.Name{Namespace: d.Namespace, Name: d.Name}] = d
	}
	for _, v := range c.VirtualServices {
		bound, known := boundTo(byName, v)
		for _, d := range bound {
			if c.reaches(d.Object) && d.secure() {
				c.checkRoutesOf(d, v, bound, known)
			}
		}
	}
}

func (c *checker) checkRoutesOf(d *door, v *chain.VirtualService, bound []*door, known bool) {
	var unserved []string
	for _, h := range v.Hosts {
		owner, s, served := serverFor(bound, v, h)
		switch {
		case !served && known && strings.Contains(h, "."):
			unserved = append(unserved, h)
		case owner == d:
			c.checkRoute(d, s, v, h)
		}
	}
	if len(unserved) > 0 {
		f := routeFinding(d, v, fmt.Sprintf("VirtualService %s/%s is for %s, which no Gateway serves that it names.", v.Namespace, v.Name, some(unserved)))
		f.Fix = []finding.Step{do(fmt.Sprintf("Add %s to spec.servers[].hosts of the Gateway, and to its certificate; or take %s out of the VirtualService.", some(unserved), it(unserved)))}
		c.add(aside, f)
	}
}

// boundTo are the Gateways that a VirtualService names; known says that all of them are
// known, and that it is not for the mesh as well.
func boundTo(byName map[chain.Name]*door, v *chain.VirtualService) (bound []*door, known bool) {
	known = true
	for _, name := range v.Gateways {
		namespace, short, ok := strings.Cut(name, "/")
		if !ok {
			namespace, short = v.Namespace, name
			// Istio 0.8 has it as a host: web.shop.svc.cluster.local
			if parts := strings.SplitN(name, ".", 3); len(parts) == 3 && strings.HasPrefix(parts[2], "svc.") {
				short, namespace = parts[0], parts[1]
			}
		}
		if namespace == "." {
			namespace = v.Namespace
		}
		if d := byName[chain.Name{Namespace: namespace, Name: short}]; d != nil {
			bound = append(bound, d)
		} else {
			known = false
		}
	}
	return bound, known
}

// serverFor finds the server that answers for a host: the one with the longest host that
// fits. Its server is nil unless it ends TLS and takes the host by a wildcard: other
// hosts are judged by GWC06.
func serverFor(bound []*door, v *chain.VirtualService, host string) (owner *door, best *doorServer, served bool) {
	longest := -1
	for _, d := range bound {
		for i := range d.servers {
			s := &d.servers[i]
			for _, h := range s.Hosts {
				namespace, pattern, ok := strings.Cut(h, "/")
				if !ok {
					pattern, namespace = h, "*"
				}
				if namespace == "." {
					namespace = d.Namespace
				}
				if (namespace != "*" && namespace != v.Namespace) || !overlap(pattern, host) {
					continue
				}
				served = true
				if len(s.sources) > 0 && len(pattern) > longest {
					longest, owner, best = len(pattern), d, s
					if pattern == host {
						best = nil
					}
				}
			}
		}
	}
	if best == nil {
		owner = nil
	}
	return owner, best, served
}

// overlap reports whether two hosts, of which both may be wildcards, have one in common.
func overlap(a, b string) bool { return serves(a, b) || serves(b, a) }

func (c *checker) checkRoute(d *door, s *doorServer, v *chain.VirtualService, host string) {
	for i := range s.sources {
		source := &s.sources[i]
		leaf := c.leafAt(source)
		if leaf == nil || source.PrivateKey || host == "*" {
			continue
		}
		cover := leaf.Names.Covers(host)
		if cover.Covered || hasBelow(leaf.Names, host) || wildcardTold(s, host, leaf) {
			continue
		}
		part, cause, fix := c.nameFix(source.Secret, []string{host})
		f := routeFinding(d, v, fmt.Sprintf("VirtualService %s/%s serves %s by TLS, and the certificate of Secret %s is not for it.", v.Namespace, v.Name, host, source.Secret))
		f.Evidence = append(f.Evidence, quote("names of the certificate in Secret "+source.Secret.String(), namesText(leaf.Names))...)
		f.Cause, f.Fix = cause, fix
		c.add(part, f)
	}
}

// wildcardTold reports whether GWC06 says already that a wildcard of the server, which is
// for a host, is not in the certificate at all.
func wildcardTold(s *doorServer, host string, leaf *material.Certificate) bool {
	return slices.ContainsFunc(s.hosts, func(h string) bool {
		return h != "*" && serves(h, host) && !leaf.Names.Covers(h).Covered && !hasBelow(leaf.Names, h)
	})
}

// hasBelow reports whether names have some that a wildcard host is for.
func hasBelow(names material.Names, host string) bool {
	return strings.HasPrefix(host, "*.") && slices.ContainsFunc(names.DNS, func(name string) bool { return serves(host, name) })
}

func routeFinding(d *door, v *chain.VirtualService, what string) finding.Finding {
	return finding.Finding{
		ID: "GWC07", Severity: finding.Warning, Object: d.Object, What: what,
		Evidence: append(quote(fmt.Sprintf("spec.hosts of VirtualService %s/%s", v.Namespace, v.Name), strings.Join(v.Hosts, ", ")),
			quote("hosts of the Gateway", some(d.hosts()))...),
	}
}

func (d *door) hosts() []string {
	var all []string
	for i := range d.servers {
		for _, h := range d.servers[i].Hosts {
			if !slices.Contains(all, h) {
				all = append(all, h)
			}
		}
	}
	return all
}
