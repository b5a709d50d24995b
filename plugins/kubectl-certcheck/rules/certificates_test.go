package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// certEdited is a fixture with a part of its text replaced.
func certEdited(t *testing.T, name string, replacements ...string) *fixture {
	t.Helper()
	for _, f := range fixtures(t) {
		if f.name != name {
			continue
		}
		for n := 0; n < len(replacements); n += 2 {
			if !strings.Contains(f.text, replacements[n]) {
				t.Fatalf("%s has no %q", name, replacements[n])
			}
			f.text = strings.ReplaceAll(f.text, replacements[n], replacements[n+1])
		}
		return &f
	}
	t.Fatalf("no fixture %s", name)
	return nil
}

func certFound(r *finding.Report, id string) *finding.Finding {
	n := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.ID == id })
	if n < 0 {
		return nil
	}
	return &r.Findings[n]
}

// certMiss is a fixture that is edited, and does not find the id then.
type certMiss struct {
	what, fixture, id string
	edits             []string
}

func (c *certMiss) run(t *testing.T) {
	t.Parallel()
	if f := certFound(certEdited(t, c.fixture, c.edits...).check(t), c.id); f != nil {
		t.Errorf("finds %s: %s", f.ID, f.What)
	}
}

// TestCertificateNearMisses: what is nearly the same as a fixture, and not found.
func TestCertificateNearMisses(t *testing.T) {
	t.Parallel()
	for _, c := range []certMiss{
		{"the status lags", "CRT01", "CRT01", []string{`{type: Ready, status: "False", reason: DoesNotExist`, `{type: Ready, status: "True", reason: Ready`}},
		{"a manifest, not yet applied", "CRT01-unseen", "CRT01", []string{", uid: 5e0c3f1a", ", a: b, b: 5e0c3f1a"}},
		{"it tries again", "CRT02", "CRT02", []string{`{type: Issuing, status: "False"`, `{type: Issuing, status: "True"`}},
		{"the spec has changed since", "CRT02", "CRT02", []string{"generation: 1", "generation: 2"}},
		{"the issuer is there", "CRT03", "CRT03", []string{"kind: Issuer\nmetadata: {name: letsencrypt, namespace: istio-system", "kind: Issuer\nmetadata: {name: letsencrypt, namespace: shop"}},
		{"another program's issuer", "CRT03", "CRT03", []string{"kind: Issuer}", "kind: Issuer, group: example.com}"}},
		{"another Secret", "CRT04", "CRT04", []string{"name: web-api, namespace: shop", "name: web-api, namespace: api"}},
		{"the other API group", "CRT04", "CRT04", []string{"apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web,", "apiVersion: certmanager.k8s.io/v1alpha1\nkind: Certificate\nmetadata: {name: web,"}},
		{"the name is there", "CRT05", "CRT05", []string{"dnsNames: [shop.example.com]", "dnsNames: [shop.example.com, example.com]"}},
		{"the issuer is not ACME", "CRT05", "CRT05", []string{"  acme:\n    server", "  selfSigned: {}\n  unused:\n    server"}},
		{"the apex is asked for", "CRT06", "CRT06", []string{`dnsNames: ["*.example.com"]`, `dnsNames: ["*.example.com", example.com]`}},
		{"nobody serves the apex", "CRT06", "CRT06", []string{"hosts: [example.com, www", "hosts: [www"}},
		{"another name altogether is GWC06's", "CRT06", "CRT06", []string{"hosts: [example.com, www", "hosts: [example.org, www"}},
		{"the wildcard is asked for", "CRT06-recipe", "CRT06", []string{"dnsNames: [example.com]", "dnsNames: [example.com, '*.example.com']"}},
		{"all names have a solver", "CRT07", "CRT07", []string{"domains: [example.com]", "domains: [example.com, '*.example.com']"}},
		{"an issuer of v0.8 has solvers of its own", "CRT07", "CRT07", []string{"    dns01:\n      providers:\n      - name: prod-dns\n        route53:", "    solvers:\n      - dns01:\n         route53:"}},
		{"an issuer of v0.8, again", "CRT08", "CRT08", []string{"    dns01:\n      providers:\n      - name: prod-dns\n        route53:", "    solvers:\n      - dns01:\n         route53:"}},
		{"the provider is there", "CRT09", "CRT09", []string{"- name: route53-prod", "- name: prod-dns"}},
		{"v0.10 has none of v0.3's failures", "CRT02-old", "CRT10", nil},
		{"ValidateFailed=False is success", "CRT10", "CRT10", []string{`{type: ValidateFailed, status: "True"`, `{type: ValidateFailed, status: "False"`, "reason: Backoff", "reason: ValidateError"}},
		{"Ready=True", "CRT11", "CRT11", []string{`{type: Ready, status: "False"`, `{type: Ready, status: "True"`}},
	} {
		t.Run(c.what, c.run)
	}
}

