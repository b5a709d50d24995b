package diagnose

import "github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"

// connectTexts are what the proxies say of connections to their instances, the special
// before the general. The texts are those of internal/proxy/proxy.go of v2 and of its
// connector (dialer.go, internal/cloudsql), of v1 those of proxy/proxy/client.go and
// proxy/certs/certs.go; behind "googleapi: Error" come those of the API, which all have.
func connectTexts() []logText {
	var texts []logText
	for _, words := range [][]string{{"accessNotConfigured"}, {"SERVICE_DISABLED"}, {"has not been used in project"}} {
		texts = append(texts, logText{id: "api-disabled", words: words})
	}
	for _, words := range [][]string{{"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}, {"insufficient authentication scopes"}, {"Error 403", "insufficientPermissions"}} {
		texts = append(texts, logText{id: "scopes", words: words})
	}
	for _, words := range [][]string{{"Error 429"}, {"Error 403", "rateLimitExceeded"}, {"Error 403", "quotaExceeded"}} {
		texts = append(texts, logText{id: "quota", words: words})
	}
	return append(texts, []logText{
		{id: "instance-not-found", words: []string{"Error 404"}},
		{id: "not-authorized", words: []string{"Error 403"}},
		{id: "instance-not-found", engine: proxy.AlloyDB, words: []string{"code = NotFound"}},
		{id: "not-authorized", engine: proxy.AlloyDB, words: []string{"code = PermissionDenied"}},
		{id: "quota", engine: proxy.AlloyDB, words: []string{"code = ResourceExhausted"}},
		{id: "api-unavailable", engine: proxy.AlloyDB, words: []string{"code = Unavailable"}},
		{id: "instance-stopped", words: []string{"invalidState"}},
		{id: "instance-stopped", words: []string{"instance is not running"}},
		{id: "api-unavailable", words: []string{"googleapi: Error 5"}},
		{id: "api-unavailable", words: []string{"failed to get instance metadata", "dial tcp"}, not: "cannot fetch token"},
		{id: "api-unavailable", words: []string{"failed to get instance metadata", "context deadline exceeded"}, not: "cannot fetch token"},
		{id: "api-unavailable", words: []string{"sqladmin.googleapis.com", "dial tcp"}},
		{id: "iam-login", engine: proxy.V2, words: []string{"does not support Auto IAM DB Authentication"}},
		{id: "iam-login", words: []string{"Cloud SQL IAM user authentication failed"}},

		{id: "ip-type-mismatch", engine: proxy.V2, words: []string{`instance does not have IP of type "`}},
		{id: "ip-type-mismatch", engine: proxy.AlloyDB, words: []string{`instance does not have IP of type "`}},
		{id: "ip-type-mismatch", engine: proxy.V1, words: []string{"User input IP address type ", " does not match the instance "}},
		{id: "no-ip", engine: proxy.V2, words: []string{"it has no supported IP addresses"}},
		{id: "no-ip", engine: proxy.V1, words: []string{"no IP address found for "}},
		{id: "first-generation", engine: proxy.V2, words: []string{"only Second Generation"}},
		{id: "first-generation", engine: proxy.V1, words: []string{" is a first generation instance"}},

		{id: "server-certificate", words: []string{"certificate signed by unknown authority"}},
		{id: "server-certificate", words: []string{"certificate had CN "}},
		{id: "server-certificate", words: []string{"certificate CN was empty"}},
		{id: "server-certificate", engine: proxy.V2, words: []string{"failed to verify certificate"}},
		{id: "server-certificate", words: []string{"x509: certificate "}},
		{id: "dial-refused", words: []string{":3307: connect: connection refused"}},
		{id: "dial-refused", words: []string{":5433: connect: connection refused"}},
		{id: "dial-timeout", words: []string{"dial tcp ", ":3307: "}},
		{id: "dial-timeout", words: []string{"dial tcp ", ":5433: "}},
		{id: "dialer-closed", engine: proxy.V2, words: []string{"dialer is closed"}},
		{id: "dialer-closed", engine: proxy.AlloyDB, words: []string{"dialer is closed"}},
		{id: "mdx", engine: proxy.V2, words: []string{"MDX Read "}},

		{id: "max-connections", words: []string{"max connections (", ") exceeded, refusing new connection"}},
		{id: "max-connections", words: []string{"Readiness failed: max connections reached"}},
		{id: "max-connections", engine: proxy.V1, words: []string{"too many open connections (max "}},
		{id: "server-reset", words: []string{"connection aborted - error reading from instance"}},
		{id: "server-reset", words: []string{"connection aborted - error writing to instance"}},
		{id: "server-reset", engine: proxy.V1, words: []string{`Reading data from "`, "had error: "}},
		{id: "client-reset", engine: proxy.V1, words: []string{"Reading data from local connection on ", "had error: "}},
		{id: "client-reset", words: []string{"connection aborted - error reading from client"}},
		{id: "client-reset", words: []string{"connection aborted - error writing to client"}},
	}...)
}

// triedWords are what lines begin with that say why no connection was made: only in such
// a line do the texts of the API and the network mean an instance.
func triedWords() []string {
	return []string{
		"failed to connect to instance: ", "couldn't connect to: ", "could not resolve instance version: ",
		"failed to refresh the ephemeral certificate for ", "Connection info refresh operation failed", "Error in ",
		"The proxy has encountered a terminal error: ", "errors parsing config:", "Error starting proxy: ",
	}
}
