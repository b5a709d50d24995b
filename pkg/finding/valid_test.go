package finding

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// FuzzPrint: whatever a cluster says, each format stays what it is, says the same
// after parsing, and has no control characters.
func FuzzPrint(f *testing.F) {
	for _, s := range []string{
		"", "plain", "a\nb", "\x1b[31mred\x1b[0m", "\u009b31m", "\x7f", "\x00", "\r\n", "\xff\xfe", "\u2028\u2029\u0085\ufeff", "\ufffe",
		"0\x80\xa8\u2029\u0085\xa8\u2029\ufeff", `"quoted" \ 'it'`, "</failure><x>&amp;]]>&#xA;", "{}[]: - # | > %", "- a\n- b", "  leading", "trailing ", "\ttab", "…ü✗😀", "~", "null", "1e3", "=", "a: b", "'", "\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := hostile(s)
		out := map[Format]string{}
		for _, format := range formats() {
			out[format] = printed(t, r, Options{Format: format, FailOn: FailOnWarning})
			if strings.ContainsFunc(out[format], unprintable) || !utf8.ValidString(out[format]) {
				t.Errorf("%s has control characters: %q", format, out[format])
			}
		}
		fromJSON := parseJSON(t, out[JSON])
		if utf8.ValidString(s) && !slices.Contains(values(fromJSON), s) {
			t.Errorf("JSON lacks %q: %s", s, out[JSON])
		}
		if fromYAML := parseYAML(t, out[YAML]); !reflect.DeepEqual(fromYAML, fromJSON) {
			t.Errorf("YAML says\n%v\nJSON says\n%v", fromYAML, fromJSON)
		}
		checkJUnit(t, out[JUnit])
		if samples := parseProm(t, out[Prom]); samples["certcheck_checked_timestamp_seconds"] != float64(noon.Unix()) {
			t.Errorf("%v", samples)
		}
		if rows := strings.Count(out[Wide], "\n"); rows != 5 { // the headings, and one for each finding
			t.Errorf("a row is torn: %q", out[Wide])
		}
	})
}

// unprintable says for itself what must not reach a terminal.
func unprintable(r rune) bool {
	return (r < ' ' && r != '\n' && r != '\t') || (r >= 0x7f && r < 0xa0)
}

// values are all strings of a JSON document.
func values(v any) (all []string) {
	switch v := v.(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, e := range v {
			all = append(all, values(e)...)
		}
	case map[string]any:
		for _, e := range v {
			all = append(all, values(e)...)
		}
	}
	return all
}

func parseJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func parseYAML(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := yaml.UnmarshalStrict([]byte(text), &v); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return v
}

// checkJUnit decodes the XML and counts for itself.
func checkJUnit(t *testing.T, text string) {
	t.Helper()
	type suite struct {
		Tests     int `xml:"tests,attr"`
		Failures  int `xml:"failures,attr"`
		Skipped   int `xml:"skipped,attr"`
		Testcases []struct {
			Name    string  `xml:"name,attr"`
			Failure *string `xml:"failure"`
			Skipped *string `xml:"skipped"`
		} `xml:"testcase"`
	}
	var all struct {
		suite
		Suites []suite `xml:"testsuite"`
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&all); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if text, ok := token.(xml.CharData); err != nil || !ok || strings.TrimSpace(string(text)) != "" {
			t.Fatalf("after the end: %v, %v", token, err)
		}
	}
	var sum counts
	for _, s := range all.Suites {
		var n counts
		names := map[string]bool{}
		for _, c := range s.Testcases {
			n.tests++
			if c.Failure != nil {
				n.failures++
			}
			if c.Skipped != nil {
				n.skipped++
			}
			if names[c.Name] {
				t.Errorf("%q is tested twice", c.Name)
			}
			names[c.Name] = true
		}
		if (n != counts{s.Tests, s.Failures, s.Skipped}) {
			t.Errorf("%+v, but it says %+v", n, s)
		}
		sum.add(n)
	}
	if (sum != counts{all.Tests, all.Failures, all.Skipped}) {
		t.Errorf("%+v, but it says %+v", sum, all.suite)
	}
}

// parseProm is a small strict reader of the text format 0.0.4: samples by series.
func parseProm(t *testing.T, text string) map[string]float64 {
	t.Helper()
	comment := regexp.MustCompile(`^# (HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*|TYPE [a-zA-Z_:][a-zA-Z0-9_:]* gauge)$`)
	label := `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\"n])*"`
	sample := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{` + label + `(?:,` + label + `)*\})?) (\S+)$`)
	samples := map[string]float64{}
	for line := range strings.Lines(text) {
		line, whole := strings.CutSuffix(line, "\n")
		if !whole {
			t.Errorf("no newline after %q", line)
		}
		if strings.HasPrefix(line, "#") {
			if !comment.MatchString(line) {
				t.Errorf("bad comment %q", line)
			}
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("bad sample %q", line)
			continue
		}
		value, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Error(err)
		}
		if _, again := samples[m[1]]; again {
			t.Errorf("%s is there twice", m[1])
		}
		samples[m[1]] = value
	}
	return samples
}

func TestReportsAreValid(t *testing.T) {
	for _, r := range []*Report{broken(), fromFiles(), {Check: "1 check", CheckedAt: noon}} {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		parsed := parseJSON(t, printed(t, r, Options{Format: JSON}))
		if fromYAML := parseYAML(t, printed(t, r, Options{Format: YAML})); !reflect.DeepEqual(fromYAML, parsed) {
			t.Errorf("%v\n%v", fromYAML, parsed)
		}
		checkJUnit(t, printed(t, r, Options{Format: JUnit}))
		parseProm(t, printed(t, r, Options{Format: Prom}))
	}
}

func TestGauge(t *testing.T) {
	g := Gauge{Name: "1 b-c", Help: "a\\b\nc\x1b", Samples: []Sample{
		{Labels: []Label{{"x:y", "\"\\\n\t\x1b\u009b"}, {"empty", ""}}, Value: 1.5},
		{Labels: []Label{{"x:y", "\"\\\n\t\x1b\u009b"}}, Value: 2},
		{Value: math.Inf(1)},
	}}
	var b strings.Builder
	if err := g.Print(&b); err != nil {
		t.Fatal(err)
	}
	want := `# HELP _1_b_c a\\b\nc\\u001b
# TYPE _1_b_c gauge
_1_b_c{x_y="\"\\\n	\\u001b\\u009b"} 1.5
_1_b_c +Inf
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	parseProm(t, b.String())
	b.Reset()
	if err := (Gauge{Name: "none"}).Print(&b); err != nil || b.Len() > 0 {
		t.Errorf("%v, %s", err, b.String())
	}
}

func TestFactsThatCannotBeJSONAreAnError(t *testing.T) {
	r := broken()
	r.Subjects[0].Facts[0].Value = math.NaN()
	for _, f := range []Format{JSON, YAML} {
		var b strings.Builder
		if err := r.Print(&b, Options{Format: f}); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, %q", f, err, b.String())
		}
	}
}
