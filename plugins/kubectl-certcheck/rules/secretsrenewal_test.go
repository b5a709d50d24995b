package rules

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSecretsWarnWithin: a warning before the renewal is due, but never one that could
// not go away: a third of the lifetime is the most.
func TestSecretsWarnWithin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		life string
		days int
		want string
	}{
		{"from=2026-10-26 until=2027-01-24", 59, ""}, // 59.5 of 90 are left
		{"from=2026-10-26 until=2027-01-24", 90, ""},
		{"from=2026-10-16 until=2027-10-16", 365, ""},
		{"from=2025-12-26 until=2026-12-26", 31, "SEC06 warning"},
		{"from=2025-12-26 until=2026-12-26", 30, ""},
	} {
		opts := Options{WarnWithin: time.Duration(tt.days) * day24}
		got := strings.Join(secretsOf(t, "SEC03", opts, pairOfShop, "${pair dns=shop.example.com "+tt.life+"}"), ", ")
		if got != tt.want {
			t.Errorf("%s, %d days: %q, want %q", tt.life, tt.days, got, tt.want)
		}
	}
	if got := secretsOf(t, "SEC06-due", Options{WarnWithin: 30 * day24}); !slices.Equal(got, []string{"SEC06 warning"}) {
		t.Errorf("due: %v", got)
	}
	if got := secretsOf(t, "SEC06-due", Options{Now: noon.Add(-2 * time.Hour), WarnWithin: 30 * day24}); got != nil {
		t.Errorf("before the last third: %v", got)
	}
}

// TestSecretsRenewalRules: versions of cert-manager renew at other times.
func TestSecretsRenewalRules(t *testing.T) {
	t.Parallel()
	controller := func(version string, args ...string) string {
		return fmt.Sprintf(`---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cert-manager, namespace: cert-manager, uid: 5ec00000-0000-4000-8000-000000000999}
spec:
  replicas: 1
  selector: {matchLabels: {app: cert-manager}}
  template:
    metadata: {labels: {app: cert-manager}}
    spec: {containers: [{name: controller, image: "cert-manager-controller:%s", args: [%s]}]}
status: {replicas: 1, readyReplicas: 1}
`, version, strings.Join(args, ", "))
	}
	const (
		renewal = "  renewalTime: \"2026-11-25T11:00:00Z\"\n"
		life    = "from=2026-09-26T11:00:00Z until=2026-12-25T11:00:00Z"
	)
	for _, tt := range []struct{ name, version, args, spec, life, want string }{
		{"90 days are due at 30", "v1.21.2", "", "", life, "SEC06 info"},
		{"45 days at 15", "v1.21.2", "", "", "from=2026-10-27 until=2026-12-11", ""},
		{"45 days at 15, v1.3", "v1.3.0", "", "", "from=2026-10-27 until=2026-12-11", "SEC06 critical"},
		{"the flag of v1.3", "v1.3.0", "--renew-before-expiry-duration=120h", "", "from=2026-10-27 until=2026-12-11", ""},
		{"which v1.4 has no more", "v1.4.0", "", "renewBefore: 720h", "from=2026-10-27 until=2026-12-11", "SEC06 critical"},
		{"30 days and v0.3.1: without end", "v0.3.1", "", "", "from=2026-11-10 until=2026-12-10", ""},
	} {
		raw, err := os.ReadFile("testdata/SEC06-due.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer(renewal, "", life, tt.life).Replace(string(raw))
		if tt.spec != "" {
			text = strings.Replace(text, "  secretName: shop-tls\n  dnsNames", "  "+tt.spec+"\n  secretName: shop-tls\n  dnsNames", 1)
		}
		f := fixture{name: tt.name, text: text + controller(tt.version, tt.args), opts: map[string]string{}}
		report, err := Check(f.snapshot(t), Options{Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, one := range report.Findings {
			if one.ID == "SEC06" {
				got = "SEC06 " + string(one.Severity)
			}
		}
		if want := strings.Replace(tt.want, "critical", "error", 1); got != want {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}
