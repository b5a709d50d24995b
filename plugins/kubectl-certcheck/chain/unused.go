package chain

import "strings"

// Unused returns the Certificates, and the TLS Secrets that no Certificate fills,
// which are in scope and taken by none of the consumers. Those that cert-manager works
// with itself are not among them: accounts, keys in the making.
func (s *Snapshot) Unused(consumers []Consumer) ([]*Certificate, []*Secret) {
	used := map[Name]bool{}
	for _, c := range consumers {
		for _, u := range c.Uses {
			used[u.Secret] = true
		}
	}
	for _, i := range s.Issuers {
		for _, ref := range i.Secrets() { // the CA that it signs with, too
			used[Name{s.CredentialNamespace(i), ref.Name}] = true
		}
	}
	var certificates []*Certificate
	for _, c := range s.Certificates {
		if s.InScope(c.Namespace) && !used[c.Secret()] {
			certificates = append(certificates, c)
		}
	}
	var secrets []*Secret
	for _, o := range s.Secrets {
		n := Name{o.Namespace, o.Name}
		if s.InScope(o.Namespace) && !used[n] && len(s.index.certificates[n]) == 0 && o.forTLS() {
			secrets = append(secrets, o)
		}
	}
	return certificates, secrets
}

// forTLS reports whether the Secret is meant for a server: by its type, or by both keys
// that such a Secret has.
func (s *Secret) forTLS() bool {
	for label, value := range s.Labels {
		if strings.HasSuffix(label, "cert-manager.io/next-private-key") && value == "true" {
			return false
		}
	}
	return s.Type == "kubernetes.io/tls" || (s.Has("tls.crt") && s.Has("tls.key"))
}
