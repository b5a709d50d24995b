package diagnose

import (
	"slices"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

func program(engine proxy.Engine, major, minor, patch int) proxy.Program {
	return proxy.Program{Engine: engine, Version: proxy.Version{Major: major, Minor: minor, Patch: patch}}
}

// TestMeaning has the texts as the proxies print them.
func TestMeaning(t *testing.T) {
	t.Parallel()
	v1, v2, old := program(proxy.V1, 1, 37, 6), program(proxy.V2, 2, 25, 3), program(proxy.V2, 2, 11, 4)
	alloydb := program(proxy.AlloyDB, 1, 15, 2)
	start := "The proxy has encountered a terminal error: unable to start: "
	dialer := start + "error initializing dialer: "
	for _, test := range []struct {
		by         proxy.Program
		text, want string
	}{
		{v2, "Error: unknown flag: --instances", "start-flag"},
		{v2, "Error: unknown shorthand flag: 'd' in -dir=/cloudsql", "start-flag"},
		{v1, "flag provided but not defined: -address", "start-flag"},
		{v2, "flag provided but not defined: -address", ""},
		{v2, `Error: invalid argument "x" for "-p, --port" flag: strconv.ParseInt: parsing "x": invalid syntax`, "start-value"},
		{v2, "Error: flag needs an argument: --port", "start-value"},
		{v1, `invalid value "30" for flag -term_timeout: parse error`, "start-value"},
		{v1, `invalid boolean value "x" for -fuse: parse error`, "start-value"},
		{v2, "Error: missing instance_connection_name (e.g., project:region:instance)", "start-no-instance"},
		{v1, "gcloud is not in the path and -instances and -projects are empty", "start-no-instance"},
		{v2, start + `[proj:pg] Unable to mount socket: config error: invalid connection name, expected PROJECT:REGION:INSTANCE format or valid DNS domain name (connection name = "proj:pg")`, "start-instance-name"},
		{old, `[proj:pg] failed to connect to instance: config error: invalid instance connection name, expected PROJECT:REGION:INSTANCE (connection name = "proj:pg")`, "start-instance-name"},
		{v1, "errors parsing config:\n\tinvalid instance connection string: must be in the form `project:region:instance-name`; invalid name was \"proj:pg\"", "start-instance-name"},
		{v1, "errors parsing config:\n\tinvalid instance options: must be in the form `unix:/path/to/socket`, `tcp:port`, `tcp:host:port`; invalid option was \"x\"", "start-instance-name"},
		{v2, "config error: provided region was mismatched - got europe-west1, want us-central1 (connection name = \"a:b:c\")", "start-region"},
		{v1, "listen tcp 0.0.0.0:3306: bind: address already in use", "start-port-taken"},
		{v2, "The proxy has encountered a terminal error: failed to start HTTP server: listen tcp 0.0.0.0:9090: bind: address already in use", "start-port-taken"},
		{v2, `Error: port query param is not a valid integer: "abc"`, "start-port"},
		{v2, start + "[a:b:c] Unable to mount socket: listen tcp4: address 99999: invalid port", "start-port"},
		{v2, `Error: address query param is not a valid IP address: "localhost"`, "start-address"},
		{v2, "Error: cannot specify --private-ip, --psc, and --sql-data flags at the same time", "start-options"},
		{v2, "Error: cannot specify --private-ip and --auto-ip together", "start-options"},
		{v2, "Error: cannot specify --auto-iam-authn and --token without --login-token", "start-options"},
		{v2, "Error: cannot specify both private-ip and psc query params", "start-options"},
		{v2, `Error: private-ip query param should be true or false, got: "nope"`, "start-options"},
		{v1, "must set -dir: using a unix socket for P:R:I", "start-options"},
		{v2, "Connection test failed", "start-connection-test"},
		{v2, dialer + `config error: open /secrets/none.json: no such file or directory (connection name = "n/a")`, "credentials-path"},
		{v2, dialer + `config error: read /secrets: is a directory (connection name = "n/a")`, "credentials-path"},
		{v1, `invalid json file "/secrets/none.json": open /secrets/none.json: no such file or directory`, "credentials-path"},
		{v2, dialer + `config error: open /k: permission denied (connection name = "n/a")`, "key-unreadable"},
		{v2, dialer + `config error: invalid character 'e' looking for beginning of value (connection name = "n/a")`, "key-twice-encoded"},
		{v1, `invalid json file "/k": invalid character 'x' looking for beginning of value`, "key-not-json"},
		{v2, dialer + `config error: credentials: unsupported unidentified file type (connection name = "n/a")`, "key-no-type"},
		{old, dialer + "config error: missing 'type' field in credentials (connection name = \"n/a\")", "key-no-type"},
		{v2, dialer + "failed to create default credentials: credentials: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc for more information", "no-credentials"},
		{v1, "google: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc for more information", "no-credentials"},
		{v2, "x: auth: cannot fetch token: 503\nResponse: upstream", "token-missing"},
		{old, "x: oauth2: cannot fetch token: 503 Service Unavailable\nResponse: upstream", "token-missing"},
		{v2, "x: oauth2: cannot fetch token: 503", ""}, // it has another library
		{old, "x: auth: cannot fetch token: 503", ""},
		{alloydb, "x: auth: cannot fetch token: 503", "token-missing"},
		{v1, `couldn't connect to "a:b:c": Get "https://x": oauth2: "invalid_grant" "Invalid JWT Signature."`, "token-refused"},
		{v2, "x: googleapi: Error 401: Request had invalid authentication credentials., authError", "token-rejected"},
		{v2, `[a:b:c] failed to connect to instance: failed to get instance: refresh error: googleapi: Error 403: x, notAuthorized`, ""},
		{v2, "[a:b:c] Accepted connection from 10.0.0.1:1", ""},
		{v2, "The proxy has started successfully and is ready for new connections!", ""},
		{v2, "x: invalid character '<' looking for beginning of value", ""}, // an answer of the API's, no key
		{v2, "x: could not mount unix socket \"/cloudsql\": stat /cloudsql: no such file or directory", ""},
	} {
		texts := textsOf(test.by, append(startTexts(), credentialTexts()...))
		got := ""
		if m := meaning(texts, test.text); m != nil {
			got = m.id
		}
		if got != test.want {
			t.Errorf("%v %q: %q, want %q", test.by, test.text, got, test.want)
		}
	}
}

// Every text is of an id that may be found, and may be confirmed by ids that may be, too.
func TestTextsAreOfTheCatalogue(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, e := range Catalogue() {
		ids = append(ids, e.ID)
	}
	for _, text := range slices.Concat(startTexts(), lastTexts(), credentialTexts()) {
		for _, id := range append([]string{text.id}, text.also...) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s is in no catalogue", id)
			}
		}
		if len(text.words) == 0 || slices.Contains(text.words, "") {
			t.Errorf("%s matches all: %q", text.id, text.words)
		}
	}
}

func TestPrintedBy(t *testing.T) {
	t.Parallel()
	text := logText{engine: proxy.V2, since: proxy.Version{Major: 2, Minor: 4}, until: proxy.Version{Major: 2, Minor: 10}}
	for by, want := range map[proxy.Program]bool{
		program(proxy.V2, 2, 3, 9): false, program(proxy.V2, 2, 4, 0): true, program(proxy.V2, 2, 9, 9): true, program(proxy.V2, 2, 10, 0): false,
		program(proxy.V2, 0, 0, 0): true, program(proxy.V1, 1, 5, 0): false,
	} {
		if got := text.printedBy(by); got != want {
			t.Errorf("%v: %v", by, got)
		}
	}
	if all := (logText{}); !all.printedBy(program(proxy.V1, 1, 11, 0)) {
		t.Error("a text of all is not v1's")
	}
}
