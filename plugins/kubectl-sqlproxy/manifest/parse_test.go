package manifest

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

func TestParseInstance(t *testing.T) {
	t.Parallel()
	const alloydb = "projects/p/locations/r/clusters/c/instances/i"
	for _, test := range []struct {
		engine proxy.Engine
		text   string
		want   Instance
		wrong  string
	}{
		{proxy.V2, "p:r:i=postgres", database("p:r:i", Postgres, 5432), ""},
		{proxy.V2, "p:r:i=mysql", database("p:r:i", MySQL, 3306), ""},
		{proxy.V1, "p:r:i=sqlserver", database("p:r:i", SQLServer, 1433), ""},
		{proxy.V2, "d.com:p:r:i=6432", database("d.com:p:r:i", "", 6432), ""},
		{proxy.V2, "db.example.com=mysql", database("db.example.com", MySQL, 3306), ""},
		{proxy.AlloyDB, alloydb, database(alloydb, Postgres, 5432), ""},
		{proxy.AlloyDB, alloydb + "=6000", database(alloydb, "", 6000), ""},
		{proxy.AlloyDB, alloydb + "=mysql", Instance{}, "AlloyDB has no mysql"},
		{proxy.V2, "p:r:i", Instance{}, "only the API knows which engine it has"},
		{proxy.V2, "p:r:i=", Instance{}, "after the = comes a port"},
		{proxy.V2, "p:r:i=oracle", Instance{}, `not "oracle"`},
		{proxy.V2, "p:r:i=tcp:3306", Instance{}, `not "tcp:3306"`},
		{proxy.V2, "p:r:i?port=3306", Instance{}, "characters"},
		{proxy.V2, "p:i=mysql", Instance{}, "fewer than the three parts"},
		{proxy.V2, "a:b:c:d=mysql", Instance{}, "no domain"},
		{proxy.V2, "a:b:c:d:e=mysql", Instance{}, "more than the three parts"},
		{proxy.V1, "db.example.com=mysql", Instance{}, "fewer than"},
		{proxy.V2, alloydb + "=postgres", Instance{}, "fewer than"},
		{proxy.AlloyDB, "p:r:i=postgres", Instance{}, "projects/PROJECT"},
		{proxy.V2, "", Instance{}, "fewer"},
	} {
		got, err := ParseInstance(test.engine, test.text)
		if got != test.want || (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s %q: %+v, %v; want %+v, %q", test.engine, test.text, got, err, test.want, test.wrong)
		}
	}
}

func TestParseClient(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text             string
		any              bool
		pods, namespaces string // as selectors are written; "-" for none
		wrong            string
	}{
		{"any", true, "-", "-", ""},
		{"app=web", false, "app=web", "-", ""},
		{"app=web,tier=front", false, "app=web,tier=front", "-", ""},
		{"tier in (a,b)", false, "tier in (a,b)", "-", ""},
		{"tier notin (back)", false, "tier notin (back)", "-", ""},
		{"ns:team-a", false, "-", "kubernetes.io/metadata.name=team-a", ""},
		{"ns:team=a", false, "-", "team=a", ""},
		{"ns:example.com/team=a:app=web", false, "app=web", "example.com/team=a", ""},
		{"ns:team-a:app=web", false, "app=web", "kubernetes.io/metadata.name=team-a", ""},
		{"ns:*:app=web", false, "app=web", "", ""},
		{"team-a", false, "", "", "ns:team-a for a namespace"},
		{"", false, "", "", "nobody in particular"},
		{"ns:", false, "", "", "nobody in particular"},
		{"ns:team-a:", false, "", "", "nobody in particular"},
		{"ns:*", false, "", "", "write any, or say which pods"},
		{"ns:Team", false, "", "", "says no value"},
		{"app=we b", false, "", "", "no selector of labels"},
		{"=", false, "", "", "no selector of labels"},
		{"app==", false, "app=", "-", ""},
	} {
		got, err := ParseClient(test.text)
		if test.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("%q: %v, want %q", test.text, err, test.wrong)
			}
			continue
		}
		if err != nil || got.Any != test.any || written(got.Pods) != test.pods || written(got.Namespaces) != test.namespaces {
			t.Errorf("%q: %v %q %q, %v; want %v %q %q", test.text, got.Any, written(got.Pods), written(got.Namespaces), err, test.any, test.pods, test.namespaces)
		}
	}
}

func written(s *metav1.LabelSelector) string {
	if s == nil {
		return "-"
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return err.Error()
	}
	return selector.String()
}

// FuzzParseClient: what is taken lets in somebody in particular, but for "any".
func FuzzParseClient(f *testing.F) {
	for _, seed := range []string{"any", "app=web", "ns:team-a", "ns:team=a:app=web", "ns:*:a=b", "a in (b,c)", "!a", "ns::a=b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClient(text)
		if err != nil || c.Any {
			if c.Any && text != "any" {
				t.Errorf("%q is everybody", text)
			}
			return
		}
		if everybody := func(s string) bool { return s == "-" || s == "" }; everybody(written(c.Pods)) && everybody(written(c.Namespaces)) {
			t.Errorf("%q is everybody", text)
		}
	})
}

func TestParseServerVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ServerVersion{
		"1.27": {1, 27}, "v1.31.4-gke.100": {1, 31}, "1.27+": {1, 27}, "1.30-alpha": {1, 30},
	} {
		if got, err := ParseServerVersion(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "1.", "27", "2.0", "1.x", "1.27x", "1.-3", "1. 27", "latest", "1.0", "1.99999999"} {
		if got, err := ParseServerVersion(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
	if new, old := (ServerVersion{}), (ServerVersion{1, 26}); !new.has(30) || old.has(27) || !old.has(26) {
		t.Error("the zero version is a new one, and 1.26 has what came with it")
	}
}
