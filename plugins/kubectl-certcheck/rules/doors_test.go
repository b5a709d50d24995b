package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// doorIDs are the findings of some families, each with its severity.
func doorIDs(r *finding.Report, families string) string {
	var ids []string
	for i := range r.Findings {
		f := &r.Findings[i]
		if strings.Contains(families, strings.TrimRight(f.ID, "0123456789")) {
			ids = append(ids, f.ID+" "+string(f.Severity))
		}
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), ", ")
}

const doorFamilies = "ENV GWA ING POD CON CAB"

// TestNearMisses: what is almost one of the fixtures, and not as bad, or bad otherwise.
func TestDoorNearMisses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, fixture string
		edits         []string
		want          string
	}{
		{"files do not tell that a Secret is missing", "GWA01", []string{"# cluster:\n", "", "uid: 1c8d", "note: 1c8d", `status: "False", reason: InvalidCertificateRef`, `status: "True", reason: ResolvedRefs`}, ""},
		{"a condition of an older generation", "GWA01-malformed", []string{"observedGeneration: 1", "observedGeneration: 0", "  generation: 1", "  generation: 2"}, "GWA01 error"},
		{"a condition of an older generation that is told", "GWA01-malformed", []string{"  generation: 1", "  generation: 2"}, ""},
		{"the Secret came after the controller last looked", "GWA01-malformed", []string{"2026-10-26T12:00:00Z", "2026-11-25T11:58:00Z"}, ""},
		{"other conditions are no concern of certificates", "GWA01-malformed", []string{"InvalidCertificateRef", "InvalidRouteKinds"}, ""},
		{"a grant for this namespace", "GWA02", []string{"namespace: other}", "namespace: shop}", `status: "False", reason: RefNotPermitted`, `status: "True", reason: ResolvedRefs`}, ""},
		{"a grant for another Secret", "GWA02", []string{"namespace: other}", "namespace: shop}", "kind: Secret}]", "kind: Secret, name: another}]"}, "GWA02 error"},
		{"a grant for routes", "GWA02", []string{"kind: Gateway, namespace: other}", "kind: HTTPRoute, namespace: shop}"}, "GWA02 error"},
		{"a listener without TLS", "GWA02", []string{"protocol: HTTPS", "protocol: HTTP"}, ""},
		{"passthrough needs no certificate", "GWA01", []string{"mode: Terminate", "mode: Passthrough"}, ""},
		{"files do not tell whether the Secret is there", "GWA03", []string{"# cluster:\n", ""}, "GWA01 error, GWA03 warning"},
		{"a listener that is to be left out", "GWA03", []string{"{cert-manager.io/cluster-issuer: internal}", `{cert-manager.io/cluster-issuer: internal, cert-manager.io/ignore-tls-listeners: "http, https"}`}, "GWA01 error"},
		{"the listener was made good", "GWA03", []string{"  - name: https\n    port", "  - name: https\n    hostname: shop.example.com\n    port"}, "GWA01 error, GWA04 warning"},
		{"the flag is given", "GWA04", []string{`"--cluster`, `"--enable-gateway-api", "--cluster`}, "GWA01 error, GWA04 warning"},
		{"the flag is given, and the Gateway is new", "GWA04", []string{`"--cluster`, `"--enable-gateway-api", "--cluster`, "2026-10-26T11:00:00Z", "2026-11-25T11:58:00Z"}, "GWA01 error"},
		{"a file of settings may enable it", "GWA04", []string{`"--cluster`, `"--config=/var/cert-manager/config.yaml", "--cluster`}, "GWA01 error"},
		{"two certificates for Istio", "GWA05-many", []string{", {name: web-old}", ""}, ""},
		{"three certificates for another program", "GWA05-many", []string{"gatewayClassName: istio", "gatewayClassName: cilium"}, ""},
		{"one of two certificates covers the host", "GWA05-many", []string{", {name: web-old}", "", "hostname: shop.example.com", "hostname: www.example.com", "serial=2", "serial=2 cn=x", "dns=shop.example.com from=2026-10-26 until=2027-01-24 serial=2", "dns=www.example.com from=2026-10-26 until=2027-01-24 serial=2"}, ""},
		{"a wildcard of which some names are covered", "GWA05", []string{"hostname: example.com", `hostname: "*.example.com"`, "dns=*.example.com", "dns=a.example.com"}, "GWA05 warning"},

		{"not seen is not missing", "ING01", []string{"# cluster:", "# cluster:\n# missing: Secret secrets shop"}, "ENV08 skipped"},
		{"a wildcard covers", "ING02", []string{"dns=shop.example.com", "dns=*.example.com"}, ""},
		{"a wildcard among the hosts covers the rules", "ING02", []string{"hosts: [shop.example.com, www.example.com]", `hosts: ["*.example.com"]`, "dns=shop.example.com", "dns=*.example.com"}, ""},
		{"a block without hosts is for all", "ING02", []string{"hosts: [shop.example.com, www.example.com], ", ""}, ""},
		{"annotations of v0.10 that nobody reads", "ING03", []string{"cert-manager.io/issuer: ours, cert-manager.io/cluster-issuer", "certmanager.k8s.io/cluster-issuer", "reason: BadConfig", "reason: Other"}, "ING01 error, ING03 warning"},
		{"a complaint about the Ingress before this one", "ING03", []string{"cert-manager.io/issuer: ours, ", "", "2026-11-25T11:55:00Z", "2026-10-25T11:55:00Z"}, "ING01 error"},
		{"all Certificates are there in spite of the complaint", "ok-ingress", []string{"cert-manager.io/cluster-issuer: internal}", "cert-manager.io/cluster-issuer: internal, cert-manager.io/issuer: ours}"}, ""},
		{"Istio's gateway is in the namespace of the Ingress", "ING04", []string{"namespace: istio-ingress", "namespace: shop"}, ""},

		{"a container that started since", "POD01", []string{"2026-10-20T08:00:05Z", "2026-10-27T08:00:05Z"}, ""},
		{"an optional Secret", "POD02", []string{"secretName: web-tls}", "secretName: web-tls, optional: true}"}, ""},
		{"a Secret that went while the pod ran", "POD02", []string{"waiting: {reason: ContainerCreating}", `running: {startedAt: "2026-11-25T11:10:05Z"}`}, "POD02 warning"},

		{"the doors are at different addresses", "CON01", []string{"value: 203.0.113.30", "value: 203.0.113.31"}, ""},
		{"nothing is known of the addresses of different programs", "CON01", []string{"value: 203.0.113.30", `value: ""`}, ""},
		{"the same certificate in two Secrets", "CON01", []string{" serial=7", ""}, ""},
		{"the Certificate is there", "ok-ingress", nil, ""},
		{"a copy of a Secret of another namespace", "CON02", []string{"    cert-manager.io/certificate-name: web", "    reflector.v1.k8s.emberstack.com/reflects: certs/web-tls\n    cert-manager.io/certificate-name: web"}, ""},
		{"nobody could look for the Certificate", "CON02", []string{"# cluster:", "# cluster:\n# missing: Certificate certificates.cert-manager.io"}, "ENV08 skipped"},
		{"nobody was seen to take it", "CON02", []string{"kind: Ingress", "kind: NetworkPolicy"}, "CON02 info"},

		{"no cert-manager, and nobody asks for it", "ENV01", []string{"cert-manager.io/cluster-issuer: internal", "note: none"}, "ENV01 info, ING01 error"},
		{"the old controller works on what is old", "ENV02", []string{"v1.21.2", "v0.10.1"}, "ENV02 warning"},
		{"only today's versions are stored", "ENV03", []string{"[v1alpha2, v1]", "[v1]"}, ""},
		{"a stored version that is gone", "ENV03", []string{"{name: v1alpha2, served: true, storage: false}, ", ""}, "ENV03 error"},
		{"the cluster still serves the version", "ENV04", []string{"# groups: cert-manager.io/v1", "# groups: cert-manager.io/v1 cert-manager.io/v1alpha2"}, ""},
		{"nothing is known of the cluster", "ENV04", []string{"# groups: cert-manager.io/v1\n", ""}, "ENV04 info"},
		{"a Kubernetes that still has extensions/v1beta1", "ENV04-applied", []string{"apps/v1", "extensions/v1beta1"}, ""},
		{"no Deployment of cert-manager at all", "ENV04-applied", []string{"kind: Deployment", "kind: Job"}, "ENV04 warning, ENV05 warning"},
		{"a Deployment whose image has another name", "ENV04-applied", []string{"image: cert-manager-controller:v1.21.2", "image: jetstack-cert-manager:v1"}, "ENV04 warning"},
		{"Deployments cannot be seen", "ENV04-applied", []string{"kind: Deployment", "kind: Job", "# cluster:", "# cluster:\n# missing: Deployment deployments.apps"}, "ENV04 warning, ENV08 skipped"},
		{"a manifest has no status", "ENV05", []string{"name: cert-manager, namespace: cert-manager, uid", "name: cert-manager, namespace: cert-manager, note"}, "ING01 error"},
		{"two that each have a namespace of their own", "ENV05-twice", []string{`"--cluster-resource-namespace=$(POD_NAMESPACE)", `, `"--namespace=shop", `, `["--leader-election-namespace=$(POD_NAMESPACE)"]`, `["--namespace=tools"]`}, ""},
		{"two that elect one of them", "ENV05-twice", []string{`["--leader-election-namespace=$(POD_NAMESPACE)"]`, `["--leader-election-namespace=kube-system"]`}, "ENV05 warning"},
		{"the namespace of the Certificate", "ENV05-namespace", []string{"--namespace=team-a", "--namespace=shop"}, ""},
		{"a complaint that is hours old", "ENV06-event", []string{"2026-11-25T11:55:00Z", "2026-11-25T09:55:00Z"}, "ING01 error"},
		{"a complaint about another webhook", "ENV06-event", []string{`webhook "webhook.cert-manager.io"`, `webhook "validate.policy.io"`}, "ING01 error"},

		{"what cainjector fills from the API server", "CAB01", []string{"cert-manager.io/inject-ca-from: policy/serving", `cert-manager.io/inject-apiserver-ca: "true"`}, "CAB01 error"},
		{"nobody is asked to fill it", "CAB01", []string{"cert-manager.io/inject-ca-from: policy/serving", "note: none"}, ""},
		{"a CA that has not expired", "CAB02", []string{"until=2026-11-01", "until=2027-11-01"}, ""},
		{"a Secret that allows it", "CAB04-secret", []string{"  namespace: policy\n", "  namespace: policy\n  annotations: {cert-manager.io/allow-direct-injection: \"true\"}\n"}, "CAB01 error"},
		{"an annotation without namespace", "CAB01", []string{"inject-ca-from: policy/serving", "inject-ca-from: serving"}, "CAB01 error, CAB04 error"},
		{"a Secret that was issued for another Certificate", "CAB01", []string{"certificate-name: serving", "certificate-name: other"}, "CAB01 error, CAB04 error"},
		{"the bundle is ca.crt, which has not issued tls.crt", "ok-trusting", []string{"with=ca", "with=ca issuer=R13 chain=leaf"}, "CAB03 error"},
		{"the source cannot be seen", "CAB04-gone", []string{"# cluster:", "# cluster:\n# missing: Certificate certificates.cert-manager.io policy"}, "ENV08 skipped"},
		{"an API that is not available for another reason", "CAB05", []string{"tls: failed to verify certificate: x509: certificate signed by unknown authority", "dial tcp 10.96.12.7:443: i/o timeout"}, ""},
		{"nothing is verified", "CAB05", []string{"  group: metrics.example.com", "  insecureSkipTLSVerify: true\n  group: metrics.example.com"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := edited(t, tc.fixture, tc.edits...)
			f.reread()
			report := f.check(t)
			if err := Catalogue().Check(report); err != nil {
				t.Error(err)
			}
			if got := doorIDs(report, doorFamilies); got != tc.want {
				t.Errorf("finds %q, want %q", got, tc.want)
			}
		})
	}
}

