package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkServerSecrets judges the Secrets that a server takes by their names.
func (c *checker) checkServerSecrets(d *door, s *doorServer) {
	for i := range s.sources {
		source := &s.sources[i]
		if source.File() {
			continue
		}
		o := c.Secret(source.Secret)
		switch {
		case o == nil:
			c.checkCredential(d, s, source)
		case !source.CA:
			c.checkServerKeys(d, source, o)
			c.checkTwoPairs(d, s, source, o)
		}
	}
	c.checkPodNamespaces(d, s)
	c.checkClientCA(d, s)
}

// checkCredential: GWC02.
func (c *checker) checkCredential(d *door, s *doorServer, source *chain.Source) {
	n := source.Secret
	absence := c.Absence("Secret", n.Namespace)
	if absence == chain.Unseen || (len(source.Pods) == 0 && c.Absence("Pod", "") == chain.Gone) {
		return // without pods, that is the finding
	}
	hosts := s.hosts
	filled := c.CertificatesFor(n)
	f := finding.Finding{
		ID: "GWC02", Severity: finding.Error, Object: d.Object,
		What:     fmt.Sprintf("Secret %s does not exist, and the gateway's pods look for it there.", n),
		Evidence: append(quote(source.Field, n.Name), d.messages("IST0101")...),
		Cause:    "Istio looks for a credentialName in the namespace of the gateway's pods. Until the Secret is there, connections are reset.",
		Docs:     "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
	}
	e := c.otherNamespace(n, d.Namespace, hosts)
	switch {
	case len(filled) > 0 && absence != chain.Gone:
		return // cert-manager makes it
	case len(filled) > 0:
		f.What = fmt.Sprintf("Secret %s does not exist: Certificate %s has not filled it.", n, filled[0].Name)
		f.Fix = []finding.Step{kubectlStep("-n", filled[0].Namespace, "describe", apiName(filled[0].Object))}
	case e != nil && (absence != chain.Gone || len(source.Pods) == 0):
		// The pods, or the Secret, may be in the cluster that the files are for.
		f.Severity = finding.Info
		f.What = fmt.Sprintf("%s; Istio looks for it in the namespace of the gateway's pods, which is %s where it is installed by its charts.", e.says(), n.Namespace)
		if len(source.Pods) > 0 {
			f.What = fmt.Sprintf("%s; the gateway's pods look for Secret %s.", e.says(), n)
		}
		f.Fix = e.move(n.Namespace)
	case absence != chain.Gone || len(source.Pods) == 0:
		return
	case e != nil:
		f.What = fmt.Sprintf("%s, and the gateway's pods in %s look for Secret %s.", e.says(), n.Namespace, n)
		f.Fix = e.move(n.Namespace)
	default:
		f.Fix = []finding.Step{do(fmt.Sprintf("Create a Certificate in namespace %s with spec.secretName: %s and the hosts %s as spec.dnsNames.", n.Namespace, n.Name, some(hosts)))}
		if e := c.otherName(n, hosts); e != nil {
			f.Cause = fmt.Sprintf("%s, and is for the same hosts. ", e.says()) + f.Cause
			f.Fix = []finding.Step{do(fmt.Sprintf("Let %s name Secret %s.", source.Field, e.at.Name))}
			if n.Namespace == source.Pods[0].Namespace {
				f.Fix = []finding.Step{setField(d.Object, source.Field, e.at.Name)}
			}
		}
	}
	c.add(c.byCertificate(n), f)
}

// checkPodNamespaces: GWC03. Where a Secret is missing, GWC02 says so of the namespace.
func (c *checker) checkPodNamespaces(d *door, s *doorServer) {
	for i := range s.sources {
		source := &s.sources[i]
		leaf := c.leafAt(source)
		if leaf == nil || source.File() {
			continue
		}
		for n := range s.sources[:i] {
			other := &s.sources[n]
			twin := c.leafAt(other)
			if other.Field != source.Field || other.Secret.Name != source.Secret.Name || twin == nil || twin.SHA256 == leaf.SHA256 {
				continue
			}
			c.add(aside, finding.Finding{
				ID: "GWC03", Severity: finding.Warning, Object: d.Object,
				What: fmt.Sprintf("The gateway's pods run in namespaces %s and %s, whose Secrets %s hold different certificates.", other.Secret.Namespace, source.Secret.Namespace, source.Secret.Name),
				Evidence: []finding.Evidence{
					{Source: "certificate in Secret " + other.Secret.String(), Text: "serial " + twin.Serial + ", expires " + utc(twin.NotAfter)},
					{Source: "certificate in Secret " + source.Secret.String(), Text: "serial " + leaf.Serial + ", expires " + utc(leaf.NotAfter)},
				},
				Cause: fmt.Sprintf("The selector %s means pods of all namespaces, and each takes the Secret of its own.", d.selector),
				Fix:   []finding.Step{do("Give the pods of one namespace a label of their own and select that, or let one Certificate fill both Secrets.")},
			})
			break
		}
	}
}