// TestRenewalNearMisses is the same for renewals, requests and keys.
func TestRenewalNearMisses(t *testing.T) {
	t.Parallel()
	for _, c := range []certMiss{
		{"shorter than the lifetime", "CRT12", "CRT12", []string{"renewBefore: 1440h", "renewBefore: 1079h"}},
		{"the CA decides", "CRT12", "CRT12", []string{"status:\n  conditions:\n  - {type: Ready, status: \"True\", reason: Ready,", "status:\n  acme: {ari: {nextCheck: \"2026-11-26T00:00:00Z\"}}\n  conditions:\n  - {type: Ready, status: \"True\", reason: Ready,"}},
		{"it is renewed", "CRT13", "CRT13", []string{"policy: Disabled", "policy: RenewBefore"}},
		{"a second short of 90 days", "CRT14", "CRT14", []string{"duration: 8760h", "duration: 2160h", "until=2027-01-24", "until=2027-01-23T23:59:59Z"}},
		{"another ACME server may take it", "CRT14-feature", "CRT14", []string{"acme-v02.api.letsencrypt.org/dir", "ca.example.com/dir"}},
		{"the key may change", "CRT15", "CRT15", []string{"rotationPolicy: Never", "rotationPolicy: Always"}},
		{"the key may change, by default", "CRT15", "CRT15", []string{", rotationPolicy: Never", ""}},
		{"the key is as it should be", "CRT15", "CRT15", []string{"key=rsa2048}", "key=p256}"}},
		{"cert-manager finds nothing wrong", "CRT15", "CRT15", []string{`{type: Ready, status: "False", reason: SecretMismatch`, `{type: Ready, status: "True", reason: Ready`}},
		{"the request is young", "CRT16", "CRT16", []string{`creationTimestamp: "2026-11-25T09:00:05Z"`, `creationTimestamp: "2026-11-25T11:58:05Z"`}},
		{"it is approved", "CRT22", "CRT16", nil},
		{"of a version without approvals", "CRT22", "CRT16", []string{`  - {type: Approved, status: "True", reason: cert-manager.io, message: Certificate request has been approved by cert-manager.io, lastTransitionTime: "2026-11-25T09:00:05Z"}` + "\n", ""}},
		{"the deletion has just begun", "CRT17", "CRT17", []string{"2026-11-25T08:00:00Z", "2026-11-25T11:55:00Z"}},
		{"keys of attempts just made", "CRT17-keys", "CRT17", []string{`creationTimestamp: "2026-10-26T11:50:00Z"`, `creationTimestamp: "2026-11-25T11:50:00Z"`, `creationTimestamp: "2026-10-26T11:52:00Z"`, `creationTimestamp: "2026-11-25T11:52:00Z"`}},
		{"it has begun", "CRT22", "CRT18", nil},
		{"it waits after a failure", "CRT02", "CRT18", nil},
		{"it is only just due", "CRT18", "CRT18", []string{`renewalTime: "2026-11-23T00:00:00Z"`, `renewalTime: "2026-11-25T11:00:00Z"`}},
		{"no time is known for the windows", "CRT18", "CRT18", []string{"  renewalTime: \"2026-11-23T00:00:00Z\"\n", "", "  dnsNames:", "  renewal: {windows: [{cron: \"0 3 1 * *\"}]}\n  dnsNames:"}},
		{"the loser has the winner's dates", "CRT04", "CRT18", []string{`renewalTime: "2026-12-25T00:00:00Z"`, `renewalTime: "2026-11-25T11:00:00Z"`}},
		{"a few failures", "CRT19", "CRT19", []string{"2026-11-25T08:", "2026-11-23T08:", "2026-11-25T09:", "2026-11-23T09:"}},
		{"a week of a certificate that lives for a day", "CRT19", "CRT19", []string{"from=2026-10-26 until=2027-01-24", "from=2026-11-25T08:00:00Z until=2026-11-25T14:00:00Z", `creationTimestamp: "2026-10-26T12`, `creationTimestamp: "2026-11-25T12`}},
		{"a lifetime of more than 30 days", "CRT21", "CRT21", []string{"from=2026-11-24 until=2026-12-22", "from=2026-11-01 until=2026-12-02"}},
		{"v0.6 takes a third", "CRT21", "CRT21", []string{"cert-manager-controller:v0.3.1", "cert-manager-controller:v0.6.0"}},
		{"by the status it is v0.6", "CRT21", "CRT21", []string{"cert-manager-controller:v0.3.1", "another", "status:\n  conditions:\n  - {type: Ready, status: \"True\", reason: CertIssued", "status:\n  notAfter: \"2026-12-22T00:00:00Z\"\n  conditions:\n  - {type: Ready, status: \"True\", reason: CertIssued"}},
		{"v1.2 takes a third", "CRT21-equal", "CRT21", []string{":v1.1.0", ":v1.2.0"}},
		{"it has just begun", "CRT22", "CRT22", []string{`lastTransitionTime: "2026-11-25T09:00:00Z"`, `lastTransitionTime: "2026-11-25T11:30:00Z"`}},
	} {
		t.Run(c.what, c.run)
	}
}