// reread takes the options from the text again.
func (f *fixture) reread() {
	f.opts = map[string]string{}
	for line := range strings.Lines(f.text) {
		comment, ok := strings.CutPrefix(line, "# ")
		if !ok {
			return
		}
		if name, value, ok := strings.Cut(strings.TrimSpace(comment), ":"); ok && !strings.Contains(name, " ") {
			f.opts[name] = strings.TrimSpace(value)
		}
	}
}

// TestRootsOfDoors: what follows from what.
func TestRootsOfDoors(t *testing.T) {
	t.Parallel()
	for fixture, want := range map[string][2]string{
		"GWA03": {"GWA01", "GWA03"}, "GWA04": {"GWA01", "GWA04"}, "ING03": {"ING01", "ING03"}, "ENV01": {"ING01", "ENV01"},
		"ENV05": {"ING01", "ENV05"}, "ENV06-event": {"ING01", "ENV06"}, "CAB04": {"CAB01", "CAB04"},
	} {
		report := edited(t, fixture).check(t)
		i := slices.IndexFunc(report.Findings, func(f finding.Finding) bool { return f.ID == want[0] })
		if i < 0 || report.Findings[i].Because == nil || report.Findings[i].Because.ID != want[1] {
			t.Errorf("%s: %s does not follow from %s: %+v", fixture, want[0], want[1], report.Findings)
		}
	}
}

