package rules

import (
	"crypto/x509"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// Options say what is judged, and how.
type Options struct {
	// Now is the time as of which is judged. Ages and deadlines count from it.
	Now time.Time
	// Targets are the objects and hosts that are asked for; none is every consumer,
	// and every certificate that no consumer takes.
	Targets []Target
	// WarnWithin is before which remaining validity a warning is given in any case, at
	// most a third of the certificate's lifetime; 0 is never.
	WarnWithin time.Duration
	// Roots are the CAs that clients trust; nil: trust is not judged.
	Roots *x509.CertPool
	// Served is what the endpoints of the doors serve, Resolutions what DNS says of
	// their hosts, and of the addresses of doors that are names; nil: it was not asked.
	Served      []Served
	Resolutions []served.Resolution
}

// Check judges the snapshot, which must be closed. An error says that there is nothing
// of a target's name.
func Check(s *chain.Snapshot, opts Options) (*finding.Report, error) {
	c := newChecker(s, opts)
	if err := c.choose(); err != nil {
		return nil, err
	}
	for _, rule := range families() {
		rule.check(c)
	}
	c.rank()
	return c.publish(), nil
}

// family is the rules of one link.
type family struct {
	check     func(*checker)
	catalogue func() finding.Catalogue
}

// families are all rules, in the order of the chain.
func families() []family {
	return []family{
		{(*checker).checkEnvironment, environmentCatalogue},
		{(*checker).checkIstioFiles, istioFilesCatalogue},
		{(*checker).checkIstioCredentials, istioCredentialsCatalogue},
		{(*checker).checkGatewayAPI, gatewayAPICatalogue},
		{(*checker).checkIngresses, ingressCatalogue},
		{(*checker).checkPods, podCatalogue},
		{(*checker).checkLive, liveCatalogue},
		{(*checker).checkConsumers, consumerCatalogue},
		{(*checker).checkTrusting, trustingCatalogue},
		{(*checker).checkSecrets, secretCatalogue},
		{(*checker).checkCertificates, certificateCatalogue},
		{(*checker).checkOrders, orderCatalogue},
		{(*checker).checkChallenges, challengeCatalogue},
		{(*checker).checkIssuers, issuerCatalogue},
		{(*checker).checkCredentials, credentialCatalogue},
		{(*checker).checkIAM, iamCatalogue},
	}
}

// Catalogue is all that may be found.
func Catalogue() finding.Catalogue {
	var all finding.Catalogue
	for _, f := range families() {
		all = append(all, f.catalogue()...)
	}
	return all
}

// checker is a report in the making.
type checker struct {
	*chain.Snapshot
	Options
	subjects []*subject
	found    []found
	named    map[finding.Ref]bool // those of found
	reached  map[finding.Object]bool
	// issued are the Certificates in question by their issuer; see certificatesOf.
	issued map[*chain.Issuer][]*chain.Certificate
}

func newChecker(s *chain.Snapshot, opts Options) *checker {
	return &checker{Snapshot: s, Options: opts, named: map[finding.Ref]bool{}, reached: map[finding.Object]bool{}}
}

// reaches reports whether an object is in the chain of a subject: only such are judged.
func (c *checker) reaches(o finding.Object) bool { return c.reached[o] }
