package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// credentialCatalogue is what can be wrong with as whom the proxy asks.
func credentialCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "secret-missing", Severity: finding.Error, Title: "A Secret that the proxy needs does not exist"},
		{ID: "secret-key-missing", Severity: finding.Error, Title: "A Secret does not have the key that the proxy needs"},
		{ID: "credentials-path", Severity: finding.Error, Title: "There is no key file where the proxy looks for it"},
		{ID: "key-empty", Severity: finding.Error, Title: "The key file is empty: the proxy asks as another account"},
		{ID: "key-not-json", Severity: finding.Error, Title: "The key file is no JSON"},
		{ID: "key-twice-encoded", Severity: finding.Error, Title: "The key file is base64, encoded twice in the Secret"},
		{ID: "key-no-type", Severity: finding.Error, Title: "The key file does not say what it is"},
		{ID: "key-bad", Severity: finding.Error, Title: "The key file has no usable key, or no account"},
		{ID: "key-other-type", Severity: finding.Error, Title: "The key file is no service account's"},
		{ID: "key-other-project", Severity: finding.Info, Title: "The key's account is of another project than the instance"},
		{ID: "key-unreadable", Severity: finding.Error, Title: "The proxy's user may not read the key file"},
		{ID: "default-mode", Severity: finding.Warning, Title: "The mode of the key file seems to be octal, written as decimal"},
		{ID: "no-credentials", Severity: finding.Error, Title: "The proxy has no credentials"},
		{ID: "wi-default-account", Severity: finding.Warning, Title: "The proxy runs as the namespace's default ServiceAccount"},
		{ID: "wi-annotation-missing", Severity: finding.Warning, Title: "The ServiceAccount names no service account of Google"},
		{ID: "wi-annotation-malformed", Severity: finding.Error, Title: "The ServiceAccount's annotation cannot be right"},
		{ID: "wi-and-key", Severity: finding.Warning, Title: "A key and Workload Identity: the key wins"},
		{ID: "wi-nodes-without-metadata", Severity: finding.Warning, Title: "Workload Identity, on nodes that do not have it"},
		{ID: "wi-binding", Severity: finding.Error, Title: "The log: the pod may not act as its service account of Google"},
		{ID: "token-refused", Severity: finding.Error, Title: "The log: Google refuses the key"},
		{ID: "token-missing", Severity: finding.Error, Title: "The log: no token can be fetched"},
		{ID: "token-rejected", Severity: finding.Error, Title: "The log: the API does not accept the token"},
	}
}

// checkCredentials judges as whom the proxy asks: where its key comes from, what that is,
// and who it is without one.
func (c *checker) checkCredentials(s *subject) {
	from := s.keySource()
	c.checkSecrets(s)
	c.checkPath(s, from)
	c.checkKey(s, from)
	c.checkMode(s, from)
	c.checkIdentity(s, from)
	c.checkCredentialLog(s)
}
