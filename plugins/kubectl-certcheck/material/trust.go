package material

import (
	"crypto/x509"
	"errors"
	"time"
)

// Trust is what a client with certain roots makes of a chain.
type Trust string

const (
	// NotJudged: there is no leaf, or there are no roots to judge by.
	NotJudged Trust = ""
	Trusted   Trust = "trusted"
	// UnknownAuthority: no path leads to a root: an intermediate is missing or is no
	// CA, or the root is not among those given (a private CA, a staging server).
	UnknownAuthority Trust = "unknown authority"
	// OutOfDate: every path has a certificate that is not valid at the time.
	OutOfDate Trust = "out of date"
	// NotForServers: the extended key usage of the leaf or of a CA rules servers out.
	NotForServers Trust = "not for servers"
	// BadPath: a path leads to a root, but a CA may not sign what it signed: its
	// path length or its name constraints forbid it.
	BadPath Trust = "bad path"
)

// Trust judges the chain as a client does that accepts the certificates in any
// order. Roots come only from the caller: certificates of the chain never count
// as roots. The error is the complaint of crypto/x509, nil if it has none.
func (c *Chain) Trust(roots *x509.CertPool, now time.Time) (Trust, error) {
	if roots == nil || c.Leaf < 0 {
		return NotJudged, nil
	}
	between := x509.NewCertPool()
	for i, cert := range c.Certificates {
		if i != c.Leaf {
			between.AddCert(cert.parsed)
		}
	}
	_, err := c.Certificates[c.Leaf].parsed.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return Trusted, nil
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return UnknownAuthority, err
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return OutOfDate, err
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return NotForServers, err
	}
	return BadPath, err
}
