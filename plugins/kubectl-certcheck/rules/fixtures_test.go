package rules

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

var update = flag.Bool("update", false, "write the golden files")

// noon is the time of all fixtures.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// A fixture is testdata/NAME.yaml: objects as `kubectl get -o yaml` shows them. Its
// first lines are comments: what it is, and after "finds:" all ids that are found,
// none for a healthy one:
//
//	# A Gateway whose Secret is in another namespace.
//	# finds: GWC02 GWC03
//	# shows: wide               (optional: the golden output's format; tree by default)
//	# scope: shop               (optional: as -n)
//	# cluster:                  (optional: as of a cluster; what is not there is gone)
//	# groups: apps/v1 …         (optional: the API groups that the cluster serves)
//	# missing: Secret secrets shop … (optional: what could not be read: kind, resource, namespace)
//	# problems:                 (optional: some objects cannot be read)
//	# reviews: shop/web=no …   (optional: the ServiceAccounts that may or may not list Secrets)
//	# warming: shop/pod=name …  (optional: the Secrets that the Envoy of a pod waits for)
//
// It is read with macros, since nobody can write a certificate: ${pair …} is the data of
// a Secret and ${bundle …} a caBundle: see expand.
type fixture struct {
	name string
	text string
	want []string
	opts map[string]string
}

func fixtures(t *testing.T) []fixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var all []fixture
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := newFixture(strings.TrimSuffix(filepath.Base(path), ".yaml"), string(raw))
		if _, ok := f.opts["finds"]; !ok {
			t.Errorf("%s says nowhere what it finds", path)
		}
		all = append(all, *f)
	}
	return all
}

// newFixture reads the comments at the head of a fixture.
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
	raw, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s has no %q", name, replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return newFixture(name, text)
}

// snapshot reads the fixture as a bundle of a user's would be read.
func (f *fixture) snapshot(t *testing.T) *chain.Snapshot {
	t.Helper()
	_, cluster := f.opts["cluster"]
	s := &chain.Snapshot{Files: !cluster}
	if scope := f.opts["scope"]; scope != "" {
		s.Scope = strings.Split(scope, ",")
	}
	for document := range strings.SplitSeq(expand(t, f.text), "\n---\n") {
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		if string(raw) != "null" {
			s.Add(raw, chain.Place{})
		}
	}
	for _, p := range s.Problems {
		if _, ok := f.opts["problems"]; !ok {
			t.Errorf("%s: %v: %s %s", f.name, p.Object, p.What, p.Text)
		}
	}
	for groupVersion := range strings.FieldsSeq(f.opts["groups"]) {
		if s.Groups == nil {
			s.Groups = map[string][]string{}
		}
		group, version, _ := strings.Cut(groupVersion, "/")
		s.Groups[group] = append(s.Groups[group], version)
	}
	if words := strings.Fields(f.opts["missing"]); len(words) >= 2 {
		m := chain.Missing{Kind: words[0], Resource: words[1], Forbidden: true, Reason: words[1] + ` is forbidden: User "jane" cannot list resource "` + words[1] + `" in API group "" in the namespace "shop"`}
		if len(words) > 2 {
			m.Namespace = words[2]
		}
		s.Missing = append(s.Missing, m)
	}
	for n, value := range f.named("reviews") {
		if s.Reviews == nil {
			s.Reviews = map[chain.Name]material.Answer{}
		}
		s.Reviews[n] = material.Answer(value)
	}
	for n, value := range f.named("warming") {
		if s.Warming == nil {
			s.Warming = map[chain.Name][]string{}
		}
		s.Warming[n] = append(s.Warming[n], value)
	}
	s.Close()
	return s
}

// named are the words of an option: namespace/name=value.
func (f *fixture) named(option string) map[chain.Name]string {
	all := map[chain.Name]string{}
	for word := range strings.FieldsSeq(f.opts[option]) {
		who, value, _ := strings.Cut(word, "=")
		namespace, name, _ := strings.Cut(who, "/")
		all[chain.Name{Namespace: namespace, Name: name}] = value
	}
	return all
}

func (f *fixture) check(t *testing.T) *finding.Report {
	t.Helper()
	report, err := Check(f.snapshot(t), Options{Now: noon, WarnWithin: 0})
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	return report
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
			ids := map[string]bool{}
			for _, one := range report.Findings {
				ids[one.ID] = true
			}
			if got := slices.Sorted(maps.Keys(ids)); !slices.Equal(got, slices.Sorted(slices.Values(f.want))) {
				t.Errorf("finds %v, want %v", got, f.want)
			}
			format := finding.Tree
			if f.opts["shows"] != "" {
				format = finding.Format(f.opts["shows"])
			}
			golden(t, f.name+"."+string(format), report, format)
		})
	}
}

func golden(t *testing.T, name string, report *finding.Report, format finding.Format) {
	t.Helper()
	var b bytes.Buffer
	if err := report.Print(&b, finding.Options{Format: format}); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"PRIVATE KEY", keyOfRecipes} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("a secret is in the output:\n%s", b.String())
		}
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

// keyOfRecipes is the secret access key of all fixtures. It opens nothing.
const keyOfRecipes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123"

// TestEveryIDHasAFixture: none is promised without a proof.
func TestEveryIDHasAFixture(t *testing.T) {
	if err := Catalogue().Validate(); err != nil {
		t.Error(err)
	}
	var reports []*finding.Report
	for _, f := range fixtures(t) {
		reports = append(reports, f.check(t))
	}
	reports = append(reports, liveReports(t)...)
	if missing := Catalogue().Missing(reports...); len(missing) > 0 {
		t.Errorf("no fixture finds %s", strings.Join(missing, ", "))
	}
}

func TestEveryIDHasADepth(t *testing.T) {
	for _, e := range Catalogue() {
		if depth(e.ID) < 0 {
			t.Errorf("%s has none", e.ID)
		}
	}
}
