package manifest

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// What is made passes what judges it, but for what was asked for in spite of a warning.
func TestDiagnosed(t *testing.T) {
	t.Parallel()
	expected := map[string][]string{
		"exposed":                {"service-exposed"},
		"one-replica-of-anybody": {"memory-low", "networkpolicy-open", "single-replica", "wi-annotation-missing"},
		"old-v2-on-old-server":   {"image-old", "max-without-min"},
		"old-v2":                 {"image-old"},
		"v1":                     {"v1-proxy"},
		"v1-of-2018":             {"v1-proxy"},
	}
	for _, s := range scenarios(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			set, err := Build(s.config)
			if err != nil {
				t.Fatal(err)
			}
			snap := &snapshot.Snapshot{Files: true, Fallback: "default", Minor: s.config.Server.Minor}
			for _, o := range set.Objects {
				fields, err := o.Fields()
				if err != nil {
					t.Fatal(err)
				}
				raw, err := json.Marshal(fields)
				if err != nil {
					t.Fatal(err)
				}
				snap.Add(o.APIVersion, o.Kind, raw, snapshot.Place{})
			}
			snap.Close()
			if len(snap.Problems) > 0 || len(snap.Proxies) != 1 {
				t.Fatalf("%d proxies, %+v", len(snap.Proxies), snap.Problems)
			}
			report, err := diagnose.Check(snap, diagnose.Options{Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]bool{}
			for _, f := range report.Findings {
				if f.Severity != finding.Skipped && f.Severity != finding.Info {
					found[f.ID] = true
				}
			}
			if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, expected[s.name]) {
				t.Errorf("finds %q, want %q", got, expected[s.name])
				for _, f := range report.Findings {
					t.Logf("%s %s: %s", f.Severity, f.ID, f.What)
				}
			}
		})
	}
}
