package chain

import (
	"net/netip"
	"slices"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// Certificate is a Certificate of cert-manager, of any of its API versions.
type Certificate struct {
	Meta
	SecretName string
	CommonName string
	DNSNames   []string
	Addresses  []netip.Addr
	// OtherNames says that it is for other names, too: URIs, e-mail addresses, a
	// literal subject.
	OtherNames bool
	Issuer     IssuerRef
	// Duration and RenewBefore are 0 where they are not set.
	Duration, RenewBefore time.Duration
	RenewBeforePercentage int
	// Wrong are the fields whose value the API would not take: "spec.duration".
	Wrong          []string
	RotationPolicy string
	KeyAlgorithm   string
	KeySize        int
	IsCA           bool
	// RenewalPolicy is spec.renewal.policy and Windows the number of its windows, of
	// cert-manager v1.21 and later.
	RenewalPolicy string
	Windows       int
	// ACME is spec.acme of v1alpha1; nil is not there.
	ACME *OldACME

	Conditions               Conditions
	NotBefore, NotAfter      time.Time
	RenewalTime, LastFailure time.Time
	// Revision is 0 before the first issuance, and in versions before v0.16.
	Revision, FailedAttempts int
	// NextKey is the Secret of the next private key, while one is issued.
	NextKey string
	// ARI says that the CA's renewal information decides on the renewal.
	ARI bool
	// Old are status.acme.order.challenges of v1alpha1.
	Old []OldChallenge
}

// IssuerRef is spec.issuerRef, with the defaults filled in.
type IssuerRef struct{ Group, Kind, Name string }

// OldACME is spec.acme of v1alpha1: which names are proved how.
type OldACME struct{ Config []OldConfig }

// OldConfig is one item of spec.acme.config.
type OldConfig struct {
	Domains  []string
	Provider string // of dns01; empty: http01
	HTTP01   bool
}

// OldChallenge is a challenge as v1alpha1 keeps it, in the Certificate's status.
type OldChallenge struct {
	Domain, Type string
	Wildcard     bool
}

// Names are the names that the certificate is to be for.
func (c *Certificate) Names() material.Names {
	names := material.Names{CommonName: c.CommonName, DNS: c.DNSNames, IPs: c.Addresses}
	if c.OldAPI() && c.CommonName != "" && !slices.Contains(c.DNSNames, c.CommonName) { // v0.3 adds it by itself
		names.DNS = append([]string{c.CommonName}, c.DNSNames...)
	}
	return names
}

// Secret is the name of the Secret that is filled.
func (c *Certificate) Secret() Name { return Name{c.Namespace, c.SecretName} }

// Request is a CertificateRequest.
type Request struct {
	Meta
	Issuer IssuerRef
	// Certificate and Revision are its annotations cert-manager.io/certificate-name
	// and -revision; Revision is -1 where there is none.
	Certificate string
	Revision    int
	Conditions  Conditions
	FailedAt    time.Time
	// Issued says that status.certificate is there.
	Issued bool
}

// Order is an Order of ACME.
type Order struct {
	Meta
	Issuer     IssuerRef
	CommonName string
	DNSNames   []string
	Profile    string
	State      string // "", pending, ready, processing, valid, invalid, expired, errored
	Reason     string
	FailedAt   time.Time
	URL        string
}

// Failed reports whether the order has ended without a certificate.
func (o *Order) Failed() bool {
	return o.State == "invalid" || o.State == "expired" || o.State == "errored"
}

// Challenge is a Challenge of ACME.
type Challenge struct {
	Meta
	Issuer                IssuerRef
	DNSName               string
	Wildcard              bool
	Type                  string // DNS-01, HTTP-01, as in v1
	Solver                Solver
	Processing, Presented bool
	PresentedAt           time.Time
	State, Reason         string
}

// Ended reports whether nothing will happen to the challenge any more.
func (c *Challenge) Ended() bool {
	switch c.State {
	case "valid", "invalid", "expired", "errored":
		return true
	}
	return false
}