// checkServerKeys: GWC04, as istiod decides.
func (c *checker) checkServerKeys(d *door, source *chain.Source, o *chain.Secret) {
	what, log := unusable(o)
	if what == "" {
		return
	}
	names := strings.Join(o.Names(), ", ")
	if names == "" {
		names = "none"
	}
	f := finding.Finding{
		ID: "GWC04", Severity: finding.Error, Object: d.Object,
		What:     fmt.Sprintf("Secret %s %s.", source.Secret, what),
		Evidence: append(append(quote(source.Field, source.Secret.Name), quote("keys of Secret "+source.Secret.String(), names)...), d.messages("IST0161")...),
		Docs:     "https://istio.io/latest/docs/reference/config/analysis/ist0161/",
	}
	if log != "" {
		f.Cause = "istiod logs: " + log
	}
	if all := c.CertificatesFor(source.Secret); len(all) > 0 {
		f.Fix = []finding.Step{kubectlStep("-n", all[0].Namespace, "describe", apiName(all[0].Object))}
	} else {
		f.Fix = []finding.Step{do(fmt.Sprintf("Create the Secret anew with tls.crt and tls.key, as kubectl -n %s create secret tls %s --cert=FILE --key=FILE does.", source.Secret.Namespace, source.Secret.Name))}
	}
	c.add(c.byCertificate(source.Secret), f)
}

// unusable says why Istio cannot take a certificate from a Secret, and what istiod logs;
// empty if it can.
func unusable(o *chain.Secret) (what, log string) {
	switch o.Type {
	case "helm.sh/release.v1", "kubernetes.io/service-account-token":
		return fmt.Sprintf("is of type %s, which Istio does not take", o.Type), ""
	}
	pairs := [][2]string{{"cert", "key"}, {"tls.crt", "tls.key"}}
	for _, p := range pairs {
		if o.Has(p[0]) && o.Has(p[1]) {
			return "", ""
		}
	}
	for _, p := range pairs {
		if o.Value(p[0]) != nil && o.Value(p[1]) != nil {
			empty := p[:]
			if o.Has(p[0]) {
				empty = p[1:]
			} else if o.Has(p[1]) {
				empty = p[:1]
			}
			return "has an empty " + strings.Join(empty, " and an empty "), fmt.Sprintf("found keys %q and %q, but they were empty", p[0], p[1])
		}
	}
	return "has neither tls.crt and tls.key nor cert and key",
		"found secret, but didn't have expected keys (cert and key) or (tls.crt and tls.key); found: " + strings.Join(o.Names(), ", ")
}

// checkTwoPairs: GWC05. cert-manager renews tls.crt, and Istio prefers cert.
func (c *checker) checkTwoPairs(d *door, s *doorServer, source *chain.Source, o *chain.Secret) {
	if !o.Has("cert") || !o.Has("key") || !o.Has("tls.crt") || !o.Has("tls.key") {
		return
	}
	served, other := c.leafAt(source), o.Leaf()
	if served == nil || other == nil || served.SHA256 == other.SHA256 {
		return
	}
	severity := finding.Warning
	if served.State(c.Now) == material.Expired || !coversWhat(served.Names, other.Names, s.hosts) {
		severity = finding.Error
	}
	n := source.Secret
	c.add(aside, finding.Finding{
		ID: "GWC05", Severity: severity, Object: d.Object,
		What: fmt.Sprintf("Secret %s holds two certificates, and Istio serves that of the key cert, not that of tls.crt.", n),
		Evidence: []finding.Evidence{
			{Source: "cert in Secret " + n.String(), Text: "for " + namesText(served.Names) + ", expires " + utc(served.NotAfter)},
			{Source: "tls.crt in Secret " + n.String(), Text: "for " + namesText(other.Names) + ", expires " + utc(other.NotAfter)},
		},
		Cause: "Where a Secret has cert and key, Istio takes these; cert-manager renews tls.crt and tls.key only.",
		Fix:   []finding.Step{kubectlStep("-n", n.Namespace, "patch", "secret/"+n.Name, "--type=json", "-p", `[{"op":"remove","path":"/data/cert"},{"op":"remove","path":"/data/key"}]`)},
	})
}

// coversWhat reports whether names cover all hosts that other names do.
func coversWhat(names, others material.Names, hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(h string) bool { return others.Covers(h).Covered && !names.Covers(h).Covered })
}

// namesText is the names of a certificate for people.
func namesText(names material.Names) string {
	all := slices.Clone(names.DNS)
	for _, ip := range names.IPs {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name"
	}
	return some(all)
}
