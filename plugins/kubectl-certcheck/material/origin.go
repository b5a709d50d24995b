package material

import "strings"

// Origin is an issuer, or a program, that no client trusts by itself, and that
// tells what went wrong.
type Origin string

const (
	OtherOrigin Origin = ""
	// LetsEncryptStaging: the ACME server is acme-staging-v02, or was acme-staging.
	LetsEncryptStaging Origin = "Let's Encrypt staging"
	// CertManagerTemporary: cert-manager put it there for the time until the real
	// one comes (annotation cert-manager.io/issue-temporary-certificate).
	CertManagerTemporary Origin = "cert-manager temporary"
	// IngressNginxFake: ingress-nginx has no Secret for the host, or cannot use it.
	IngressNginxFake Origin = "ingress-nginx fake"
	// TraefikDefault: Traefik has no certificate for the host.
	TraefikDefault Origin = "Traefik default"
	// PebbleTest: of Pebble, the ACME server for tests.
	PebbleTest Origin = "Pebble"
)

// temporarySerial is the serial number of the temporary certificates of early
// versions of cert-manager, some of which were self-signed; those of today are
// signed by a CA that is thrown away (pkg/util/pki/temporarycertificate.go).
const temporarySerial = "1234567890"

// Origin recognizes issuers by what they write into certificates.
func (c *Certificate) Origin() Origin {
	names := append([]string{c.Issuer.CommonName}, c.Issuer.Organization...)
	switch {
	case c.Issuer.CommonName == "cert-manager.local", c.SelfIssued && c.Serial == temporarySerial:
		return CertManagerTemporary
	case anyPrefix(names, "(STAGING) "),
		anyPrefix(names, "Fake LE Intermediate "), anyPrefix(names, "Fake LE Root "):
		return LetsEncryptStaging
	case c.Subject.CommonName == "Kubernetes Ingress Controller Fake Certificate":
		return IngressNginxFake
	case c.Subject.CommonName == "TRAEFIK DEFAULT CERT":
		return TraefikDefault
	case strings.HasPrefix(c.Issuer.CommonName, "Pebble Intermediate CA "), strings.HasPrefix(c.Issuer.CommonName, "Pebble Root CA "):
		return PebbleTest
	}
	return OtherOrigin
}

func anyPrefix(names []string, prefix string) bool {
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
