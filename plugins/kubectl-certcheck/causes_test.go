package main

import (
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
)

// TestCauses: --wait tells what it waits for, and not what --fail-on lets pass.
func TestCauses(t *testing.T) {
	t.Parallel()
	object := func(name string) finding.Object { return finding.Object{Kind: "Secret", Name: name} }
	late := finding.Finding{ID: "CRT18", Severity: finding.Warning, Object: object("late"), What: "The renewal is late."}
	because := late.Ref()
	expired := finding.Finding{ID: "SEC05", Severity: finding.Error, Object: object("expired"), What: "It expired.", Because: &because}
	unseen := finding.Finding{ID: "ENV08", Severity: finding.Skipped, Object: object("unseen"), What: "Not seen."}
	gone := finding.Finding{ID: "ING01", Severity: finding.Error, Object: object("gone"), What: "It is gone."}
	remark := finding.Finding{ID: "ENV07", Severity: finding.Info, Object: object("remark"), What: "Some version."}
	for name, c := range map[string]struct {
		found []finding.Finding
		level finding.FailOn
		want  string
	}{
		"only errors":                        {[]finding.Finding{unseen, gone, remark}, finding.FailOnError, "ING01 It is gone"},
		"a warning is the cause of an error": {[]finding.Finding{expired, late}, finding.FailOnError, "CRT18 The renewal is late"},
		"skipped, too":                       {[]finding.Finding{unseen, remark, late}, finding.FailOnWarning, "ENV08 Not seen; CRT18 The renewal is late"},
		"a cause that is not there":          {[]finding.Finding{expired}, finding.FailOnError, "SEC05 It expired"},
		"many":                               {[]finding.Finding{gone, unseen, late, {ID: "A1", Severity: finding.Error}, {ID: "A2", Severity: finding.Error}}, finding.FailOnWarning, "ING01 It is gone; ENV08 Not seen; CRT18 The renewal is late; and 2 more"},
	} {
		if got := causes(&finding.Report{Findings: c.found}, c.level); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
