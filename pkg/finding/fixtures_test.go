package finding

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// Objects of the reports of these tests.
var (
	gateway     = Object{APIVersion: "networking.istio.io/v1", Kind: "Gateway", Namespace: "shop", Name: "web"}
	secret      = Object{APIVersion: "v1", Kind: "Secret", Namespace: "istio-system", Name: "web-tls"}
	certificate = Object{APIVersion: "cert-manager.io/v1", Kind: "Certificate", Namespace: "istio-system", Name: "web"}
	challenge   = Object{APIVersion: "acme.cert-manager.io/v1", Kind: "Challenge", Namespace: "istio-system", Name: "web-1-2-3"}
	issuer      = Object{APIVersion: "cert-manager.io/v1", Kind: "ClusterIssuer", Name: "letsencrypt"}
	ingress     = Object{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "shop", Name: "api"}
	ingressTLS  = Object{APIVersion: "v1", Kind: "Secret", Namespace: "shop", Name: "api-tls"}
	allEvents   = Object{APIVersion: "v1", Kind: "Event", Namespace: "pay"}
	pod         = Object{APIVersion: "v1", Kind: "Pod", Namespace: "pay", Name: "till"}
	document    = Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "proxy", File: "proxy.yaml", Line: 12}
	file        = Object{File: "broken.yaml", Line: 3}
)

// broken is a gateway without a valid certificate, for a reason four links away.
func broken() *Report {
	return &Report{
		Check:     "certcheck",
		CheckedAt: noon,
		Subjects: []Subject{
			{
				Link: Link{Object: ingress, Links: []Link{{Object: ingressTLS, State: "valid until 2027-01-23"}}},
				Facts: []Fact{
					{Name: "hosts", Text: "api.example.com", Value: []string{"api.example.com"}},
					{Name: "expires", Text: "60d", Value: noon.AddDate(0, 0, 60)},
				},
				Checked: []string{"SEC05", "ING01"},
			},
			{
				Link: Link{Object: gateway, Links: []Link{{
					Object: secret, State: "expired 2d ago", Links: []Link{
						{Object: certificate, State: "Ready=False", Links: []Link{
							{Object: challenge, State: "pending"},
							{Object: issuer, State: "Ready=True"},
						}},
					},
				}}},
				Facts: []Fact{
					{Name: "hosts", Text: "*.example.com", Value: []string{"*.example.com"}},
					{Name: "expires", Text: "-2d", Value: noon.AddDate(0, 0, -2)},
				},
				Checked: []string{"SEC05", "GWC06", "CHAL01", "IAM01"},
			},
			{
				Link:    Link{Object: pod, Links: []Link{{Object: secret, State: "expired 2d ago"}}},
				Checked: []string{"SEC05", "POD01"},
			},
		},
		Findings: []Finding{
			{
				ID: "SEC05", Severity: Error, Object: secret, What: "The certificate has expired.",
				Evidence: []Evidence{{"tls.crt", "notAfter 2026-11-22T12:00:00Z"}}, Because: &Ref{"CRT02", certificate},
			},
			{
				ID: "CRT02", Severity: Error, Object: certificate, What: "The last request failed.", Because: &Ref{"CHAL01", challenge},
			},
			{
				ID: "CHAL01", Severity: Error, Object: challenge, What: "The DNS provider refuses to present the record.",
				Because: &Ref{"IAM01", issuer},
			},
			{
				ID: "IAM01", Severity: Error, Object: issuer, What: "The credentials may not list hosted zones.",
				Evidence: []Evidence{
					{"event PresentError", "User: arn:aws:iam::123:user/dns is not authorized\nto perform: route53:ListHostedZonesByName"},
					{"credentials", Secret(41, "ends with a newline")},
				},
				Cause: "The IAM policy lacks route53:ListHostedZonesByName.",
				Fix: []Step{
					{Do: "Allow it in the policy of the user dns."},
					{Run: "kubectl certcheck issuer/letsencrypt --print-script |\n  bash"},
				},
				RetryAt: noon.Add(25 * time.Minute), Retry: "then twice as late each time", Docs: "https://cert-manager.io/docs/configuration/acme/dns01/route53/",
			},
			{ID: "GWC08", Severity: Warning, Object: gateway, What: "Another Gateway has the same credential.", Fix: []Step{{Do: "Join the two."}}},
			{ID: "ENV07", Severity: Info, Object: ingress, What: "The Ingress is served by nginx."},
			{ID: "ENV08", Severity: Skipped, Object: allEvents, What: "No permission to list events.", Fix: []Step{{Run: "kubectl create role"}}},
		},
	}
}

// fromFiles is a report about files, without subjects.
func fromFiles() *Report {
	return &Report{
		Check: "sqlproxy", CheckedAt: noon,
		Findings: []Finding{
			{ID: "single-replica", Severity: Warning, Object: document, What: "There is one replica.", Fix: []Step{{Do: "Set replicas to 2."}}},
			{ID: "unreadable", Severity: Error, Object: file, What: "This is no YAML.", Evidence: []Evidence{{"line 3", "\tfoo: [\x1b[31m"}}},
		},
	}
}

// hostile has control characters, quotes and broken UTF-8 wherever a cluster has a say.
func hostile(s string) *Report {
	o := Object{APIVersion: "v1", Kind: "Secret", Namespace: s, Name: s, File: s, Line: 1}
	other := Object{Kind: s, Name: s}
	return &Report{
		Check: "certcheck", CheckedAt: noon,
		Subjects: []Subject{{
			Link:    Link{Object: o, State: s, Links: []Link{{Object: other, State: s}}},
			Facts:   []Fact{{Name: "hosts", Text: s}, {Name: "names", Text: s, Value: []string{s}}},
			Checked: []string{s},
		}},
		Findings: []Finding{
			{
				ID: "A1", Severity: Error, Object: o, What: s, Evidence: []Evidence{{s, s}}, Cause: s,
				Fix: []Step{{Do: s}, {Run: s}}, Retry: s, Docs: s,
			},
			{ID: "A2", Severity: Warning, Object: other, What: s, Because: &Ref{"A1", o}},
			{ID: s, Severity: Severity(s), Object: other, What: s},
			{ID: "A3", Severity: Skipped, Object: Object{Kind: "Event"}, What: s},
		},
	}
}

func formats() []Format { return []Format{Table, Wide, Tree, JSON, YAML, JUnit, Prom} }

func printed(t *testing.T, r *Report, opts Options) string {
	t.Helper()
	var b strings.Builder
	if err := r.Print(&b, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
