package rules

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
)

// credentialIDs are the findings of these families, with their severity.
func credentialIDs(r *finding.Report) string {
	var all []string
	for _, f := range r.Findings {
		if strings.HasPrefix(f.ID, "CRED") || strings.HasPrefix(f.ID, "IAM") {
			all = append(all, f.ID+" "+string(f.Severity)+" "+f.Object.Kind)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// TestNearMisses: what looks like a finding and is none, or is another.
func TestCredentialNearMisses(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name, fixture string
		replace       []string
		want          string
	}{
		{"the Secret is there", "CRED01", []string{"{name: route53, namespace: shop", "{name: route53, namespace: cert-manager"}, ""},
		{"files cannot tell that a Secret is missing", "CRED01-gone", []string{"# cluster:\n", "", "name: letsencrypt-account, namespace: shop", "name: letsencrypt-account, namespace: other", "namespace: shop\n  uid: 5e1f0c2a-0000-4000-8000-000000000001", "namespace: shop"}, ""},
		{"a webhook may look where it likes", "CRED01-gone", []string{"        route53:\n          region: eu-central-1", "        webhook:\n          region: eu-central-1"}, "CRED01 warning Secret"},
		{"the controller looks in the certificate's namespace", "CRED01", []string{"--cluster-resource-namespace=$(POD_NAMESPACE)", "--cluster-resource-namespace=shop"}, ""},
		{"the binary's default namespace", "CRED01", []string{`"--cluster-resource-namespace=$(POD_NAMESPACE)", `, "", "{name: route53, namespace: shop", "{name: route53, namespace: kube-system"}, ""},
		{"where a ClusterIssuer's Secrets are is not known", "CRED01", []string{"kind: Deployment", "kind: ReplicaSet", "InvalidSolver", "Other", "to get secret", "otherwise"}, "CRED01 info Secret"},
		{"it is nowhere, wherever that is", "CRED01", []string{"kind: Deployment", "kind: ReplicaSet", "InvalidSolver", "Other", "to get secret", "otherwise", "{name: route53, namespace: shop", "{name: other, namespace: shop"}, "CRED01 error Secret"},
		{"a webhook's Secret is somewhere else", "CRED01", []string{"        route53:\n          region: eu-central-1", "        webhook:\n          region: eu-central-1", "InvalidSolver", "Other"}, ""},
		{"Vault's token", "CRED01-ca", []string{"spec: {ca: {secretName: company-ca}}", `spec: {vault: {server: "https://vault.example.com", path: pki/sign/web, auth: {tokenSecretRef: {name: vault, key: token}}}}`}, "CRED01 error Secret"},
		{"half of a CA's key pair", "CRED01-ca", []string{"---\napiVersion: cert-manager.io/v1\nkind: ClusterIssuer", "---\napiVersion: v1\nkind: Secret\nmetadata: {name: company-ca, namespace: cert-manager, uid: u}\ntype: Opaque\ndata: ${pair only=crt ca=yes}\n---\napiVersion: cert-manager.io/v1\nkind: ClusterIssuer"}, "CRED02 error Secret"},
		{"a corrected issuer, and a Challenge that cannot go", "CRED01-vanished", []string{"          secretAccessKeySecretRef: {name: route53, key: secret-access-key}\nstatus", "          secretAccessKeySecretRef: {name: aws, key: secret-access-key}\nstatus", "apiVersion: apps/v1", "apiVersion: v1\nkind: Secret\nmetadata: {name: aws, namespace: cert-manager, uid: u}\nstringData: {secret-access-key: " + keyOfRecipes + "}\n---\napiVersion: apps/v1"}, "CRED01 error Challenge"},
		{"an event of 2018 that others came after", "IAM01-2018", []string{"AccessDenied: User", "Other: User", "---\napiVersion: apps/v1", oldEvent("1", "Warning", "AccessDenied: route53:GetChange", "08:02") + oldEvent("2", "Normal", "Presented", "08:03") + "---\napiVersion: apps/v1"}, ""},
		{"an event of 2018", "IAM01-2018", []string{"AccessDenied: User", "Other: User", "---\napiVersion: apps/v1", oldEvent("2", "Warning", "AccessDenied: route53:GetChange", "08:03") + "---\napiVersion: apps/v1"}, "IAM03 error Certificate"},
		{"the status leaves out what AWS says, and the event is forgotten", "IAM01", []string{"reason: PresentError", "reason: Forgotten"}, ""},
		{"a node's clock is wrong", "CRED09", []string{"The request signature we calculated", "Signature expired: 20261125T110000Z is now earlier than 20261125T115000Z. The request signature we calculated"}, "CRED09 error ClusterIssuer"},
		{"one of several solvers", "CRED01-gone", []string{"    solvers:\n", "    solvers:\n    - http01: {ingress: {}}\n"}, "CRED01 error Secret"},
		{"an Issuer may use the surroundings by a flag", "CRED04", []string{"[\"--cluster", "[\"--issuer-ambient-credentials=true\", \"--cluster", "type: Warning", "type: Normal", "perhaps you meant", "perhaps"}, ""},
		{"a ClusterIssuer may by default", "CRED04-nowhere", []string{"no EC2 IMDS role found", "no luck"}, ""},
		{"a ClusterIssuer may not by a flag", "CRED04-nowhere", []string{"no EC2 IMDS role found", "no luck", "[\"--cluster", "[\"--cluster-issuer-ambient-credentials=false\", \"--cluster"}, "CRED04 error ClusterIssuer"},
		{"the controller is not known", "CRED04", []string{"kind: Deployment", "kind: ReplicaSet", "PresentError", "Other", "empty credentials", "none"}, "CRED04 warning Issuer"},
		{"Cloud DNS, by the surroundings", "CRED04", []string{"        route53:\n          region", "        cloudDNS:\n          project", "empty credentials", "none"}, "CRED04 error Issuer"},
		{"v1.9 reads the ID from a Secret", "CRED03-old", []string{"v1.8.2", "v1.9.0"}, ""},
		{"v0.2 does not take the newline off", "CRED06-harmless", []string{"v1.21.2", "v0.2.5", "accessKeyIDSecretRef: {name: route53, key: access-key-id}", "accessKeyID: AKIAABCDEFGHIJKLMNOP"}, "CRED06 error Secret"},
		{"a newline in the issuer's own ID is taken off", "CRED09-unknown", []string{"accessKeyID: AKIAABCDEFGHIJKLMNOP", `accessKeyID: "AKIAABCDEFGHIJKLMNOP\n"`, "InvalidClientTokenId", "Other", "security token", "token"}, ""},
		{"quotes in the issuer's own ID", "CRED09-unknown", []string{"accessKeyID: AKIAABCDEFGHIJKLMNOP", `accessKeyID: "'AKIAABCDEFGHIJKLMNOP'"`, "InvalidClientTokenId", "Other", "security token", "token"}, "CRED06 error ClusterIssuer"},
		{"an odd key that AWS knows", "IAM01", []string{"access-key-id: AKIAABCDEFGHIJKLMNOP", "access-key-id: minio"}, "IAM01 error Challenge"},
		{"an odd key", "ok-challenge", []string{"access-key-id: AKIAABCDEFGHIJKLMNOP", "access-key-id: minio", "presented: true", "presented: false", "AccessDenied", "Other"}, "CRED07 warning Secret"},
		{"an odd key that has written a record", "ok-challenge", []string{"access-key-id: AKIAABCDEFGHIJKLMNOP", "access-key-id: minio"}, ""},
		{"the record is written, the status is behind", "IAM01", []string{"presented: false", "presented: true"}, ""},
		{"the event Presented is newer than the status", "ok-challenge", []string{"presented: true", "presented: false"}, ""},
		{"the event is of another Challenge of that name", "IAM01", []string{"namespace: shop, uid: 5e1f0c2a-0000-4000-8000-000000000005}\n", "namespace: shop, uid: 5e1f0c2a-0000-4000-8000-0000000000ff}\n"}, ""},
		{"the status has it too, before v1.20", "IAM05", []string{"reason: PresentError", "reason: Forgotten"}, "IAM05 warning Challenge"},
		{"nothing is left to be removed", "IAM02-cleanup", []string{"finalizers: [acme.cert-manager.io/finalizer]", "finalizers: []"}, ""},
		{"the Challenge is done with, what it failed by is history", "IAM01", []string{"state: pending\n  reason", "state: valid\n  reason"}, ""},
		{"the Secret was written since", "CRED09", []string{"{name: route53, namespace: cert-manager, uid: 5e1f0c2a-0000-4000-8000-000000000008}",
			`{name: route53, namespace: cert-manager, uid: u, managedFields: [{manager: kubectl, operation: Update, time: "2026-11-25T11:58:00Z", fieldsV1: {"f:data": {}}}]}`}, ""},
		{"the controller is not from an image that tells", "IAM05", []string{"cert-manager-controller:v1.18.2", "cert-manager-controller@sha256:00"}, "IAM05 warning Challenge"},
		{"the issuer was corrected, its Challenge was not", "CRED04", []string{"        route53:\n          region: eu-central-1\nstatus", "        route53:\n          region: eu-central-1\n          accessKeyID: AKIAABCDEFGHIJKLMNOP\n          secretAccessKeySecretRef: {name: letsencrypt-account, key: tls.key}\nstatus"}, "CRED04 error Challenge, CRED07 warning Secret"},
	} {
		if got := credentialIDs(edited(t, one.fixture, one.replace...).check(t)); got != one.want {
			t.Errorf("%s: %q, want %q", one.name, got, one.want)
		}
	}
}

// oldEvent is one about the Certificate of IAM01-2018.
func oldEvent(name, kind, message, at string) string {
	return "---\n{apiVersion: v1, kind: Event, metadata: {name: web." + name + ", namespace: istio-system}, involvedObject: {kind: Certificate, name: web, namespace: istio-system}, type: " +
		kind + ", reason: Any, message: \"" + message + "\", lastTimestamp: \"2018-07-02T" + at + ":00Z\"}\n"
}

// TestNoFormOfAKeyIsShown: not as it is, not without its last letter, not in base64.
func TestNoFormOfAKeyIsShown(t *testing.T) {
	t.Parallel()
	part := keyOfRecipes[:20]
	forms := []string{part, base64.StdEncoding.EncodeToString([]byte(keyOfRecipes))[:20], "AKIAABCDEFGH", "ASIAABCDEFGH", "not-a-real-token"}
	for _, f := range fixtures(t) {
		var b bytes.Buffer
		if err := f.check(t).Print(&b, finding.Options{Format: finding.JSON}); err != nil {
			t.Fatal(err)
		}
		for _, form := range forms {
			if strings.Contains(b.String(), form) {
				t.Errorf("%s shows %s…", f.name, form[:6])
			}
		}
	}
}

// TestCredentialsAreTheCause: what a Challenge and a Certificate say follows from them.
func TestCredentialsAreTheCause(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ fixture, cause string }{
		{"IAM01", "IAM01"}, {"CRED09", "CRED09"}, {"CRED09-shape", "CRED09"}, {"CRED06", "CRED06"}, {"ok-challenge", ""},
	} {
		f := edited(t, one.fixture)
		c := newChecker(f.snapshot(t), Options{Now: noon})
		if err := c.choose(); err != nil {
			t.Fatal(err)
		}
		c.add(symptom, finding.Finding{ID: "CHAL01", Severity: finding.Error, Object: c.Challenges[0].Object, What: "The record could not be written."})
		c.add(symptom, finding.Finding{ID: "CRT01", Severity: finding.Error, Object: c.Certificates[0].Object, What: "The Certificate is not ready."})
		c.checkCredentials()
		c.checkIAM()
		c.rank()
		for i := range c.found {
			got := ""
			if because := c.found[i].Because; because != nil {
				got = because.ID
			}
			want := one.cause
			if want == "" && c.found[i].ID == "CRT01" {
				want = "CHAL01"
			}
			if c.found[i].part == symptom && got != want {
				t.Errorf("%s: %s follows from %q, want %q", one.fixture, c.found[i].ID, got, want)
			}
		}
	}
}

func TestZonesFor(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		"_acme-challenge.a.shop.example.com.": "a.shop.example.com shop.example.com example.com",
		"_acme-challenge.example.com":         "example.com",
		"_acme-challenge.localhost":           "",
		"":                                    "",
	} {
		if got := strings.Join(zonesFor(record), " "); got != want {
			t.Errorf("%q: %q, want %q", record, got, want)
		}
	}
}

// TestOneFindingOfASecret: two keys that are wrong are one finding of their Secret.
func TestOneFindingOfASecret(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"CRED01", "CRED06-twice"} {
		if got := strings.Count(credentialIDs(edited(t, name).check(t)), "CRED"); got != 1 {
			t.Errorf("%s: %d findings", name, got)
		}
	}
}
