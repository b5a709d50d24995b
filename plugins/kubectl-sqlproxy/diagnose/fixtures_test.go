package diagnose

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

var update = flag.Bool("update", false, "write the golden files")

// noon is the time of all fixtures.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// A fixture is testdata/NAME.yaml: objects as `kubectl get -o yaml` shows them, and what
// else is in a snapshot as documents of the kinds Log, Probe and ConnectionTest, with the
// fields of the Go types. Its first lines are comments: what it is, and after "finds:" all
// ids that are found, none for a healthy one:
//
//	# A proxy that hears on localhost only.
//	# finds: loopback-listener no-pdb
//	# files:              (optional: as of files; what is not there may be there nevertheless)
//	# minor: 29           (optional: the cluster's minor version; 34 by default)
//	# missing: Secret secrets shop   (optional: what could not be read: kind, resource, namespace)
//	# problems:           (optional: some objects cannot be read)
//
// testdata/NAME.edit has the same comments, and then what to change in ok.yaml, blocks of
//
//	<<<<
//	old lines
//	====
//	new lines
//	>>>>
type fixture struct {
	name, text string
	want       []string
	opts       map[string]string
}

func fixtures(t *testing.T) []*fixture {
	t.Helper()
	whole, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(whole) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	edits, err := filepath.Glob("testdata/*.edit")
	if err != nil {
		t.Fatal(err)
	}
	ok := readFile(t, "testdata/ok.yaml")
	var all []*fixture
	for _, path := range append(whole, edits...) {
		f := newFixture(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), readFile(t, path))
		if filepath.Ext(path) == ".edit" {
			f.text = edit(t, path, ok, f.text)
		}
		if _, ok := f.opts["finds"]; !ok {
			t.Errorf("%s says nowhere what it finds", path)
		}
		all = append(all, f)
	}
	return all
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// edit applies the blocks of an edit to a text. Each has to be there once.
func edit(t *testing.T, path, text, edits string) string {
	t.Helper()
	blocks := strings.Split(edits, "<<<<\n")
	if len(blocks) < 2 {
		t.Fatalf("%s changes nothing", path)
	}
	for _, block := range blocks[1:] {
		body, _, ended := strings.Cut(block, ">>>>")
		old, replacement, both := strings.Cut(body, "====\n")
		if n := strings.Count(text, old); !ended || !both || n != 1 {
			t.Fatalf("%s: is there %d times, or is no block of <<<<, ====, >>>>:\n%s", path, n, block)
		}
		text = strings.Replace(text, old, replacement, 1)
	}
	return text
}

func newFixture(name, text string) *fixture {
	f := &fixture{name: name, text: text, opts: map[string]string{}}
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(line, "# ")
		if !ok {
			break
		}
		if name, value, ok := strings.Cut(strings.TrimSpace(comment), ":"); ok && !strings.Contains(name, " ") {
			f.opts[name] = strings.TrimSpace(value)
		}
	}
	f.want = strings.Fields(f.opts["finds"])
	return f
}

// edited is a fixture with some texts replaced: old, new, old, new.
func edited(t *testing.T, name string, replace ...string) *fixture {
	t.Helper()
	text := readFile(t, filepath.Join("testdata", name+".yaml"))
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s has no %q", name, replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return newFixture(name, text)
}

func (f *fixture) snapshot(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	_, files := f.opts["files"]
	s := &snapshot.Snapshot{Files: files, Fallback: "default", Minor: 34}
	if minor := f.opts["minor"]; minor != "" {
		if err := json.Unmarshal([]byte(minor), &s.Minor); err != nil {
			t.Fatal(err)
		}
	}
	for document := range strings.SplitSeq(f.text, "\n---\n") {
		f.add(t, s, document)
	}
	for _, p := range s.Problems {
		if _, ok := f.opts["problems"]; !ok {
			t.Errorf("%s: %v: %s %s", f.name, p.Object, p.What, p.Text)
		}
	}
	if words := strings.Fields(f.opts["missing"]); len(words) >= 2 {
		m := snapshot.Missing{Kind: words[0], Resource: words[1], Reason: words[1] + ` is forbidden: User "jane" cannot list resource "` + words[1] + `" in API group ""`}
		if len(words) > 2 {
			m.Namespace = words[2]
		}
		s.Missing = append(s.Missing, m)
	}
	s.Close()
	return s
}

func (f *fixture) add(t *testing.T, s *snapshot.Snapshot, document string) {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(document))
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	var head struct{ APIVersion, Kind string }
	if err := json.Unmarshal(raw, &head); err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	switch head.Kind {
	case "":
	case "Log":
		s.Logs = append(s.Logs, decode[snapshot.Log](t, raw))
	case "Probe":
		s.Probes = append(s.Probes, decode[snapshot.Probe](t, raw))
	case "ConnectionTest":
		s.Tests = append(s.Tests, decode[snapshot.ConnectionTest](t, raw))
	default:
		s.Add(head.APIVersion, head.Kind, raw, snapshot.Place{})
	}
}

func decode[T any](t *testing.T, raw []byte) *T {
	t.Helper()
	into := new(T)
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func (f *fixture) check(t *testing.T) *finding.Report {
	t.Helper()
	report, err := Check(f.snapshot(t), Options{Now: noon})
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	return report
}

// idsOf are the ids of a report, sorted.
func idsOf(r *finding.Report) []string {
	ids := map[string]bool{}
	for _, one := range r.Findings {
		ids[one.ID] = true
	}
	return sortedKeys(ids)
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			report := f.check(t)
			if err := Catalogue().Check(report); err != nil {
				t.Error(err)
			}
			if got := idsOf(report); !slices.Equal(got, slices.Sorted(slices.Values(f.want))) {
				t.Errorf("finds %v, want %v", got, f.want)
			}
			golden(t, f.name+".tree", report)
		})
	}
}

func golden(t *testing.T, name string, report *finding.Report) {
	t.Helper()
	var b bytes.Buffer
	if err := report.Print(&b, finding.Options{Format: finding.Tree}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "PRIVATE KEY") {
		t.Errorf("a secret is in the output:\n%s", b.String())
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (-update writes it)\n%s", err, b.String())
	}
	if b.String() != string(want) {
		t.Errorf("%s (-update writes it):\n%s\nwant\n%s", path, b.String(), want)
	}
}

// TestEveryIDHasAFixture: none is promised without a proof.
func TestEveryIDHasAFixture(t *testing.T) {
	t.Parallel()
	if err := Catalogue().Validate(); err != nil {
		t.Error(err)
	}
	var reports []*finding.Report
	for _, f := range fixtures(t) {
		reports = append(reports, f.check(t))
	}
	if missing := Catalogue().Missing(reports...); len(missing) > 0 {
		t.Errorf("no fixture finds %s", strings.Join(missing, ", "))
	}
}
