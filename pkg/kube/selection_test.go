package kube

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

func TestValidateSelection(t *testing.T) {
	for _, test := range []struct {
		labels, fields string
		flag           string // none: valid
	}{
		{"", "", ""},
		{"app=web,tier!=cache", "status.phase=Running", ""},
		{"app in (a,b),!legacy", "metadata.name!=web-0,spec.nodeName=n1", ""},
		{"app in (a", "", "--selector"},
		{"app==,==", "", "--selector"},
		{"-app=web", "", "--selector"},
		{"", "status.phase", "--field-selector"},
	} {
		err := Selection{Labels: test.labels, Fields: test.fields}.Validate()
		switch {
		case test.flag == "" && err != nil:
			t.Errorf("-l %q --field-selector %q: %v", test.labels, test.fields, err)
		case test.flag != "" && (err == nil || !strings.HasPrefix(err.Error(), test.flag+" ")):
			t.Errorf("-l %q --field-selector %q: %v, want an error that begins with %s", test.labels, test.fields, err, test.flag)
		}
	}
}

func TestListOptions(t *testing.T) {
	for _, test := range []struct {
		s              Selection
		labels, fields string
	}{
		{Selection{}, "", ""},
		{Selection{Labels: "app=web"}, "app=web", ""},
		{Selection{Fields: "status.phase=Running"}, "", "status.phase=Running"},
		{Selection{Node: "n1"}, "", "spec.nodeName=n1"},
		{Selection{Labels: "a=b", Fields: "status.phase=Running", Node: "n1"}, "a=b", "status.phase=Running,spec.nodeName=n1"},
		{Selection{Node: "n1,metadata.name=x"}, "", `spec.nodeName=n1\,metadata.name\=x`}, // no way to say more
	} {
		got := test.s.listOptions()
		if got.LabelSelector != test.labels || got.FieldSelector != test.fields {
			t.Errorf("%+v: labels %q, fields %q; want %q, %q", test.s, got.LabelSelector, got.FieldSelector, test.labels, test.fields)
		}
	}
}

func TestNamespaces(t *testing.T) {
	c := &Cluster{Namespace: "own"}
	for _, test := range []struct {
		s     Selection
		want  []string
		where string
	}{
		{Selection{}, []string{"own"}, `namespace "own"`},
		{Selection{Namespaces: []string{"shop"}}, []string{"shop"}, `namespace "shop"`},
		{Selection{Namespaces: []string{"pay", "shop"}}, []string{"pay", "shop"}, `namespaces "pay", "shop"`},
		{Selection{AllNamespaces: true}, []string{""}, "any namespace"},
	} {
		if got := test.s.namespaces(c); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q, want %q", test.s, got, test.want)
		}
		if got := test.s.Where(c); got != test.where {
			t.Errorf("%+v: where = %q, want %q", test.s, got, test.where)
		}
	}
}

func queries(t *testing.T, texts ...string) []Query {
	t.Helper()
	var all []Query
	for _, text := range texts {
		q, err := ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, q)
	}
	return all
}

func TestLiterals(t *testing.T) {
	for _, test := range []struct {
		texts []string
		want  []string
		ok    bool
	}{
		{nil, nil, false},
		{[]string{"web-0"}, []string{"web-0"}, true},
		{[]string{"web-0", "pod/db-0"}, []string{"web-0", "db-0"}, true},
		{[]string{"web-0", "^db"}, nil, false},
		{[]string{"deploy/web", "web-0"}, nil, false},
	} {
		got, ok := Selection{Queries: queries(t, test.texts...)}.literals()
		if ok != test.ok || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, %v; want %q, %v", test.texts, got, ok, test.want, test.ok)
		}
	}
}

// Regular expressions are a union, and what is excluded is excluded whatever
// selects it. None of it takes a request.
func TestCompileRegexps(t *testing.T) {
	c, err := NewCluster("blue", "shop", &rest.Config{Host: "http://127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		queries, exclude []string
		want             []string
	}{
		{nil, nil, []string{"web-0", "web-1", "db-0", "api"}},
		{[]string{"web"}, nil, []string{"web-0", "web-1"}},
		{[]string{"^db", "-1$"}, nil, []string{"web-1", "db-0"}},
		{nil, []string{"web"}, []string{"db-0", "api"}},
		{[]string{"web", "api"}, []string{"0$", "x"}, []string{"web-1", "api"}},
		{[]string{"nothing"}, nil, nil},
	} {
		var exclude []*regexp.Regexp
		for _, e := range test.exclude {
			exclude = append(exclude, regexp.MustCompile(e))
		}
		match, err := c.compile(t.Context(), Selection{Queries: queries(t, test.queries...), Exclude: exclude})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range []string{"web-0", "web-1", "db-0", "api"} {
			ok, err := match(t.Context(), &Pod{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("queries %q without %q: %q, want %q", test.queries, test.exclude, got, test.want)
		}
	}
}

func TestKindsThatOwnNoPods(t *testing.T) {
	c, err := NewCluster("blue", "shop", &rest.Config{Host: "http://127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	for text, hint := range map[string]string{"node/n1": "--node n1", "ns/shop": "-n shop"} {
		if _, err := c.compile(t.Context(), Selection{Queries: queries(t, text)}); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v, want an error that says %q", text, err, hint)
		}
	}
}
