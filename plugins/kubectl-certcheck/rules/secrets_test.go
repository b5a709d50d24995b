package rules

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// secretsOf are the findings of this family in a fixture with some of its text replaced,
// as "SEC05 error".
func secretsOf(t *testing.T, name string, opts Options, changes ...string) []string {
	t.Helper()
	report := reportOf(t, name, opts, changes...)
	var all []string
	for _, f := range report.Findings {
		if one := f.ID + " " + string(f.Severity); strings.HasPrefix(f.ID, "SEC") && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	slices.Sort(all)
	return all
}

func reportOf(t *testing.T, name string, opts Options, changes ...string) *finding.Report {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{name: name, text: string(raw), opts: map[string]string{}}
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(f.text, changes[i]) {
			t.Fatalf("%s has no %q", name, changes[i])
		}
		f.text = strings.ReplaceAll(f.text, changes[i], changes[i+1])
	}
	if strings.Contains(f.text, "# cluster:") {
		f.opts["cluster"] = ""
	}
	if opts.Now.IsZero() {
		opts.Now = noon
	}
	report, err := Check(f.snapshot(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

const pairOfShop = "${pair dns=shop.example.com match=no}" // of SEC03

func TestSecretsNearMisses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, fixture string
		changes       []string
		want          string
	}{
		{"a key that matches", "SEC03", []string{" match=no", ""}, ""},
		{"no data at all", "SEC03", []string{pairOfShop, "{}"}, "SEC01 error"},
		{"empty values", "SEC03", []string{pairOfShop, `{tls.crt: "", tls.key: ""}`}, "SEC01 error"},
		{"blank values", "SEC03", []string{pairOfShop, `{tls.crt: "Cg==", tls.key: "Cg=="}`}, "SEC01 error"},
		{"not the words of a certificate", "SEC03", []string{pairOfShop, `{tls.crt: "aGVsbG8=", tls.key: "aGVsbG8="}`}, "SEC04 error"},
		{"no Secret, which is the Ingress's matter", "SEC03", []string{"kind: Secret", "kind: ConfigMap"}, ""},

		{"a Certificate that was never issued", "SEC01-gone", []string{"  revision: 2\n", "", "  notAfter: \"2027-01-24T00:00:00Z\"\n", ""}, ""},
		{"it is being made again", "SEC01-gone", []string{"  notBefore:", "  - {type: Issuing, status: \"True\", reason: DoesNotExist, message: x, lastTransitionTime: \"2026-11-25T11:55:00Z\"}\n  notBefore:"}, ""},
		{"no Secret in files", "SEC01-gone", []string{"# cluster:\n", ""}, ""},

		{"Opaque without a consumer that minds", "SEC02", []string{"networking.k8s.io/v1", "example.com/v1"}, ""},

		{"expired, and nobody takes it", "SEC05-byhand", []string{"networking.k8s.io/v1", "example.com/v1"}, "SEC05 warning"},
		{"a CA among others that is over", "SEC05-ca", []string{"until=2026-11-20", "until=2027-11-20"}, ""},

		{"not due", "SEC06-due", []string{"2026-11-25T11:00:00Z", "2026-11-25T12:00:01Z"}, ""},
		{"an hour before the third", "SEC06-due", []string{"  renewalTime: \"2026-11-25T11:00:00Z\"\n", "", "2026-12-25T11:00:00Z", "2026-12-25T13:00:00Z"}, ""},
		{"a policy that renews nothing, in time", "SEC06-due", []string{"  renewalTime: \"2026-11-25T11:00:00Z\"\n", "", "  issuerRef", "  renewal: {policy: Disabled}\n  issuerRef", "2026-12-25T11:00:00Z", "2027-01-25T11:00:00Z"}, ""},
		{"a policy that renews nothing, late", "SEC06-due", []string{"  renewalTime: \"2026-11-25T11:00:00Z\"\n", "", "  issuerRef", "  renewal: {policy: Disabled}\n  issuerRef"}, "SEC06 warning"},
		{"a renewalTime of the one before", "SEC06-due", []string{"notAfter: \"2026-12-25T11:00:00Z\"", "notAfter: \"2026-11-01T00:00:00Z\"", "2026-09-26T11:00:00Z", "2026-11-01T00:00:00Z", "2026-12-25T11:00:00Z", "2027-01-30T00:00:00Z"}, ""},
		{"no Certificate was seen that the Secret names", "SEC06-byhand", []string{"# cluster:\n", ""}, "SEC06 warning"},
		{"failures, and enough time", "SEC06-due", []string{"  revision: 2\n", "  revision: 2\n  lastFailureTime: \"2026-11-25T11:30:00Z\"\n  failedIssuanceAttempts: 1\n"}, "SEC06 info"},
		{"failures, and no time", "SEC06-backoff", []string{"failedIssuanceAttempts: 6", "failedIssuanceAttempts: 1"}, "SEC06 warning"},

		{"a leaf of a private CA is alone", "SEC07-missing", []string{" sct=yes", ""}, ""},
		{"a certificate twice", "SEC07-order", []string{"chain=int,leaf", "chain=leaf,leaf,int"}, "SEC07 info"},
		{"the intermediate between", "SEC07-stranger", []string{"chain=leaf,int,other,root", "chain=leaf,int"}, ""},
		{"an intermediate that lives longer", "SEC08-before", []string{"int-until=2026-12-20", "int-until=2027-01-25"}, ""},
		{"both are over", "SEC08", []string{"issuer=R3 ", "issuer=R3 until=2026-11-22 "}, "SEC05 error"},
		{"a root that is over", "SEC08", []string{"issuer=R3 int-until=2026-11-20", "chain=leaf"}, ""},

		{"the temporary one", "SEC09-staging", []string{"issuer=(STAGING)_Pseudo_Plum_E5", "issuer=cert-manager.local"}, "SEC09 warning"},
		{"a wildcard covers what is wanted", "SEC10-names", []string{"${pair dns=shop.example.com", "${pair dns=*.shop.example.com,shop.example.com"}, ""},
		{"the Ingress serves what is missing", "SEC10-names", []string{"hosts: [shop.example.com]", "hosts: [www.shop.example.com]"}, "SEC10 error"},
		{"names in other letters", "SEC10-names", []string{"shop.example.com, www.shop.example.com", "Shop.Example.com"}, ""},
		{"a client's certificate in a pod", "SEC12", []string{", {key: ca.crt, path: ca.crt}", "", "dns=shop.example.com", "cn=api eku=client", "dnsNames: [shop.example.com]", "commonName: api"}, ""},

		{"RSA of 2048 bits for servers", "SEC11", []string{"key=rsa1024 eku=client", "key=rsa2048"}, ""},
		{"P-224", "SEC11", []string{"key=rsa1024 eku=client", "key=p224"}, "SEC11 warning"},
		{"a CA as server", "SEC11", []string{"key=rsa1024 eku=client", "ca=yes"}, "SEC11 warning"},
		{"ten years of a private CA", "SEC11-long", []string{" sct=yes", "", "2027-10-01", "2036-10-01"}, "SEC08 warning"},
		{"200 days", "SEC11-long", []string{"until=2027-10-01", "until=2027-04-19"}, ""},
		{"200 days and more", "SEC11-long", []string{"until=2027-10-01", "until=2027-04-20"}, "SEC11 warning"},
		{"398 days, from before March 2026", "SEC11-long", []string{"from=2026-10-01 until=2027-10-01", "from=2026-03-01 until=2027-04-01"}, ""},

		{"a pod without ca.crt", "SEC12", []string{", {key: ca.crt, path: ca.crt}", ""}, ""},
		{"ca.crt is there", "SEC12", []string{"${pair dns=shop.example.com", "${pair with=ca dns=shop.example.com"}, ""},
		{"ca.crt as a path of its own", "SEC12", []string{"readOnly: true", "subPath: ca.crt", "      items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}, {key: ca.crt, path: ca.crt}]\n", ""}, "SEC12 error"},
		{"the pod goes on without", "SEC12", []string{"secretName: shop-tls\n      items", "secretName: shop-tls\n      optional: true\n      items"}, "SEC12 warning"},

		{"the issuer that is wanted", "SEC13", []string{"issuer-name: zerossl", "issuer-name: letsencrypt"}, ""},
		{"a Secret without annotations", "SEC13", []string{"cert-manager.io/issuer-name: zerossl", "example.com/a: b"}, ""},
		{"another kind of issuer", "SEC13", []string{"issuer-name: zerossl", "issuer-name: letsencrypt", "issuer-kind: ClusterIssuer", "issuer-kind: Issuer"}, "SEC13 warning"},
		{"another Certificate", "SEC13", []string{"issuer-name: zerossl", "issuer-name: letsencrypt", "certificate-name: shop", "certificate-name: store"}, "SEC13 warning"},

		{"written before cert-manager", "SEC14", []string{"11:50:00Z", "11:30:00Z"}, ""},
		{"only labels", "SEC14", []string{`2026-11-25T11:50:00Z", fieldsType: FieldsV1, fieldsV1: {"f:data"`, `2026-11-25T11:50:00Z", fieldsType: FieldsV1, fieldsV1: {"f:metadata"`}, ""},
		{"restored from a backup", "SEC14", []string{"manager: cert-manager-certificates-issuing", "manager: velero-server"}, ""},

		{"a program that copies", "SEC15", []string{"namespace: blog\n", "namespace: blog\n  annotations: {reflector.v1.k8s.emberstack.com/reflects: certs/shop-tls}\n", "serial=7 from=2026-08-27 until=2026-12-30", "serial=9"}, ""},
		{"the same names by another CA", "SEC15", []string{"serial=7", "serial=7 org=Example", "serial=8 from=2026-10-26 until=2027-01-24}\n---\napiVersion: v1", "serial=9}\n---\napiVersion: v1"}, ""},
		{"files of other names", "SEC05-old", []string{"certs/tls.crt", "certs/cert.pem", "certs/tls.key", "certs/key.pem", "kind: Certificate\n", "kind: Other\n",
			"kubernetes.io/tls", "Opaque", "${pair cn=shop.example.com dns=shop.example.com from=2026-08-20 until=2026-11-18}", "{cert.pem: aGVsbG8=, key.pem: aGVsbG8=}"}, ""},
		{"v0.3.1 before its 30 days", "SEC05-old", []string{"from=2026-08-20 until=2026-11-18", "from=2026-09-28 until=2026-12-27"}, ""},
		{"v0.3.1 in its 30 days", "SEC05-old", []string{"from=2026-08-20 until=2026-11-18", "from=2026-09-23 until=2026-12-22"}, "SEC06 warning"},
		{"names that are on their way", "SEC10-names", []string{"  notBefore:", "  - {type: Issuing, status: \"True\", reason: RequestChanged, message: x, observedGeneration: 2, lastTransitionTime: \"2026-11-25T11:55:00Z\"}\n  notBefore:", "hosts: [shop.example.com]", "hosts: [www.shop.example.com]"}, "SEC10 info"},
		{"the CA of clients beside the certificate", "SEC05-ca", []string{", caCertCredentialName: clients-ca", "", "${pair dns=shop.example.com}", `{cert: aGVsbG8=, cacert: "${bundle cn=clients until=2026-11-20}"}`}, "SEC05 error"},
		{"nobody asks for clients' certificates", "SEC05-ca", []string{", caCertCredentialName: clients-ca", "", "MUTUAL", "SIMPLE", "${pair dns=shop.example.com}", `{cert: aGVsbG8=, cacert: "${bundle cn=clients until=2026-11-20}"}`}, ""},
		{"Opaque for Istio", "ok-credential", []string{"kubernetes.io/tls", "Opaque"}, ""},
		{"a policy that renews nothing, with the time of before", "SEC06-due", []string{"  issuerRef", "  renewal: {policy: Disabled}\n  issuerRef"}, "SEC06 warning"},
		{"a stranger comes first", "SEC07-order", []string{"chain=int,leaf", "chain=other,leaf,int"}, "SEC07 error"},
		{"two Certificates are another matter", "SEC13", []string{"certificate-name: shop", "certificate-name: store",
			"---\napiVersion: cert-manager.io/v1\nkind: ClusterIssuer", "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: two, namespace: shop}\nspec: {secretName: shop-tls, dnsNames: [shop.example.com], issuerRef: {name: letsencrypt, kind: ClusterIssuer}}\n---\napiVersion: cert-manager.io/v1\nkind: ClusterIssuer"}, ""},
		{"no profile that leaves it out", "SEC16", []string{"    profile: tlsserver\n", ""}, ""},
		{"the common name is there", "SEC16", []string{"${pair dns=shop.example.com", "${pair cn=shop.example.com dns=shop.example.com"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(secretsOf(t, tt.fixture, Options{}, tt.changes...), ", "); got != tt.want {
				t.Errorf("%s: finds %q, want %q", tt.fixture, got, tt.want)
			}
		})
	}
}

// TestSecretsRank: an expired certificate follows from what keeps cert-manager from
// issuing another one; that somebody else writes the Secret does not, nor does the state
// of the Secret that nobody fills.
func TestSecretsRank(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fixture string
		because string
	}{
		"cert-manager's, expired":  {"SEC05-ready", "CHAL01"},
		"cert-manager's, overdue":  {"SEC06-overdue", "CHAL01"},
		"cert-manager's, contest":  {"SEC14", ""},
		"cert-manager's, staging":  {"SEC09-staging", ""},
		"staging that was left":    {"SEC09-left", "CHAL01"},
		"cert-manager's, old name": {"SEC10-names", "CHAL01"},
	} {
		raw, err := os.ReadFile("testdata/" + tt.fixture + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{name: tt.fixture, text: string(raw), opts: map[string]string{}}
		c := newChecker(f.snapshot(t), Options{Now: noon})
		if err := c.choose(); err != nil {
			t.Fatal(err)
		}
		c.checkSecrets()
		deep := c.Snapshot.Certificate(chain.Name{Namespace: "shop", Name: "shop"}).Object
		c.add(blocks, finding.Finding{ID: "CHAL01", Severity: finding.Error, Object: deep, What: "x"})
		c.rank()
		because := ""
		if ref := c.found[0].Because; ref != nil {
			because = ref.ID
		}
		if because != tt.because {
			t.Errorf("%s: %s because %q, want %q", name, c.found[0].ID, because, tt.because)
		}
	}
}

// TestRankWithinALink: that a certificate has expired does not come from its issuer's
// having been changed, nor the other way round.
func TestRankWithinALink(t *testing.T) {
	t.Parallel()
	report := reportOf(t, "SEC13", Options{}, "from=2026-10-26 until=2027-01-24", "from=2026-08-20 until=2026-11-18")
	seen := 0
	for _, f := range report.Findings {
		if f.ID != "SEC05" && f.ID != "SEC13" {
			continue
		}
		seen++
		if f.Because != nil && strings.HasPrefix(f.Because.ID, "SEC") {
			t.Errorf("%s because %v", f.ID, *f.Because)
		}
	}
	if seen != 2 {
		t.Errorf("findings: %v", report.Findings)
	}
}

// TestSecretsUnusable: what is a blemish beside a certificate is an error in its place.
func TestSecretsUnusable(t *testing.T) {
	t.Parallel()
	pair := expand(t, "${pair dns=shop.example.com}")
	swapped := strings.NewReplacer("tls.crt", "tls.key", "tls.key", "tls.crt").Replace(pair)
	if got := secretsOf(t, "SEC03", Options{}, pairOfShop, swapped); !slices.Equal(got, []string{"SEC04 error"}) {
		t.Errorf("swapped: %v", got)
	}
	both := strings.TrimSuffix(pair, "}") + ", cert: aGVsbG8=, key: aGVsbG8=}"
	const macro = "${pair dns=shop.example.com from=2026-10-26 until=2027-01-24}"
	if got := secretsOf(t, "ok-credential", Options{}, macro, both); !slices.Equal(got, []string{"SEC04 error"}) {
		t.Errorf("Istio takes cert and key: %v", got)
	}
	if got := secretsOf(t, "SEC03", Options{}, pairOfShop, both); got != nil {
		t.Errorf("an Ingress does not: %v", got)
	}
}
