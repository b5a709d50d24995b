//go:build e2e && acme

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
)

// soon is how long a fault may take until it is found: cert-manager tries a few times
// within the first half minute.
const soon = 90 * time.Second

// acmeObjects is what a user applies. Without a self check, a name is validated at once.
const acmeObjects = `apiVersion: v1
kind: Secret
metadata: {name: aws-$namespace}
stringData:
  access-key-id: "$id"
  secret-access-key: "$key"
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: acme}
spec:
  acme:
    server: $directory
    skipTLSVerify: true
    privateKeySecretRef: {name: account}
    solvers:
    - selector: {dnsZones: [$domain]}
      waitInsteadOfSelfCheck: 2s
      dns01:
        route53:
          region: us-east-1
          accessKeyIDSecretRef: {name: aws-$namespace, key: access-key-id}
          secretAccessKeySecretRef: {name: aws-$namespace, key: secret-access-key}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web}
spec:
  secretName: istio-ingressgateway-certs
  dnsNames: ["*.$domain", $domain]
  issuerRef: {name: acme}
`

// TestACME lets the real cert-manager issue and fail, and reads what it wrote.
func TestACME(t *testing.T) {
	w := startACME(t)
	w.post(t, "zone", "name", "example.org") // of another account
	for _, c := range acmeFaults() {
		t.Run(c.name, func(t *testing.T) {
			n := w.namespace(t)
			if c.denied != "" {
				w.post(t, "deny", "user", n.Name, "action", c.denied)
			}
			text := acmeObjects
			for i := 0; i < len(c.edit); i += 2 {
				if !strings.Contains(text, c.edit[i]) {
					t.Fatalf("the manifest has no %q", c.edit[i])
				}
				text = strings.Replace(text, c.edit[i], c.edit[i+1], 1)
			}
			n.Apply(n.fill(text))
			found := n.finds("web", c.root, max(c.limit, soon))
			if c.heal != nil {
				c.heal(n, found)
				n.heals("web")
			}
		})
	}
	t.Run("healthy", func(t *testing.T) { testRenewal(t, w) })
	t.Run("two certificates", func(t *testing.T) { testDuplicate(t, w) })
	t.Run("issuer elsewhere", func(t *testing.T) { testElsewhere(t, w) })
}

// acmeFault is one thing that is wrong.
type acmeFault struct {
	name   string
	edit   []string // of acmeObjects: old, new, old, new
	denied string   // what AWS denies to the user
	root   string   // the id of the root cause
	limit  time.Duration
	// heal does what the finding says, and the certificate is issued. Without it, the
	// fix is not a matter of commands.
	heal func(*acmeNamespace, *finding.Finding)
}

func acmeFaults() []acmeFault {
	const id, key = `  access-key-id: "$id"` + "\n", `  secret-access-key: "$key"` + "\n"
	secret, _, _ := strings.Cut(acmeObjects, "---\n")
	return []acmeFault{
		// The one that takes longest comes first: it is asked for two minutes.
		{name: "GetChange denied", denied: "route53:GetChange", root: "IAM03", limit: 4 * time.Minute},
		{name: "ListHostedZonesByName denied", denied: "route53:ListHostedZonesByName", root: "IAM01", heal: allowAndRetry("route53:ListHostedZonesByName")},
		{name: "ChangeResourceRecordSets denied", denied: "route53:ChangeResourceRecordSets", root: "IAM02", heal: allowAndRetry("route53:ChangeResourceRecordSets")},
		{name: "zone of another account", edit: []string{`dnsZones: [$domain]`, `dnsZones: [example.org]`, `["*.$domain", $domain]`, `[$namespace.example.org]`}, root: "IAM04"},
		{name: "zone missing", edit: []string{`dnsZones: [$domain]`, `dnsZones: [example.net]`, `["*.$domain", $domain]`, `[$namespace.example.net]`}, root: "CHAL03"},
		{name: "name refused", edit: []string{`dnsZones: [$domain]`, `dnsZones: [example.test]`, `["*.$domain", $domain]`, `[$namespace.refused.example.test]`}, root: "ORD06"},
		{name: "wrong key", edit: []string{"$key", strings.Repeat("wrong/key/", 4)}, root: "CRED09", heal: runAndRetry},
		{name: "unknown id", edit: []string{"$id", "AKIAIOSFODNN7EXAMPLE"}, root: "CRED09"},
		{name: "newline in id", edit: []string{`"$id"`, `"$id\n"`}, root: "CRED06", heal: runAndRetry},
		{name: "secret missing", edit: []string{secret + "---\n", ""}, root: "CRED01", heal: runFix},
		{name: "key missing", edit: []string{key, "  secretKey: \"$key\"\n"}, root: "CRED02", heal: runFix},
		{name: "id missing", edit: []string{id, ""}, root: "CRED02"},
		{name: "no solver", edit: []string{`dnsZones: [$domain]`, `dnsZones: ["*.$domain"]`, `["*.$domain", $domain]`, `[$domain]`}, root: "ORD01", heal: runFix},
	}
}