// TestCertificateNearHits: what is a little other than the fixture, and found all the
// same, or found milder.
func TestCertificateNearHits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, fixture, id string
		severity          finding.Severity
		has               string
		edits             []string
	}{
		{"without the flags the next try is in time", "CRT02-late", "CRT02", finding.Warning, "4th in a row", []string{", \"--certificate-request-minimum-backoff-duration=2h\", \"--certificate-request-maximum-backoff-duration=48h\"", ""}},
		{"nothing valid is there", "CRT02", "CRT02", finding.Error, "3rd in a row", []string{"until=2026-12-24", "until=2026-11-24"}},
		{"a kind that is none", "CRT03-name", "CRT03", finding.Error, "which is no kind of cert-manager", []string{"kind: ClusterIssuer}\nstatus:\n  conditions:\n  - {type: Ready, status: \"False\", reason: DoesNotExist", "kind: clusterissuer}\nstatus:\n  conditions:\n  - {type: Ready, status: \"False\", reason: DoesNotExist"}},
		{"the group of then", "CRT03-group", "CRT03", finding.Error, "spec.issuerRef.group is certmanager.k8s.io", []string{"{name: letsencrypt, kind: ClusterIssuer}\nstatus", "{name: letsencrypt, kind: ClusterIssuer, group: certmanager.k8s.io}\nstatus"}},
		{"a ClusterIssuer is wanted, an Issuer there", "CRT03", "CRT03", finding.Error, "ClusterIssuer letsencrypt, which", []string{"{name: letsencrypt, kind: Issuer}", "{name: letsencrypt, kind: ClusterIssuer}"}},
		{"the certificate of now is valid", "CRT05", "CRT05", finding.Warning, "", []string{"\nkind: ClusterIssuer\nmetadata", "\nkind: ClusterIssuer\nmetadata", "---\napiVersion: apps/v1", "---\napiVersion: v1\nkind: Secret\nmetadata: {name: web-tls, namespace: shop, uid: 5e0c3f1a-0000-4000-8000-0000000000aa}\ntype: kubernetes.io/tls\ndata: ${pair dns=shop.example.com}\n---\napiVersion: apps/v1"}},
		{"deeper than one label", "CRT06", "CRT06", finding.Warning, "a.b.example.com", []string{"hosts: [example.com, www", "hosts: [a.b.example.com, www"}},
		{"a name like any other, not a wildcard", "CRT06-recipe", "CRT06", finding.Info, "", []string{"'*.example.com'", "www.example.com"}},
		{"an item for HTTP-01", "CRT09", "CRT09", finding.Error, "has no spec.acme.http01", []string{"dns01: {provider: prod-dns}", "http01: {}"}},
		{"an item for nothing", "CRT09", "CRT09", finding.Error, "neither dns01.provider nor http01", []string{"- dns01: {provider: prod-dns}\n      domains:", "- domains:"}},
		{"just as long as the lifetime", "CRT12", "CRT12", finding.Warning, "1080h", []string{"renewBefore: 1440h", "renewBefore: 1080h"}},
		{"a percentage that is none", "CRT12", "CRT12", finding.Warning, "spec.renewBeforePercentage is 100", []string{"renewBefore: 1440h", "renewBeforePercentage: 100"}},
		{"early in its life", "CRT13", "CRT13", finding.Info, "2027-02-09", []string{"until=2026-12-09", "until=2027-02-09"}},
		{"never is the default of then", "CRT15", "CRT15", finding.Warning, "", []string{", rotationPolicy: Never", "", ":v1.21.2", ":v1.17.0"}},
		{"the event is gone", "CRT15", "CRT15", finding.Warning, "", []string{"reason: CannotRegenerateKey", "reason: Other"}},
		{"the next try was due", "CRT02", "CRT18", finding.Warning, "The next try after the last failure was due 2h0m ago", []string{`lastFailureTime: "2026-11-25T09:00:00Z"`, `lastFailureTime: "2026-11-25T06:00:00Z"`}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f := certFound(certEdited(t, c.fixture, c.edits...).check(t), c.id)
			if f == nil || f.Severity != c.severity || !strings.Contains(f.What, c.has) {
				t.Errorf("finds %+v, want %s %q", f, c.severity, c.has)
			}
		})
	}
}

