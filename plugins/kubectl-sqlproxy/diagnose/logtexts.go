package diagnose

import "github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"

// startTexts are what the proxies say of why they do not start, or do not serve an
// instance, by what they are told. The texts are those of cmd/root.go and
// internal/proxy/proxy.go of v2, of its connector (instance/conn_name.go,
// internal/cloudsql/refresh.go) and of pflag; of v1 those of cmd/cloud_sql_proxy and Go's
// flag package. Without a version all have them.
func startTexts() []logText {
	v2 := func(minor, patch int) proxy.Version { return proxy.Version{Major: 2, Minor: minor, Patch: patch} }
	unknown := []string{"flag-unknown", "flag-other", "flag-newer"}
	value := []string{"flag-value", "duration-without-unit"}
	none := []string{"instance-missing", "env-ignored", "flag-unknown", "flag-other"}
	name := []string{"instance-name", "instance-other", "instance-options"}
	together := []string{"auth-conflict", "ip-conflict", "socket-conflict", "login-token", "endpoint-conflict", "fuse-conflict", "option-ignored"}
	port := []string{"port-range", "query-value", "flag-value"}
	return []logText{
		{id: "start-flag", words: []string{"unknown flag: --"}, also: unknown},
		{id: "start-flag", words: []string{"unknown shorthand flag: '"}, also: unknown},
		{id: "start-flag", engine: proxy.V1, words: []string{"flag provided but not defined: -"}, also: unknown},
		{id: "start-value", words: []string{"flag needs an argument: "}, also: value},
		{id: "start-value", words: []string{"invalid argument \"", "\" flag: "}, also: value},
		{id: "start-value", engine: proxy.V1, words: []string{"invalid value \"", "\" for flag -"}, also: value},
		{id: "start-value", engine: proxy.V1, words: []string{"invalid boolean value \"", "\" for -"}, also: value},
		{id: "start-usage", engine: proxy.V1, since: proxy.Version{Major: 1, Minor: 12}, words: []string{"Flag host should always end with /"}, also: []string{"endpoint-slash"}},

		{id: "start-no-instance", words: []string{"missing instance_connection_name"}, also: none},
		{id: "start-no-instance", words: []string{"missing instance uri"}, also: none},
		{id: "start-no-instance", engine: proxy.V1, words: []string{"gcloud is not in the path and -instances and -projects are empty"}, also: none},
		{id: "start-no-instance", engine: proxy.V1, words: []string{"no instance selected because none of"}, also: none},

		{id: "start-instance-name", engine: proxy.V2, words: []string{"invalid instance connection name, expected PROJECT:REGION:INSTANCE"}, also: name},
		{id: "start-instance-name", engine: proxy.V2, since: v2(15, 2), words: []string{"invalid connection name, expected PROJECT:REGION:INSTANCE"}, also: name},
		{id: "start-instance-name", engine: proxy.V1, words: []string{"invalid instance connection string: must be in the form"}, also: name},
		{id: "start-instance-name", engine: proxy.V1, words: []string{"invalid instance argument: must be either form"}, also: name},
		{id: "start-instance-name", engine: proxy.V1, words: []string{"invalid instance options: must be in the form"}, also: name},
		{id: "start-instance-name", engine: proxy.AlloyDB, words: []string{"invalid instance URI, expected projects/"}, also: name},
		{id: "start-instance-name", words: []string{"could not parse query: "}, also: name},
		{id: "start-region", engine: proxy.V2, words: []string{"provided region was mismatched - got ", ", want "}, also: []string{"instance-other"}},
		{id: "start-region", engine: proxy.V1, words: []string{`for connection string "`, `": got region "`, `", want "`}},

		{id: "start-port-taken", words: []string{"bind: address already in use"}, also: []string{"port-conflict"}},
		{id: "start-port", words: []string{"listen ", ": invalid port"}, also: port},
		{id: "start-port", words: []string{"port query param is not a valid integer: "}, also: port},
		{id: "start-listen", words: []string{"listen ", "bind: permission denied"}},
		{id: "start-listen", words: []string{"listen ", "bind: cannot assign requested address"}},
		{id: "start-address", words: []string{"not a valid IP address: "}, also: []string{"address-not-ip"}},

		{id: "start-options", words: []string{"Error: cannot specify ", " and "}, also: together},
		{id: "start-options", words: []string{"Error: cannot specify --", " without --"}, also: together},
		{id: "start-options", words: []string{"Error: cannot use --", " with "}, also: together},
		{id: "start-options", words: []string{" param should be only one value"}, also: []string{"query-value"}},
		{id: "start-options", words: []string{" query param should be "}, also: []string{"query-value"}},
		{id: "start-options", engine: proxy.V1, words: []string{"login_token must be used with token and enable_iam_login"}, also: together},
		{id: "start-options", engine: proxy.V1, words: []string{"must set -dir"}, also: []string{"socket-dir"}},
		{id: "start-options", engine: proxy.V1, words: []string{"-fuse is not compatible with -projects, -instances, or -instances_metadata"}, also: together},

		{id: "start-config-file", engine: proxy.V2, since: v2(10, 0), words: []string{"config file ", " should have extension of toml, yaml, or json"}},
		{id: "start-config-file", engine: proxy.V2, since: v2(10, 0), words: []string{"failed to load configuration from "}},
		{id: "start-connection-test", engine: proxy.V2, since: v2(4, 0), words: []string{"Connection test failed"}},
		{id: "start-connection-test", engine: proxy.AlloyDB, words: []string{"Connection test failed"}},
	}
}

