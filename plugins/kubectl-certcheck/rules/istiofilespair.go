package rules

import (
	"fmt"
	"path"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkServerFiles: GWF04, and GWF08 where the field of the CA is empty, of a server that takes
// files.
func (c *checker) checkServerFiles(d *door, s *doorServer) {
	t := s.TLS
	if t == nil || !t.Terminates() || len(t.Credentials()) > 0 {
		return
	}
	pairs := []filesAt{{"", chain.TLSFiles{Certificate: t.Certificate, PrivateKey: t.PrivateKey, CA: t.CA}}}
	if len(t.TLSCertificates) > 0 {
		pairs = nil
	}
	for i, f := range t.TLSCertificates {
		pairs = append(pairs, filesAt{fmt.Sprintf("tlsCertificates[%d].", i), f})
	}
	for _, p := range pairs {
		if what := p.missing(); what != "" {
			c.add(blocks, finding.Finding{
				ID: "GWF04", Severity: finding.Error, Object: d.Object, What: fmt.Sprintf("Server %s of the Gateway %s.", serverName(s), what),
				Evidence: append(quote(s.field("tls.mode"), t.Mode), p.evidence(s)...),
				Cause:    "Envoy cannot serve TLS without both, and old versions of Istio accept the Gateway nevertheless.",
				Fix:      []finding.Step{do(fmt.Sprintf("Set %s and %s to files of one Secret; from Istio 1.1 on, tls.credentialName can name the Secret instead.", s.field("tls."+p.at+"serverCertificate"), p.at+"privateKey"))},
			})
			continue
		}
		if t.Mode != "SIMPLE" && p.CA == "" && t.CA == "" && t.CACredentialName == "" {
			c.addNoCA(d, s, &file{}, fmt.Sprintf("Server %s of the Gateway asks for client certificates, and names no CA for them.", serverName(s)), p.evidence(s))
		}
		c.checkTwoSecrets(d, s, p.at)
	}
}

// filesAt is a pair of files, and where in tls it stands.
type filesAt struct {
	at string
	chain.TLSFiles
}

func (p *filesAt) missing() string {
	switch {
	case p.Certificate == "" && p.PrivateKey == "":
		return "ends TLS and names neither a credential nor the files of a certificate and its key"
	case p.PrivateKey == "":
		return "names a serverCertificate and no privateKey"
	case p.Certificate == "":
		return "names a privateKey and no serverCertificate"
	}
	return ""
}

func (p *filesAt) evidence(s *doorServer) []finding.Evidence {
	return append(quote(s.field("tls."+p.at+"serverCertificate"), p.Certificate), quote(s.field("tls."+p.at+"privateKey"), p.PrivateKey)...)
}

// serverName is the port of a server, for people.
func serverName(s *doorServer) string {
	if s.Port.Name == "" {
		return fmt.Sprint(s.Port.Number)
	}
	return fmt.Sprintf("%s (%d)", s.Port.Name, s.Port.Number)
}

// checkTwoSecrets: GWF04, the certificate and the key are of different Secrets and do
// not match, or nobody can tell.
func (c *checker) checkTwoSecrets(d *door, s *doorServer, at string) {
	certificate, key := s.field("tls."+at+"serverCertificate"), s.field("tls."+at+"privateKey")
	for i := range s.sources {
		one := &s.sources[i]
		for n := range s.sources {
			other := &s.sources[n]
			if one.Field != certificate || other.Field != key || one.Secret.Name == "" || other.Secret.Name == "" ||
				one.Secret == other.Secret || len(one.Pods) == 0 || len(other.Pods) == 0 || one.Pods[0] != other.Pods[0] {
				continue
			}
			c.addTwoSecrets(d, one, other)
		}
	}
}

func (c *checker) addTwoSecrets(d *door, certificate, key *file) {
	severity, says := finding.Warning, "Whether they belong together is not known"
	leaf, pair := c.leafAt(certificate), c.pairAt(key)
	if leaf != nil && pair != nil && pair.Key != nil && pair.Key.Key() != nil {
		switch pair.Key.Key().Matches(leaf) {
		case material.Yes:
			return
		case material.No:
			severity, says = finding.Error, "They do not belong together"
		}
	}
	part := aside
	if severity == finding.Error {
		part = blocks
	}
	fix := do(fmt.Sprintf("Let %s and %s name files of one Secret.", certificate.Field, key.Field))
	if o := c.Secret(certificate.Secret); o != nil && o.Has("tls.key") && !certificate.SubPath {
		fix = setField(d.Object, key.Field, path.Join(certificate.Mount.Path, "tls.key"))
	}
	c.add(part, finding.Finding{
		ID: "GWF04", Severity: severity, Object: d.Object,
		What:     fmt.Sprintf("The certificate is of Secret %s and its key of Secret %s. %s.", certificate.Secret, key.Secret, says),
		Evidence: append(quote(certificate.Field, certificate.Path), quote(key.Field, key.Path)...),
		Fix:      []finding.Step{fix},
	})
}
