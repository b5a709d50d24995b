package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// editedFixture is a fixture with parts of its text replaced: old, new, old, new. Each
// old one must be there.
func editedFixture(t *testing.T, name string, edits ...string) *fixture {
	t.Helper()
	all := fixtures(t)
	at := slices.IndexFunc(all, func(f fixture) bool { return f.name == name })
	if at < 0 {
		t.Fatalf("no fixture %s", name)
	}
	f := &all[at]
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(f.text, edits[i]) {
			t.Fatalf("%s has no %q", name, edits[i])
		}
		f.text = strings.ReplaceAll(f.text, edits[i], edits[i+1])
	}
	return f
}

// attemptIDs are the findings about orders, challenges and issuers, as "ORD01 error".
func attemptIDs(findings []finding.Finding) string {
	var ids []string
	for _, f := range findings {
		if strings.HasPrefix(f.ID, "ORD") || strings.HasPrefix(f.ID, "CHAL") || strings.HasPrefix(f.ID, "ISS") {
			ids = append(ids, f.ID+" "+string(f.Severity))
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

// TestIssuanceNearMisses: what is like a fixture and is something else, or nothing.
func TestIssuanceNearMisses(t *testing.T) {
	t.Parallel()
	const (
		pending   = "  state: pending\n  url:"
		readySoon = `{type: Ready, status: "False", reason: DoesNotExist, message: Issuing certificate as Secret does not exist, observedGeneration: 1, lastTransitionTime: "2026-11-25T09:00:00Z"}`
		readyNow  = `{type: Ready, status: "True", reason: Ready, message: up to date, observedGeneration: 1, lastTransitionTime: "2026-11-25T11:58:00Z"}`
		external  = "    privateKeySecretRef: {name: letsencrypt-account}\n    externalAccountBinding: {keyID: a, keySecretRef: {name: route53, key: access-key-id}}\n"
		account   = "    privateKeySecretRef: {name: letsencrypt-account}\n"
	)
	tests := []struct {
		what, fixture string
		edits         []string
		want          string
	}{
		{"the order is ready: the CA knows the names", "ORD01-labels", []string{pending, "  state: ready\n  url:", "09:00:02Z", "11:59:00Z"}, ""},
		{"the zone was corrected, the event is old", "ORD01", []string{`dnsZones: ["*.example.com"]`, `dnsZones: ["example.com"]`}, "ORD01 warning"},
		{"another reason of the event", "ORD01", []string{`dnsZones: ["*.example.com"]`, `dnsZones: ["example.com"]`, noSolverText, "may not specify more than one of: name, class"}, "ORD01 error"},
		{"the event is of before, and the Certificate is ready", "ORD01", []string{readySoon, readyNow, `dnsZones: ["*.example.com"]`, `dnsZones: ["example.com"]`}, ""},
		{"the label is there", "ORD01-labels", []string{"kind: Certificate\nmetadata: {", "kind: Certificate\nmetadata: {labels: {dns: route53}, ", "09:00:02Z", "11:59:00Z"}, ""},
		{"a CA that may ask for no proof", "ORD01-renewal", []string{account, external}, ""},
		{"such a CA that asks", "ISS08", []string{account, external, "name: route53, key", "name: letsencrypt-account, key"}, "ISS08 error, ORD01 error"},
		{"such a CA that does not", "ISS08", []string{account, external, "name: route53, key", "name: letsencrypt-account, key", pending, "  state: valid\n  url:"}, ""},
		{"the same name in the files", "ORD01-files", []string{", shop.example.org", ""}, ""},

		{"an order of five minutes", "ORD05", []string{"09:00:02Z", "11:55:00Z"}, ""},
		{"an order of half an hour whose challenges are valid", "ORD05-valid", []string{"09:00:02Z", "11:30:00Z"}, ""},
		{"an order whose challenge runs", "ORD05-valid", []string{"state: valid", "processing: true\n  state: pending", "Successfully authorized domain", `""`, "09:00:03Z", "11:55:00Z"}, ""},
		{"a challenge that runs for hours without a word", "ORD05-valid", []string{"state: valid", "processing: true\n  state: pending", "Successfully authorized domain", `""`}, "CHAL01 warning"},
		{"the certificate was issued after the failure", "ORD02", []string{readySoon, readyNow}, ""},
		{"an order that succeeded", "ORD02", []string{"state: errored", "state: valid"}, ""},
		{"the wait of the limit is over in the words of RFC 3339", "ORD02", []string{"2026-11-26 01:29:08 UTC", "2026-11-24T01:29:08Z"}, "ORD02 error"},
		{"an expired order", "ORD06-silent", []string{"state: invalid", "state: expired"}, "ORD06 error"},

		{"denied before, set since", "CHAL01", []string{"presented: false", "presented: true\n  presentedAt: \"2026-11-25T11:59:00Z\"", "reason: PresentError", "reason: OtherError"}, ""},
		{"an event of another challenge of that name", "CHAL02", []string{"reason: Presented", "reason: PresentError", `lastTimestamp: "2026-11-25T09:50:00Z"`, `lastTimestamp: "2026-11-25T08:00:00Z"`}, "CHAL02 error"},
		{"for five minutes", "CHAL02", []string{`presentedAt: "2026-11-25T09:50:00Z"`, `presentedAt: "2026-11-25T11:55:00Z"`}, "CHAL02 warning"},
		{"for a minute", "CHAL02", []string{`presentedAt: "2026-11-25T09:50:00Z"`, `presentedAt: "2026-11-25T11:59:00Z"`}, "CHAL02 info"},
		{"cert-manager does not look", "CHAL02", []string{"  solver:\n", "  solver:\n    waitInsteadOfSelfCheck: 1h\n"}, ""},
		{"the challenge is of an order that is over", "CHAL04", []string{readySoon, readyNow}, ""},
		{"the CA's CAA records are the order's", "CHAL04", []string{"error:unauthorized: Incorrect TXT record", "error:caa: CAA record for a prevents"}, "ORD04 error"},
		{"a challenge that waits for a minute", "CHAL05", []string{"09:00:03Z", "11:59:00Z"}, "CHAL05 info"},
		{"a minute later, with none before it", "CHAL05", []string{"09:00:03Z", "11:59:00Z", "state: pending\n  processing: true", "state: valid\n  processing: false"}, ""},
		{"cleaned up at last", "CHAL06", []string{"state: valid\n  processing: true", "state: valid\n  processing: false", "reason: 'Error cleaning", "reason: 'No error cleaning"}, "CHAL05 warning"},
		{"in deletion for a minute", "CHAL06-deleted", []string{"T10:00:00Z", "T11:59:00Z", "Error cleaning", "No error cleaning"}, ""},
		{"no finalizer of cert-manager's", "CHAL06-deleted", []string{"acme.cert-manager.io/finalizer", "foregroundDeletion", "Error cleaning", "No error cleaning"}, ""},
		{"v0.3 waits for a few minutes", "CHAL08", []string{"2026-11-25T09:00:10Z", "2026-11-25T11:55:00Z"}, "CHAL08 warning"},
		{"v0.3 has issued", "CHAL08", []string{`{type: Ready, status: "False"`, `{type: Ready, status: "True"`}, ""},

		{"a new issuer", "ISS01-untouched", []string{"2026-10-01T07:59:00Z", "2026-11-25T11:58:00Z"}, ""},
		{"the Issuer is used where it is", "ISS02", []string{"apiVersion: apps/v1", "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: own, namespace: shop}\nspec: {secretName: own, dnsNames: [own.example.com], issuerRef: {name: letsencrypt}}\n---\napiVersion: apps/v1"}, ""},
		{"there is a ClusterIssuer of that name", "ISS02", []string{"apiVersion: apps/v1", "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: letsencrypt}\nspec: {selfSigned: {}}\n---\napiVersion: apps/v1"}, ""},
		{"of files, a remark", "ISS02", []string{"# cluster:\n", ""}, "ISS02 info"},
		{"staging for a private host", "ISS03", []string{"shop.example.com", "shop.example.local"}, ""},
		{"production", "ISS03", []string{"acme-staging-v02", "acme-v02"}, ""},
		{"a key that cert-manager makes", "ISS05-missing", []string{"\n    disableAccountKeyGeneration: true", "", "the ACME issuer config has ''disableAccountKeyGeneration'' set to true, but the secret was not found", "it was not found"}, "ISS01 error"},
		{"one server, two issuers", "ISS05-shared", []string{"acme-staging-v02", "acme-v02"}, ""},
		{"registered before the Secret was deleted", "ISS06-external", []string{`status: "False"` + "\n    reason: ErrRegister", `status: "True"` + "\n    reason: Register"}, ""},
		{"a CNAME is followed", "ISS09", []string{"    - dns01:\n", "    - dns01:\n        cnameStrategy: Follow\n"}, "CHAL01 error"},
		{"one zone", "ISS09", []string{"shop.example.org", "b.shop.example.com"}, "CHAL01 error"},
		{"the chain as wished", "ISS10-other", []string{"ISRG Root X2", "ISRG Root X1"}, ""},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			f := editedFixture(t, test.fixture, test.edits...)
			if !strings.Contains(f.text, "# cluster:") {
				delete(f.opts, "cluster")
			}
			if got := attemptIDs(f.check(t).Findings); got != test.want {
				t.Errorf("finds %q, want %q", got, test.want)
			}
		})
	}
}

// TestIssuanceTexts: what programs say, and which id that is.
func TestIssuanceTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ fixture, old, text, want string }{
		{"ORD06", "400 urn:ietf:params:acme:error:rejectedIdentifier", "429 urn:ietf:params:acme:error:rateLimited", "ORD02 error"},
		{"ORD06", "400 urn:ietf:params:acme:error:rejectedIdentifier", "403 URN:IETF:params:acme:error:CAA", "ORD04 error"},
		{"ORD03", "does not advertise a profile with name tlsclient", "does not support profiles", "ORD03 error"},
		{"ORD03", "does not advertise a profile with name tlsclient", "order has an unexpected status", "ORD06 error"},
		{"ISS07", "dial tcp 172.65.32.248:443: i/o timeout", "tls: failed to verify certificate: x509: certificate signed by unknown authority", "ISS07 error"},
		{"ISS07", `Get "https://acme-v02.api.letsencrypt.org/directory": dial tcp 172.65.32.248:443: i/o timeout`, "404 : <html>", "ISS07 error"},
		{"ISS07", `Get "https://acme-v02.api.letsencrypt.org/directory": dial tcp 172.65.32.248:443: i/o timeout`, "403 urn:ietf:params:acme:error:externalAccountRequired: x", "ISS06 error"},
		{"ISS07", `Get "https://acme-v02.api.letsencrypt.org/directory": dial tcp 172.65.32.248:443: i/o timeout`, "400 urn:ietf:params:acme:error:accountDoesNotExist: x", "ISS05 error"},
		{"ISS07", `Get "https://acme-v02.api.letsencrypt.org/directory": dial tcp 172.65.32.248:443: i/o timeout`, "500 urn:ietf:params:acme:error:serverInternal: x", "ISS01 error"},
		{"ISS07", "reason: ErrRegisterACMEAccount\n    message: 'Failed to register ACME account: Get \"https://acme-v02.api.letsencrypt.org/directory\": dial tcp 172.65.32.248:443: i/o timeout'", "reason: InvalidSolver\n    message: 'the secret \"route53\" does not have key \"secret\"'", "ISS01 error"},
		{"CHAL02", "DNS record for \"shop.example.com\" not yet propagated", "NS ns-1.example.net.:53 returned REFUSED for _acme-challenge.shop.example.com.", "CHAL03 error"},
		{"CHAL02", "DNS record for \"shop.example.com\" not yet propagated", "Could not determine authoritative nameservers for \"shop.example.com.\"", "CHAL03 error"},
		{"CHAL02", "DNS record for \"shop.example.com\" not yet propagated", "Found recursive CNAME record to \"a.\" when looking up \"b.\"", "CHAL03 error"},
		{"CHAL01-redacted", "failed to change Route 53 record set: operation error Route 53", "Could not find the SOA record in the DNS tree for the domain ''x'' using nameservers [10.0.0.1:53]", "CHAL03 error"},
		{"CHAL08", `dns-01 self check failed for domain "shop.example.com"`, `another authorization for domain "shop.example.com" is in progress`, "CHAL08 error"},
		{"CHAL08", `dns-01 self check failed for domain "shop.example.com"`, `authorization for dmain "shop.example.com" is in a failed state`, "CHAL08 error"},
		{"CHAL08", `dns-01 self check failed for domain "shop.example.com"`, `something of another kind`, ""},
	}
	for i, test := range tests {
		t.Run(fmt.Sprintf("%d %s", i, test.fixture), func(t *testing.T) {
			t.Parallel()
			if got := attemptIDs(editedFixture(t, test.fixture, test.old, test.text).check(t).Findings); got != test.want {
				t.Errorf("%s finds %q, want %q", test.text, got, test.want)
			}
		})
	}
}

