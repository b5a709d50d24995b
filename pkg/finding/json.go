package finding

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"sigs.k8s.io/yaml"
)

// The API of the documents that are printed as JSON and YAML. Fields may be added
// under it; what is there keeps its name and meaning.
const (
	APIVersion = "kubechores.dev/v1"
	Kind       = "Report"
)

// reportDocument is a Report as it is printed. Of each subject's findings the first is
// the root cause of its verdict; what they are is said once, under findings.
type reportDocument struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Check      string            `json:"check"`
	CheckedAt  time.Time         `json:"checkedAt"`
	Verdict    Severity          `json:"verdict"`
	Subjects   []subjectDocument `json:"subjects"`
	Findings   []*Finding        `json:"findings"`
}

type subjectDocument struct {
	Link
	Verdict  Severity       `json:"verdict"`
	Facts    map[string]any `json:"facts,omitempty"`
	Checked  []string       `json:"checked,omitempty"`
	Findings []Ref          `json:"findings"`
}

func (v *view) document() reportDocument {
	d := reportDocument{
		APIVersion: APIVersion, Kind: Kind, Check: v.Check, CheckedAt: v.CheckedAt.UTC().Truncate(time.Second), Verdict: v.Verdict(),
		Subjects: []subjectDocument{}, Findings: append([]*Finding{}, v.findings...), // [] rather than null
	}
	for _, s := range v.subjects {
		if !s.invented {
			d.Subjects = append(d.Subjects, s.document())
		}
	}
	return d
}

func (s *subjectView) document() subjectDocument {
	d := subjectDocument{Link: s.Link, Verdict: s.verdict, Checked: s.Checked, Findings: []Ref{}}
	for _, f := range s.Facts {
		if d.Facts == nil {
			d.Facts = map[string]any{}
		}
		d.Facts[f.Name] = f.Value
		if f.Value == nil {
			d.Facts[f.Name] = f.Text
		}
	}
	named := map[Ref]bool{} // two sentences may be under one name
	name := func(f *Finding) {
		if !named[f.Ref()] {
			named[f.Ref()] = true
			d.Findings = append(d.Findings, f.Ref())
		}
	}
	for _, g := range s.groups {
		name(g.root)
	}
	for _, g := range s.groups {
		for _, f := range g.follows {
			name(f)
		}
	}
	return d
}

func (v *view) json() ([]byte, error) {
	var b, indented bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v.document()); err != nil {
		return nil, err
	}
	// The encoder's own indentation grows a second buffer from nothing, again and again.
	indented.Grow(3 * b.Len())
	if err := json.Indent(&indented, b.Bytes(), "", "    "); err != nil {
		return nil, err
	}
	return escapeJSON(indented.Bytes()), nil
}

// escapeJSON escapes what encoding/json leaves as it is: DEL and U+0080 to U+009F,
// because terminals obey U+009B as they do ESC [, and three characters that YAML
// does not allow or that its reader (go.yaml.in/yaml/v2 2.4.4: is_bom) stumbles
// over. Outside strings JSON has no such characters.
func escapeJSON(text []byte) []byte {
	unwanted := func(r rune) bool { return control(r) || r == '\ufeff' || r == '\ufffe' || r == '\uffff' }
	if !bytes.ContainsFunc(text, unwanted) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		if unwanted(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

func (v *view) yaml() ([]byte, error) {
	text, err := v.json()
	if err != nil {
		return nil, err
	}
	return yaml.JSONToYAML(text)
}
