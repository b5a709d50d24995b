package finding

import (
	"strings"
	"testing"
)

func reportOf(severities ...Severity) *Report {
	r := &Report{}
	for _, s := range severities {
		r.Findings = append(r.Findings, Finding{ID: "A1", Severity: s, Object: secret, What: string(s)})
	}
	return r
}

func TestVerdictAndExceeds(t *testing.T) {
	for _, tc := range []struct {
		found   []Severity
		verdict Severity
		fails   string // at which levels of --fail-on
	}{
		{nil, OK, ""},
		{[]Severity{Info}, OK, ""},
		{[]Severity{Skipped}, Skipped, "warning"},
		{[]Severity{Info, Skipped}, Skipped, "warning"},
		{[]Severity{Skipped, Warning}, Warning, "warning"},
		{[]Severity{Warning, Error, Info}, Error, "error warning"},
		{[]Severity{"fatal"}, "fatal", "error warning"}, // a mistake is no reason to call it healthy
	} {
		r := reportOf(tc.found...)
		if got := r.Verdict(); got != tc.verdict {
			t.Errorf("%v: %s, want %s", tc.found, got, tc.verdict)
		}
		for _, level := range []FailOn{FailOnError, FailOnWarning, FailOnNone} {
			if got, want := r.Exceeds(level), strings.Contains(tc.fails, string(level)); got != want {
				t.Errorf("%v at %s: %v", tc.found, level, got)
			}
		}
	}
}

func TestASubjectWithSomethingSkippedIsNotOK(t *testing.T) {
	r := &Report{
		Subjects: []Subject{{Link: Link{Object: gateway, Links: []Link{{Object: secret}}}}, {Link: Link{Object: ingress}}},
		Findings: []Finding{{ID: "ENV08", Severity: Skipped, Object: secret, What: "x"}},
	}
	v := newView(r)
	if v.subjects[0].verdict != Skipped || v.subjects[1].verdict != OK {
		t.Errorf("%s, %s", v.subjects[0].verdict, v.subjects[1].verdict)
	}
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(r *Report){
		"":                    func(*Report) {},
		"unknown severity":    func(r *Report) { r.Findings[0].Severity = "fatal" },
		`unknown severity "o`: func(r *Report) { r.Findings[0].Severity = OK },
		"needs an id":         func(r *Report) { r.Findings[0].ID = "" },
		"a sentence":          func(r *Report) { r.Findings[0].What = "" },
		"an object":           func(r *Report) { r.Findings[0].Object = Object{Name: "x"} },
		"either a sentence":   func(r *Report) { r.Findings[0].Fix = []Step{{}} },
		"or a command":        func(r *Report) { r.Findings[0].Fix = []Step{{Do: "x", Run: "y"}} },
		"is not in the repo":  func(r *Report) { r.Findings[0].Because = &Ref{"X1", secret} },
		"a subject twice":     func(r *Report) { r.Subjects = append(r.Subjects, r.Subjects[0]) },
	} {
		r := broken()
		change(r)
		err := r.Validate()
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestSecret(t *testing.T) {
	for want, got := range map[string]string{
		"(secret, 0 bytes)":                     Secret(0, ""),
		"(secret, 41 bytes: ends with newline)": Secret(41, "ends with newline"),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