// TestGrant: what is to be pasted is a ReferenceGrant that allows it, and of names that
// no API would take none is made.
func TestGrant(t *testing.T) {
	t.Parallel()
	report := edited(t, "GWA02").check(t)
	command := report.Findings[0].Fix[0].Run
	manifest, ok := strings.CutPrefix(command, "kubectl apply -f - <<'EOF'\n")
	manifest, ended := strings.CutSuffix(manifest, "\nEOF")
	if !ok || !ended {
		t.Fatalf("%q", command)
	}
	raw, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	var s chain.Snapshot
	s.Add(raw, chain.Place{})
	if len(s.ReferenceGrants) != 1 || !s.ReferenceGrants[0].Allows("Gateway", "shop", chain.Name{Namespace: "certs", Name: "web-tls"}) {
		t.Errorf("it does not allow it: %s", manifest)
	}
	report = edited(t, "GWA02", "{name: web-tls, namespace: certs}", `{name: "web\nEOF\nreboot", namespace: certs}`).check(t)
	for _, step := range report.Findings[0].Fix {
		if strings.Contains(step.Run, "reboot") {
			t.Errorf("%q", step.Run)
		}
	}
}

// TestTwoIngresses: of the same host, each with a Secret of its own.
func TestTwoIngresses(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]string{"nginx": "CON01 info", "internal": ""} {
		f := edited(t, "CON01", "203.0.113.30", "")
		first, _, _ := strings.Cut(f.text, "\n---\n")
		second := strings.NewReplacer("name: web\n", "name: web2\n", "secretName: web-tls", "secretName: other-tls", "ingressClassName: nginx", "ingressClassName: "+class).Replace(first)
		f.text += "\n---\n" + second
		if got := doorIDs(f.check(t), doorFamilies); got != want {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
}

// TestCAEndsSoon: how soon is for the user to say, but never more than a third.
func TestCAEndsSoon(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		within time.Duration
		until  string
		want   string
	}{
		{0, "2026-11-26", ""},
		{7 * 24 * time.Hour, "2026-11-26", "CAB02 warning"},
		{7 * 24 * time.Hour, "2026-12-26", ""},
		{300 * 24 * time.Hour, "2027-06-01", ""}, // more than a third is left
	} {
		f := edited(t, "CAB02", "until=2026-11-01", "until="+tc.until, "from=2025-11-01", "from=2026-05-01")
		report, err := Check(f.snapshot(t), Options{Now: noon, WarnWithin: tc.within})
		if err != nil {
			t.Fatal(err)
		}
		if got := doorIDs(report, doorFamilies); got != tc.want {
			t.Errorf("%v before %s: %q, want %q", tc.within, tc.until, got, tc.want)
		}
	}
}

