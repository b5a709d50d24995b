package finding

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// junit prints JUnit's XML, as CI systems read it: a suite for each subject, in it
// one test for each id that was looked at. Findings below --fail-on are in the
// output of a test that passed. It is written by hand: encoding/xml's marshaller
// would cost 94 KB.
func (v *view) junit(opts Options) []byte {
	names := v.names(Options{}) // whole ones: what a test is called depends on no flag
	var suites bytes.Buffer
	var all counts
	for i := range v.subjects {
		s := &v.subjects[i]
		suite := names.of(s.Object)
		var tests bytes.Buffer
		var n counts
		for _, t := range v.tests(s) {
			t.write(&tests, suite, names, opts.FailOn, &n)
		}
		all.add(n)
		fmt.Fprintf(&suites, "  <testsuite name=%s %s timestamp=%s>\n%s  </testsuite>\n", quoteXML(suite), n, quoteXML(v.timestamp()), tests.Bytes())
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	fmt.Fprintf(&b, "<testsuites name=%s %s>\n%s</testsuites>\n", quoteXML(v.Check), all, suites.Bytes())
	return b.Bytes()
}

// timestamp is ISO 8601 without a zone, as JUnit's schema has it.
func (v *view) timestamp() string { return v.CheckedAt.UTC().Format("2006-01-02T15:04:05") }

// test is one check of one subject: all that has its id.
type test struct {
	name     string
	findings []*Finding
	view     *view
}

// tests returns the tests of a subject in the order of their names. One that was
// not counted by its ids is one test.
func (v *view) tests(s *subjectView) []test {
	found := map[string][]*Finding{}
	for _, g := range s.groups {
		for _, f := range append([]*Finding{g.root}, g.follows...) {
			found[f.ID] = append(found[f.ID], f)
		}
	}
	for _, id := range s.Checked {
		if _, ok := found[id]; !ok {
			found[id] = nil
		}
	}
	if len(found) == 0 {
		found[v.Check] = nil
	}
	var tests []test
	for id, findings := range found {
		slices.SortFunc(findings, (*Finding).compare)
		tests = append(tests, test{id, findings, v})
	}
	slices.SortFunc(tests, func(a, b test) int { return strings.Compare(a.name, b.name) })
	return tests
}

func (t test) write(b *bytes.Buffer, suite string, names *names, failOn FailOn, n *counts) {
	n.tests++
	fmt.Fprintf(b, "    <testcase classname=%s name=%s", quoteXML(suite), quoteXML(t.name))
	if len(t.findings) == 0 {
		b.WriteString("/>\n")
		return
	}
	b.WriteString(">\n")
	worst := t.findings[0]
	var text strings.Builder
	for _, f := range t.findings {
		t.view.describe(&text, f, names)
	}
	skipped := slices.IndexFunc(t.findings, func(f *Finding) bool { return f.Severity == Skipped })
	switch {
	case worst.Severity != Skipped && failOn.includes(worst.Severity):
		n.failures++
		fmt.Fprintf(b, "      <failure type=%s message=%s>%s</failure>\n", quoteXML(string(worst.Severity)), quoteXML(worst.What), escapeXML(text.String()))
	case skipped >= 0: // also where --fail-on=warning makes the command fail
		n.skipped++
		fmt.Fprintf(b, "      <skipped message=%s>%s</skipped>\n", quoteXML(t.findings[skipped].What), escapeXML(text.String()))
	default:
		fmt.Fprintf(b, "      <system-out>%s</system-out>\n", escapeXML(text.String()))
	}
	b.WriteString("    </testcase>\n")
}

// describe writes a finding as plain text.
func (v *view) describe(b *strings.Builder, f *Finding, names *names) {
	line := func(head, text string) {
		if text != "" {
			fmt.Fprintf(b, "%s%s\n", head, text)
		}
	}
	line(string(f.Severity)+" "+f.ID+" "+names.of(f.Object)+": ", f.What)
	if at := location(f.Object); f.Object.Kind != "" {
		line("at: ", at)
	}
	if root := v.findings[v.root[v.byRef[f.Ref()]]]; root.Ref() != f.Ref() {
		line("follows from: ", root.ID+" "+names.of(root.Object)+": "+root.What)
	}
	for _, e := range f.Evidence {
		line(e.Source+": ", e.Text)
	}
	line("cause: ", f.Cause)
	for _, step := range f.Fix {
		line("fix: ", step.Do)
		line("fix: $ ", step.Run)
	}
	line("next try: ", v.retry(f))
	line("see: ", f.Docs)
}

// counts are those of a suite.
type counts struct{ tests, failures, skipped int }

func (n *counts) add(m counts) {
	n.tests += m.tests
	n.failures += m.failures
	n.skipped += m.skipped
}

func (n counts) String() string {
	return fmt.Sprintf(`tests="%d" failures="%d" errors="0" skipped="%d"`, n.tests, n.failures, n.skipped)
}

func quoteXML(s string) string { return `"` + escapeXML(oneLine(s)) + `"` }

// escapeXML also leaves out what XML cannot hold: visible shows controls, xml the rest.
func escapeXML(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(visible(s))); err != nil {
		return "" // a strings.Builder returns no errors
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "&#xA;", "\n"), "&#x9;", "\t")
}