// TestChallengeBefore: which challenge another one waits for.
func TestChallengeBefore(t *testing.T) {
	t.Parallel()
	const name = "shop.example.com"
	ch := func(object, dns, kind, state string, processing bool, age time.Duration) *chain.Challenge {
		return &chain.Challenge{
			Meta:    chain.Meta{Object: finding.Object{Kind: "Challenge", Name: object}, Created: noon.Add(-age)},
			DNSName: dns, Type: kind, State: state, Processing: processing,
		}
	}
	mine := ch("mine", name, "DNS-01", "", false, time.Minute)
	for _, test := range []struct {
		what   string
		others []*chain.Challenge
		want   string
	}{
		{"none", nil, ""},
		{"one that runs", []*chain.Challenge{ch("a", name, "DNS-01", "pending", true, 0)}, "a"},
		{"one that is over and not cleaned up", []*chain.Challenge{ch("a", name, "DNS-01", "valid", true, time.Hour)}, "a"},
		{"one that is over", []*chain.Challenge{ch("a", name, "DNS-01", "valid", false, time.Hour)}, ""},
		{"an older one that waits, too", []*chain.Challenge{ch("a", name, "DNS-01", "", false, time.Hour), ch("b", name, "DNS-01", "", false, 2*time.Hour)}, "b"},
		{"a newer one that waits", []*chain.Challenge{ch("a", name, "DNS-01", "", false, 0)}, ""},
		{"one that runs comes before an older one", []*chain.Challenge{ch("a", name, "DNS-01", "", false, time.Hour), ch("b", name, "DNS-01", "pending", true, 0)}, "b"},
		{"another type", []*chain.Challenge{ch("a", name, "HTTP-01", "pending", true, time.Hour)}, ""},
		{"another name", []*chain.Challenge{ch("a", "example.com", "DNS-01", "pending", true, time.Hour)}, ""},
	} {
		c := newChecker(&chain.Snapshot{Challenges: append(test.others, mine)}, Options{Now: noon})
		got := ""
		if other := c.before(mine); other != nil {
			got = other.Name
		}
		if got != test.want {
			t.Errorf("%s: waits for %q, want %q", test.what, got, test.want)
		}
	}
}