// TestUnseenIsAlwaysTold: with no consumer at all, what could not be read
// is told all the same.
func TestUnseenIsAlwaysTold(t *testing.T) {
	t.Parallel()
	s := &chain.Snapshot{Missing: []chain.Missing{{Resource: "certificates.cert-manager.io", Kind: "Certificate", Except: []string{"shop"}, Forbidden: true,
		Reason: `certificates.cert-manager.io is forbidden: User "system:serviceaccount:ops:checker" cannot list resource`}}}
	s.Add([]byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"b"},"data":7}`), chain.Place{File: "a.yaml", Line: 3})
	s.Close()
	report, err := Check(s, Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if got := doorIDs(report, doorFamilies); got != "ENV08 skipped, ENV09 error" {
		t.Errorf("found %q", got)
	}
	var b strings.Builder
	if err := report.Print(&b, finding.Options{Format: finding.Tree}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"but those of namespace shop", "--resource=certificates.cert-manager.io", "clusterrolebinding certcheck --clusterrole=certcheck --serviceaccount=ops:checker"} {
		if !strings.Contains(strings.ReplaceAll(b.String(), " \\\n        ", " "), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestWebhookThatCannotConvert(t *testing.T) {
	t.Parallel()
	s := &chain.Snapshot{Missing: []chain.Missing{{Resource: "certificates.cert-manager.io", Kind: "Certificate",
		Reason: `conversion webhook for cert-manager.io/v1alpha2, Kind=Certificate failed: Post "https://cert-manager-webhook.cert-manager.svc:443/convert?timeout=30s": dial tcp 10.96.0.7:443: connect: connection refused`}}}
	s.Add([]byte(`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"a","namespace":"b"},"spec":{"tls":[{"secretName":"c"}]}}`), chain.Place{})
	s.Close()
	report, err := Check(s, Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if got := doorIDs(report, "ENV"); got != "ENV06 error, ENV08 skipped" {
		t.Errorf("found %q", got)
	}
}
