package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// FuzzFiles: whatever the files hold, the whole check ends with a report that is in
// order and prints in each format.
func FuzzFiles(f *testing.F) {
	for _, document := range []string{controller, newCertificate, gatewayPod, gateway("shop", "web", "web-tls", "*.example.com"), ingress("shop", "cart", "cart-tls", "cart.example.com"),
		strings.Join(append(healthy(f), webhook(f)), "\n---\n"), "{{ .Values.x }}", "kind: List\nitems: [{kind: Secret, data: {a: b}}]"} {
		f.Add([]byte(document))
	}
	fixtures, err := filepath.Glob("rules/testdata/*.yaml")
	if err != nil || len(fixtures) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, path := range fixtures {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		set := &manifest.Set{}
		set.Parse("fuzz.yaml", text)
		s := (&options{}).snapshotOf(set)
		report, err := rules.Check(s, rules.Options{Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		if err := report.Validate(); err != nil {
			t.Error(err)
		}
		for _, format := range []finding.Format{finding.Tree, finding.Table, finding.JSON} {
			var out bytes.Buffer
			if err := report.Print(&out, finding.Options{Format: format}); err != nil {
				t.Error(err)
			}
			if bytes.ContainsFunc(out.Bytes(), func(r rune) bool { return r == 0x1b || r == 0x07 }) {
				t.Errorf("a control character in %q", out.String())
			}
		}
		if _, err := rules.Terms(s, rules.Options{Now: noon}); err != nil {
			t.Error(err)
		}
	})
}
