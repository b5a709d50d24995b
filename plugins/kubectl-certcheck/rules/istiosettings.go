package rules

import (
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkServerSettings: GWC11, of what the API accepts, or did, and Envoy does not do.
func (c *checker) checkServerSettings(d *door, s *doorServer) {
	t := s.TLS
	if t == nil {
		if s.Port.Protocol == "HTTPS" {
			c.addSetting(d, s.field("port.protocol"), s.Port.Protocol,
				fmt.Sprintf("Server %s is HTTPS and has no tls settings, so it serves nothing.", serverName(s)),
				fmt.Sprintf("Set %s to SIMPLE and %s to the name of a Secret.", s.field("tls.mode"), s.field("tls.credentialName")))
		}
		return
	}
	given := len(t.Credentials()) > 0 || t.Certificate != "" || len(t.TLSCertificates) > 0
	mode := t.Mode
	if mode == "" {
		mode = "none, which is PASSTHROUGH"
	}
	switch {
	case s.Port.Protocol == "HTTP" && given:
		c.addSetting(d, s.field("port.protocol"), s.Port.Protocol,
			fmt.Sprintf("Server %s has a certificate, and serves plain HTTP.", serverName(s)),
			fmt.Sprintf("Set %s to HTTPS.", s.field("port.protocol")))
	case given && (t.Mode == "" || t.Mode == "PASSTHROUGH" || t.Mode == "AUTO_PASSTHROUGH"):
		c.addSetting(d, s.field("tls.mode"), mode,
			fmt.Sprintf("Server %s names a certificate that is never used: it passes TLS through to the pods behind.", serverName(s)),
			fmt.Sprintf("Set %s to SIMPLE, or take the certificate out.", s.field("tls.mode")))
	case given && t.Mode == "ISTIO_MUTUAL":
		c.addSetting(d, s.field("tls.mode"), mode,
			fmt.Sprintf("Server %s names a certificate that is never used: it takes the one of the mesh.", serverName(s)),
			fmt.Sprintf("Set %s to SIMPLE or MUTUAL, or take the certificate out.", s.field("tls.mode")))
	}
	if t.Terminates() && (t.MinProtocol == "TLSV1_0" || t.MinProtocol == "TLSV1_1") {
		c.addSetting(d, s.field("tls.minProtocolVersion"), t.MinProtocol,
			fmt.Sprintf("Server %s accepts TLS older than 1.2, which browsers and auditors reject.", serverName(s)),
			fmt.Sprintf("Set %s to TLSV1_2.", s.field("tls.minProtocolVersion")))
	}
	if t.Terminates() && (t.MaxProtocol == "TLSV1_0" || t.MaxProtocol == "TLSV1_1") {
		c.addSetting(d, s.field("tls.maxProtocolVersion"), t.MaxProtocol,
			fmt.Sprintf("Server %s accepts no TLS of 1.2 or later, and clients of today nothing older.", serverName(s)),
			fmt.Sprintf("Take %s out.", s.field("tls.maxProtocolVersion")))
	}
	if len(t.Credentials()) > 0 && len(d.pods) > 0 && !slices.ContainsFunc(d.pods, func(p *chain.Pod) bool { return !before(p, 1, 1) }) {
		c.addSetting(d, s.field("tls.credentialName"), some(t.Credentials()),
			fmt.Sprintf("Server %s names a credential, and Istio %s does not know of any: it takes files.", serverName(s), versionOf(d.pods[0])),
			"Mount the Secret into the gateway's pods and set serverCertificate and privateKey, or upgrade Istio to 1.1 or later.")
	}
	if len(t.CredentialNames) > 2 {
		c.addSetting(d, s.field("tls.credentialNames"), some(t.CredentialNames),
			fmt.Sprintf("Server %s names %d credentials, and Istio takes two at most: one RSA, one ECDSA.", serverName(s), len(t.CredentialNames)),
			"Leave two of them.")
	}
}

func (c *checker) addSetting(d *door, field, value, what, fix string) {
	c.add(aside, finding.Finding{
		ID: "GWC11", Severity: finding.Warning, Object: d.Object, What: what,
		Evidence: quote(field, value),
		Fix:      []finding.Step{do(fix)},
		Docs:     "https://istio.io/latest/docs/reference/config/networking/gateway/",
	})
}

// checkClientCA: GWC12. Istio takes the CA from the Secret NAME-cacert, or from cacert or
// ca.crt in the same Secret.
func (c *checker) checkClientCA(d *door, s *doorServer) {
	if s.TLS == nil || (s.TLS.Mode != "MUTUAL" && s.TLS.Mode != "OPTIONAL_MUTUAL") {
		return
	}
	own := slices.ContainsFunc(s.sources, func(o chain.Source) bool { return o.CA && !o.File() })
	for i := range s.sources {
		source := &s.sources[i]
		o := c.Secret(source.Secret)
		if source.File() || o == nil || own != source.CA || o.Has("cacert") || o.Has("ca.crt") {
			continue
		}
		beside := chain.Name{Namespace: source.Secret.Namespace, Name: source.Secret.Name + "-cacert"}
		if ca := c.Secret(beside); !own && (ca != nil || c.Absence("Secret", beside.Namespace) != chain.Gone) {
			if ca == nil || ca.Has("cacert") || ca.Has("ca.crt") {
				continue
			}
		}
		c.addNoClientCA(d, s, source, beside, o)
	}
}

func (c *checker) addNoClientCA(d *door, s *doorServer, source *chain.Source, beside chain.Name, o *chain.Secret) {
	f := finding.Finding{
		ID: "GWC12", Severity: finding.Error, Object: d.Object,
		What: fmt.Sprintf("Server %s asks for client certificates, and neither Secret %s nor %s has the CA for them.", serverName(s), source.Secret, beside.Name),
		Evidence: append(append(quote(s.field("tls.mode"), s.TLS.Mode), quote(source.Field, source.Secret.Name)...),
			quote("keys of Secret "+source.Secret.String(), some(o.Names()))...),
		Cause: "Istio wants the CA as cacert or ca.crt. Until it is there, connections are reset.",
		Fix: []finding.Step{
			do("Make a Secret of the CA that signs the clients' certificates:"),
			kubectlStep("-n", beside.Namespace, "create", "secret", "generic", beside.Name, "--from-file=cacert=ca.pem"),
		},
		Docs: "https://istio.io/latest/docs/tasks/traffic-management/ingress/secure-ingress/",
	}
	if source.CA {
		f.What = fmt.Sprintf("Server %s asks for client certificates, and Secret %s has no CA for them.", serverName(s), source.Secret)
		f.Fix = []finding.Step{do(fmt.Sprintf("Put the CA that signs the clients' certificates into Secret %s, as cacert or ca.crt.", source.Secret))}
	} else if all := c.CertificatesFor(source.Secret); len(all) > 0 {
		if i := c.IssuerOf(all[0].Issuer, all[0].Namespace); i != nil && i.ACME != nil {
			f.Cause += " Issuers of ACME give no ca.crt, and theirs would be the server's CA."
		}
	}
	c.add(blocks, f)
}
