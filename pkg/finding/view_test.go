package finding

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestOrderDoesNotDependOnTheOrderOfMaking(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, f := range formats() {
		want := printed(t, broken(), Options{Format: f})
		for range 20 {
			r := broken()
			random.Shuffle(len(r.Findings), func(i, j int) { r.Findings[i], r.Findings[j] = r.Findings[j], r.Findings[i] })
			random.Shuffle(len(r.Subjects), func(i, j int) { r.Subjects[i], r.Subjects[j] = r.Subjects[j], r.Subjects[i] })
			if got := printed(t, r, Options{Format: f}); got != want {
				t.Fatalf("%s:\n%s\nwant\n%s", f, got, want)
			}
		}
	}
}

func TestPrintLeavesTheReportAsItIs(t *testing.T) {
	r := broken()
	r.Findings = append(r.Findings, r.Findings...)
	before := slices.Clone(r.Findings)
	for _, f := range formats() {
		printed(t, r, Options{Format: f})
	}
	if !reflect.DeepEqual(r.Findings, before) {
		t.Errorf("%+v", r.Findings)
	}
}

func TestSameFindingTwiceIsOne(t *testing.T) {
	a := Finding{ID: "A1", Severity: Error, Object: secret, What: "a", Evidence: []Evidence{{"x", "1"}, {"y", "2"}}}
	b := Finding{ID: "A1", Severity: Warning, Object: secret, What: "a", Evidence: []Evidence{{"y", "2"}, {"z", "3"}}}
	c := Finding{ID: "A1", Severity: Error, Object: secret, What: "another sentence"}
	v := newView(&Report{Findings: []Finding{b, a, c}})
	if len(v.findings) != 2 {
		t.Fatalf("%d findings", len(v.findings))
	}
	want := []Evidence{{"x", "1"}, {"y", "2"}, {"z", "3"}}
	if f := v.findings[0]; f.Severity != Error || !reflect.DeepEqual(f.Evidence, want) {
		t.Errorf("%+v", f)
	}
}

// chain makes findings a, b, c … of which each follows from the one that is named
// after it ("ab": a because of b).
func chain(links ...string) *Report {
	r := &Report{}
	for _, l := range links {
		f := Finding{ID: l[:1], Severity: Error, Object: secret, What: "x"}
		if len(l) > 1 {
			f.Because = &Ref{l[1:], secret}
		}
		r.Findings = append(r.Findings, f)
	}
	return r
}

func TestRootCause(t *testing.T) {
	for _, tc := range []struct {
		links string
		want  string // "root>consequences …"
		valid bool
	}{
		{"a", "a>", true},
		{"a bc c", "a> c>b", true},
		{"ab bc c", "c>ab", true},
		{"ab cb b", "b>ac", true},
		{"ax b", "a> b>", false},        // a cause that is not there
		{"aa", "a>", false},             // its own cause
		{"ab bc ca", "a>bc", false},     // a circle
		{"da ab bc cb", "b>acd", false}, // a way into a circle
	} {
		r := chain(strings.Fields(tc.links)...)
		var got []string
		for _, s := range newView(r).subjects {
			for _, g := range s.groups {
				line := g.root.ID + ">"
				for _, f := range g.follows {
					line += f.ID
				}
				got = append(got, line)
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %s, want %s", tc.links, got, tc.want)
		}
		if err := r.Validate(); (err == nil) != tc.valid {
			t.Errorf("%s: %v", tc.links, err)
		}
	}
}

func TestCauseIsAsBadAsItsConsequences(t *testing.T) {
	r := &Report{
		Subjects: []Subject{{Link: Link{Object: gateway}}, {Link: Link{Object: ingress}}},
		Findings: []Finding{
			{ID: "W1", Severity: Warning, Object: issuer, What: "root"},
			{ID: "E1", Severity: Error, Object: gateway, What: "x", Because: &Ref{"W1", issuer}},
			{ID: "W2", Severity: Warning, Object: ingress, What: "x", Because: &Ref{"W1", issuer}},
		},
	}
	want := map[Object]Severity{gateway: Error, ingress: Warning}
	for _, s := range newView(r).subjects {
		if len(s.groups) != 1 || s.groups[0].root.ID != "W1" || s.verdict != want[s.Object] || s.groups[0].severity != want[s.Object] {
			t.Errorf("%v: %s, %+v", s.Object, s.verdict, s.groups)
		}
	}
}

// Whatever is found is in every format, whether a subject has it or not.
func TestNothingIsLeftOut(t *testing.T) {
	r := broken()
	r.Subjects = r.Subjects[:1] // the ingress: the rest belongs to no subject
	for _, f := range formats() {
		got := printed(t, r, Options{Format: f})
		for _, finding := range r.Findings {
			if f == Table && finding.Because != nil {
				continue // folded
			}
			if !strings.Contains(got, finding.ID) {
				t.Errorf("%s lacks %s:\n%s", f, finding.ID, got)
			}
		}
	}
}

// TestMark: how a link looks by itself is seen in the tree, and is no verdict.
func TestMark(t *testing.T) {
	r := &Report{Check: "certcheck", Subjects: []Subject{{Link: Link{Object: gateway, Links: []Link{{Object: secret, State: "not found", Mark: Error}}}}}}
	var b strings.Builder
	if err := r.Print(&b, Options{Format: Tree}); err != nil || r.Verdict() != OK {
		t.Errorf("%v, %s", err, r.Verdict())
	}
	if want := "✓ gateway/shop/web\n└─ ✗ secret/istio-system/web-tls  not found\n"; b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}