// TestIssuersUnseen: what may not be looked at is not missing.
func TestIssuersUnseen(t *testing.T) {
	t.Parallel()
	s := certEdited(t, "CRT03-name").snapshot(t)
	s.Missing = append(s.Missing, chain.Missing{Resource: "clusterissuers.cert-manager.io", Kind: "ClusterIssuer", Reason: "may not be listed", Forbidden: true})
	r, err := Check(s, Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if f := certFound(r, "CRT03"); f != nil {
		t.Errorf("finds %s", f.What)
	}
	// The files have Issuers of another namespace, but none of this one.
	files := certEdited(t, "CRT03")
	delete(files.opts, "cluster")
	if f := certFound(files.check(t), "CRT03"); f != nil {
		t.Errorf("finds %s", f.What)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failed int
		flags  []string
		want   time.Duration
	}{
		{0, nil, time.Hour}, // before v1.8
		{1, nil, time.Hour},
		{2, nil, 2 * time.Hour},
		{5, nil, 16 * time.Hour},
		{6, nil, 32 * time.Hour},
		{7, nil, 32 * time.Hour},
		{1 << 40, nil, 32 * time.Hour},
		{3, []string{"--certificate-request-minimum-backoff-duration=10m"}, 40 * time.Minute},
		{3, []string{"--certificate-request-minimum-backoff-duration", "10m"}, 40 * time.Minute},
		{9, []string{"--certificate-request-minimum-backoff-duration=10m", "--certificate-request-maximum-backoff-duration=1h"}, time.Hour},
		{9, []string{"--certificate-request-minimum-backoff-duration=2h", "--certificate-request-maximum-backoff-duration=1h"}, 2 * time.Hour},
		{9, []string{"--certificate-request-minimum-backoff-duration=0s"}, 0},
		{2, []string{"--certificate-request-minimum-backoff-duration=nonsense"}, 2 * time.Hour},
	} {
		s := &chain.Snapshot{Workloads: []*chain.Workload{{
			Meta:       chain.Meta{Object: finding.Object{Kind: "Deployment"}},
			Containers: []chain.Container{{Image: "cert-manager-controller:v1.21.2", Args: c.flags}},
		}}}
		s.Workloads[0].Kind = "Deployment"
		s.Close()
		if got := newChecker(s, Options{Now: noon}).certBackoff(&chain.Certificate{FailedAttempts: c.failed}); got != c.want {
			t.Errorf("%d failures, %v: %s, want %s", c.failed, c.flags, got, c.want)
		}
	}
}

// TestRefusedSpecs: the bounds of the webhook, and what is just within.
func TestRefusedSpecs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 52) + ".example.com"
	for _, c := range []struct{ spec, want string }{
		{`dnsNames: [a.example.com]`, ""},
		{`uris: [spiffe://cluster.local/a]`, ""},
		{`literalSubject: CN=a`, ""},
		{`ipAddresses: [192.0.2.1]`, ""},
		{`ipAddresses: [192.0.2.1000]`, "spec.ipAddresses has an item that is no IP address"},
		{`commonName: ` + long, ""},
		{`commonName: a` + long, "spec.commonName has 65 letters"},
		{`commonName: a; duration: 1h; renewBefore: 5m`, ""},
		{`commonName: a; duration: 59m`, "spec.duration is 59m, and 1h is the least"},
		{`commonName: a; renewBefore: 4m59s`, "spec.renewBefore is 4m59s, and 5m is the least"},
		{`commonName: a; renewBefore: 2159h`, ""},
		{`commonName: a; renewBefore: 2160h`, "spec.renewBefore is 2160h, which is not shorter than the duration, 2160h"},
		{`commonName: a; renewBefore: 5m; renewBeforePercentage: 30`, "are both set"},
		{`commonName: a; renewBeforePercentage: 99`, ""},
		{`commonName: a; renewBeforePercentage: 100`, "spec.renewBeforePercentage is 100"},
		{`commonName: a; duration: 1h; renewBeforePercentage: 92`, "spec.renewBeforePercentage is 92"},
		{`commonName: a; privateKey: {size: 2048}`, ""},
		{`commonName: a; privateKey: {size: 8193}`, "spec.privateKey.size is 8193"},
		{`commonName: a; privateKey: {algorithm: ECDSA, size: 521}`, ""},
		{`commonName: a; privateKey: {algorithm: ECDSA, size: 2048}`, "ECDSA keys have 256, 384 or 521 bits"},
		{`commonName: a; privateKey: {algorithm: Ed25519}`, ""},
		{`commonName: a; privateKey: {algorithm: DSA}`, "spec.privateKey.algorithm is DSA"},
		{`commonName: a; renewal: {policy: Never}`, "spec.renewal.policy is Never"},
		{`commonName: a; renewal: {policy: Disabled, windows: [{cron: "* * * * *"}]}`, "spec.renewal.windows are of no use"},
	} {
		r := certEdited(t, "CRT20-names", "  secretName: web-tls\n", "  secretName: web-tls\n  "+strings.ReplaceAll(c.spec, "; ", "\n  ")+"\n").check(t)
		f := certFound(r, "CRT20")
		if (f == nil) != (c.want == "") || f != nil && !strings.Contains(f.What, c.want) {
			t.Errorf("%s: finds %+v, want %q", c.spec, f, c.want)
		}
	}
}