// TestNextIssuance: the pause doubles with each failure, within the flags of v1.21.
func TestNextIssuance(t *testing.T) {
	t.Parallel()
	at := noon.Add(-10 * time.Minute)
	flagged := []string{"--certificate-request-minimum-backoff-duration=10m", "--certificate-request-maximum-backoff-duration=30m"}
	for _, test := range []struct {
		failed int
		args   []string
		want   time.Duration
	}{{0, nil, time.Hour}, {1, nil, time.Hour}, {2, nil, 2 * time.Hour}, {6, nil, 32 * time.Hour}, {1_000_000, nil, 32 * time.Hour}, {2, flagged, 20 * time.Minute}, {3, flagged, 30 * time.Minute}} {
		s := &chain.Snapshot{Workloads: []*chain.Workload{{
			Meta:       chain.Meta{Object: finding.Object{Kind: "Deployment", Namespace: "cert-manager", Name: "cert-manager"}},
			Containers: []chain.Container{{Image: "cert-manager-controller:v1.21.2", Args: test.args}},
		}}}
		s.Close()
		c := newChecker(s, Options{Now: noon})
		o := &chain.Certificate{LastFailure: at, FailedAttempts: test.failed}
		if got := c.nextIssuance(o); got != at.Add(test.want) {
			t.Errorf("%d failures: after %v, want %v", test.failed, got.Sub(at), test.want)
		}
		if got := c.nextIssuance(&chain.Certificate{FailedAttempts: test.failed}); !got.IsZero() {
			t.Errorf("without a failure: %v", got)
		}
	}
}

// TestUnseenSecretsOfIssuers: a Secret that nobody could look for is not missing.
func TestUnseenSecretsOfIssuers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ISS05-missing", "ISS06-external"} {
		f := editedFixture(t, name)
		s := f.snapshot(t)
		s.Secrets = nil
		s.Missing = []chain.Missing{{Resource: "secrets", Kind: "Secret", Forbidden: true}}
		s.Close()
		report, err := Check(s, Options{Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range report.Findings {
			if strings.Contains(found.What, "does not exist") {
				t.Errorf("%s: %s", name, found.What)
			}
		}
	}
}
