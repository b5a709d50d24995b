package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkStaging is about certificates for hosts of the public that no client trusts: the
// CA makes them for tests.
func (c *checker) checkStaging(i *chain.Issuer) {
	production := strings.Replace(i.ACME.Server, "acme-staging-v02.api.letsencrypt.org", "acme-v02.api.letsencrypt.org", 1)
	if production == i.ACME.Server {
		return
	}
	var served []string
	var certificates []*chain.Certificate
	for _, s := range c.subjects {
		for _, u := range s.Uses {
			hosts := slices.DeleteFunc(slices.Clone(u.Hosts), func(h string) bool { return !public(h) })
			if u.CA || len(hosts) == 0 || isOwnSubject(s.Kind) {
				continue
			}
			for _, o := range c.CertificatesFor(u.Secret) {
				if c.IssuerOf(o.Issuer, o.Namespace) == i {
					served = append(served, hosts...)
					certificates = append(certificates, o)
				}
			}
		}
	}
	if len(served) == 0 {
		return
	}
	slices.Sort(served)
	f := finding.Finding{
		ID: "ISS03", Severity: finding.Warning, Object: i.Object,
		What:     fmt.Sprintf("%s uses the CA's staging server, and clients of %s do not trust what it issues.", issuerTitle(i), some(slices.Compact(served))),
		Evidence: quote("spec.acme.server", i.ACME.Server),
		Fix: []finding.Step{
			do("Refer to an issuer of the production server, or make this one such, and issue again:"),
			patchIssuerStep(i, fmt.Sprintf(`{"op":"replace","path":"/spec/acme/server","value":%q}`, production)),
		},
		Docs: "https://letsencrypt.org/docs/staging-environment/",
	}
	var renewed []*chain.Certificate
	for _, o := range certificates {
		if !slices.Contains(renewed, o) && len(renewed) < 3 {
			renewed = append(renewed, o)
			f.Fix = append(f.Fix, renewStep(o))
		}
	}
	c.add(aside, f)
}

// isOwnSubject reports whether a subject serves nothing itself.
func isOwnSubject(kind string) bool {
	return slices.Contains([]string{"Certificate", "Secret", "Issuer", "ClusterIssuer"}, kind)
}

// public reports whether a host may be one of the public DNS, by its last label.
func public(host string) bool {
	at := strings.LastIndexByte(host, '.')
	if at < 0 {
		return false
	}
	private := []string{"local", "localhost", "internal", "svc", "test", "invalid", "lan", "home", "corp", "intranet", "private"}
	return !slices.Contains(private, strings.ToLower(host[at+1:]))
}