// TestEventsOfThePast: an event stays for an hour after what it tells of is over.
func TestEventsOfThePast(t *testing.T) {
	t.Parallel()
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	ready := func(status string, at time.Time) chain.Conditions {
		return chain.Conditions{{Type: "Ready", Status: status, Changed: at}}
	}
	for _, c := range []struct {
		what       string
		conditions chain.Conditions
		seen       time.Time
		want       bool
	}{
		{"no status yet", nil, hour(-1), true},
		{"of an object of the same name, before", nil, hour(-4), false},
		{"not ready", ready("False", hour(-1)), hour(-2), true},
		{"ready since", ready("True", hour(-1)), hour(-2), false},
		{"ready before", ready("True", hour(-2)), hour(-1), true},
	} {
		i := &issuance{Certificate: &chain.Certificate{Meta: chain.Meta{Created: hour(-3)}, Conditions: c.conditions}}
		if got := i.since(&chain.Event{LastSeen: c.seen}); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestCertSpan(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"720h": 720 * time.Hour, "30m": 30 * time.Minute, "1h30m": 90 * time.Minute, "10m": 10 * time.Minute, "4m59s": 299 * time.Second, "1h0m5s": time.Hour + 5*time.Second, "10h": 10 * time.Hour,
	} {
		if got := certSpan(d); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