// runFix runs the first command of a finding's fix: those after it are other ways.
func runFix(n *acmeNamespace, found *finding.Finding) {
	n.t.Helper()
	for _, step := range found.Fix {
		if step.Run != "" {
			n.shell(step.Run)
			return
		}
	}
	n.t.Fatalf("no command in the fix of %s", found.ID)
}

// runAndRetry runs all commands of the fix, and the one that makes cert-manager try at
// once.
func runAndRetry(n *acmeNamespace, found *finding.Finding) {
	n.t.Helper()
	runs := 0
	for _, step := range found.Fix {
		if step.Run != "" {
			n.shell(step.Run)
			runs++
		}
	}
	if runs == 0 {
		n.t.Fatalf("no command in the fix of %s", found.ID)
	}
	n.retry(found)
}

// allowAndRetry lets AWS allow an action.
func allowAndRetry(action string) func(*acmeNamespace, *finding.Finding) {
	return func(n *acmeNamespace, found *finding.Finding) {
		n.t.Helper()
		n.world.post(n.t, "allow", "user", n.Name, "action", action)
		n.retry(found)
	}
}

// retry runs the command that the finding gives for those who do not want to wait.
func (n *acmeNamespace) retry(found *finding.Finding) {
	n.t.Helper()
	if at := strings.Index(found.Retry, "kubectl "); at >= 0 {
		n.shell(found.Retry[at:])
	}
}

// testRenewal issues a certificate and renews it, and certcheck sees no error meanwhile.
func testRenewal(t *testing.T, w *acmeWorld) {
	n := w.namespace(t)
	n.Apply(n.fill(acmeObjects))
	if run := n.Start("certcheck", "certificate/web", "--wait", "--timeout=90s"); run.Wait() != 0 {
		t.Fatal("not healthy in time")
	}
	n.heals("web")
	r := n.certcheck("web")
	if root := r.root(); root == nil || root.ID != "SEC09" || root.Severity != finding.Warning {
		t.Errorf("a server for tests is worth a warning: %s", r.text)
	}
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.ID == "ENV05" && f.Severity == finding.Warning }) {
		t.Errorf("no warning that the cluster has no controller, which runs outside of it: %s", r.text)
	}
	// As `cmctl renew` does.
	n.Kubectl("patch", "certificate", "web", "-n", n.Name, "--subresource=status", "--type=json", "-p",
		`[{"op":"add","path":"/status/conditions/-","value":{"type":"Issuing","status":"True","reason":"ManuallyTriggered","message":"Certificate re-issuance manually triggered","lastTransitionTime":"`+time.Now().UTC().Format(time.RFC3339)+`","observedGeneration":1}}]`)
	n.Until("revision 2", soon, func() error {
		if r := n.certcheck("web"); r.code != 0 {
			t.Fatalf("an error while the certificate is renewed: %s", r.text)
		}
		if got := n.Kubectl("get", "certificate", "web", "-n", n.Name, "-o", "jsonpath={.status.revision}"); got != "2" {
			return fmt.Errorf("it is %s", got)
		}
		return nil
	})
	n.heals("web")
}

// testDuplicate has a second Certificate for the Secret of the first.
func testDuplicate(t *testing.T, w *acmeWorld) {
	n := w.namespace(t)
	n.Apply(n.fill(acmeObjects))
	n.heals("web")
	_, certificate, _ := strings.Cut(acmeObjects, "---\napiVersion: cert-manager.io/v1\nkind: Certificate\n")
	n.Apply(n.fill("apiVersion: cert-manager.io/v1\nkind: Certificate\n" + strings.NewReplacer("name: web", "name: api", "*.$domain", "deep.api.$domain").Replace(certificate)))
	runFix(n, n.finds("api", "CRT04", soon))
	n.heals("api")
	n.heals("web")
}

// testElsewhere has the Issuer in another namespace only.
func testElsewhere(t *testing.T, w *acmeWorld) {
	n := w.namespace(t)
	other := *n.Namespace
	other.Name += "-b"
	other.Kubectl("create", "namespace", other.Name)
	t.Cleanup(func() { other.Kubectl("delete", "namespace", other.Name, "--wait=false") })
	objects := strings.Split(n.fill(acmeObjects), "---\n")
	n.Apply(objects[0], objects[2])
	other.Apply(objects[1])
	n.finds("web", "ISS02", soon)
}