// lastTexts are what is said of a start that fails for another reason, which mostly
// stands in the same line, for other rules.
func lastTexts() []logText {
	return []logText{
		{id: "start-lookup", engine: proxy.V2, since: proxy.Version{Major: 2, Minor: 7, Patch: 1}, words: []string{"could not resolve instance version: "}},
		{id: "start-lookup", engine: proxy.V2, words: []string{"unable to start: ", "Unable to mount socket: ", "failed to get instance"}},
		{id: "start-lookup", engine: proxy.V1, words: []string{"errors parsing config:", "googleapi: "}},
		{id: "start-failed", words: []string{"The proxy has encountered a terminal error: unable to start: "}},
		{id: "start-failed", words: []string{"The proxy has encountered a terminal error: failed to start HTTP server: "}},
		{id: "start-failed", engine: proxy.V1, words: []string{"errors parsing config:"}},
	}
}

// credentialTexts are what the proxies say of their credentials. v2 has the texts of
// golang.org/x/oauth2 before 2.14.3, of cloud.google.com/go/auth since; v1 has the former.
func credentialTexts() []logText {
	newer := proxy.Version{Major: 2, Minor: 14, Patch: 3}
	path := []string{"secret-missing", "secret-key-missing", "credentials-path"}
	json := []string{"key-not-json", "key-twice-encoded", "key-empty"}
	key := []string{"key-bad"}
	return []logText{
		{id: "credentials-path", words: []string{"error initializing dialer: ", "open ", ": no such file or directory"}, also: path},
		{id: "credentials-path", words: []string{"error initializing dialer: ", "read ", ": is a directory"}, also: path},
		{id: "credentials-path", engine: proxy.V1, words: []string{`invalid json file "`, ": no such file or directory"}, also: path},
		{id: "credentials-path", engine: proxy.V1, words: []string{`invalid json file "`, ": is a directory"}, also: path},
		{id: "key-unreadable", words: []string{"error initializing dialer: ", "open ", ": permission denied"}},
		{id: "key-unreadable", engine: proxy.V1, words: []string{`invalid json file "`, ": permission denied"}},
		{id: "key-twice-encoded", words: []string{"error initializing dialer: ", "invalid character 'e' looking for beginning of value"}, also: json},
		{id: "key-twice-encoded", engine: proxy.V1, words: []string{`invalid json file "`, "invalid character 'e' looking for beginning of value"}, also: json},
		{id: "key-not-json", words: []string{"error initializing dialer: ", "invalid character '"}, also: json},
		{id: "key-not-json", words: []string{"error initializing dialer: ", "unexpected end of JSON input"}, also: json},
		{id: "key-not-json", engine: proxy.V1, words: []string{`invalid json file "`, "invalid character '"}, also: json},
		{id: "key-not-json", engine: proxy.V1, words: []string{`invalid json file "`, "unexpected end of JSON input"}, also: json},
		{id: "key-no-type", engine: proxy.V2, since: newer, words: []string{"credentials: unsupported unidentified file type"}},
		{id: "key-no-type", engine: proxy.AlloyDB, words: []string{"credentials: unsupported unidentified file type"}},
		{id: "key-no-type", words: []string{"missing 'type' field in credentials"}},
		{id: "key-no-type", words: []string{`unknown credential type: ""`}},
		{id: "key-other-type", engine: proxy.V2, since: newer, words: []string{"credentials: unsupported filetype "}},
		{id: "key-other-type", words: []string{"unknown credential type: "}},
		{id: "key-bad", words: []string{"failed to parse private key"}},
		{id: "key-bad", words: []string{"private key should be a PEM or plain PKCS1 or PKCS8"}},
		{id: "key-bad", words: []string{"error initializing dialer: ", "auth: ", " must be provided"}},
		{id: "no-credentials", words: []string{"could not find default credentials"}, also: []string{"key-empty", "wi-annotation-malformed"}},
		{id: "wi-binding", words: []string{"Unable to generate access token", "IAM returned 40"}, also: []string{"wi-annotation-malformed"}},
		{id: "token-refused", words: []string{"invalid_grant"}, also: key},
		{id: "token-refused", engine: proxy.V2, since: newer, words: []string{`auth: "invalid_`}, also: key},
		{id: "token-refused", words: []string{`oauth2: "invalid_`}, also: key},
		{id: "token-missing", engine: proxy.V2, since: newer, words: []string{"auth: cannot fetch token"}, also: key},
		{id: "token-missing", engine: proxy.V2, since: newer, words: []string{"credentials: cannot fetch token"}, also: key},
		{id: "token-missing", engine: proxy.V2, until: newer, words: []string{"oauth2: cannot fetch token"}, also: key},
		{id: "token-missing", engine: proxy.V1, words: []string{"oauth2: cannot fetch token"}, also: key},
		{id: "token-missing", engine: proxy.AlloyDB, words: []string{": cannot fetch token"}, also: key},
		{id: "token-rejected", words: []string{"googleapi: Error 401: "}},
		{id: "token-rejected", words: []string{"Request had invalid authentication credentials"}},
	}
}
