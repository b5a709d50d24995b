package rules

import (
	"strings"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func TestSelectSolver(t *testing.T) {
	t.Parallel()
	dns := func(s *chain.Selector) chain.Solver { return chain.Solver{DNS01: &chain.DNS01{}, Selector: s} }
	http := func(s *chain.Selector) chain.Solver { return chain.Solver{HTTP01: &chain.HTTP01{}, Selector: s} }
	zones := func(all ...string) *chain.Selector { return &chain.Selector{DNSZones: all} }
	names := func(all ...string) *chain.Selector { return &chain.Selector{DNSNames: all} }
	labels := func(key, value string) *chain.Selector {
		return &chain.Selector{MatchLabels: map[string]string{key: value}}
	}
	mine := map[string]string{"team": "shop", "tier": "web"}
	tests := []struct {
		what    string
		solvers []chain.Solver
		name    string
		want    int
		why     string // a part of the first unfit
	}{
		{"no selector", []chain.Solver{dns(nil)}, "a.example.com", 0, ""},
		{"the first of equals", []chain.Solver{http(nil), dns(nil)}, "a.example.com", 0, ""},
		{"a wildcard passes http01 over", []chain.Solver{http(nil), dns(nil)}, "*.example.com", 1, ""},
		{"a wildcard and http01 only", []chain.Solver{http(nil)}, "*.example.com", -1, "a wildcard needs dns01"},
		{"an empty selector is none", []chain.Solver{dns(&chain.Selector{})}, "a.example.com", 0, ""},
		{"no solver at all", nil, "a.example.com", -1, ""},
		{"neither", []chain.Solver{{}}, "a.example.com", -1, "neither"},

		{"in the zone", []chain.Solver{dns(zones("example.com"))}, "a.b.example.com", 0, ""},
		{"the zone itself", []chain.Solver{dns(zones("example.com"))}, "example.com", 0, ""},
		{"a zone goes by labels", []chain.Solver{dns(zones("ample.com"))}, "example.com", -1, "do not contain it"},
		{"letters of any case", []chain.Solver{dns(zones("Example.COM"))}, "a.example.com", 0, ""},
		{"a wildcard in the zone", []chain.Solver{dns(zones("example.com"))}, "*.example.com", 0, ""},
		{"a wildcard's zone, and the wildcard", []chain.Solver{dns(zones("*.example.com"))}, "*.example.com", 0, ""},
		{"a wildcard's zone, and a host", []chain.Solver{dns(zones("*.example.com"))}, "a.example.com", -1, `without the "*." it would match`},
		{"a wildcard's zone, and the apex", []chain.Solver{dns(zones("*.example.com"))}, "example.com", -1, `without the "*." it would match`},
		{"a dot at the end", []chain.Solver{dns(zones("example.com."))}, "a.example.com", -1, "ends with a dot"},
		{"an empty zone", []chain.Solver{dns(zones(""))}, "a.example.com", -1, "do not contain it"},

		{"a listed name", []chain.Solver{dns(names("a.example.com"))}, "a.example.com", 0, ""},
		{"names are exact", []chain.Solver{dns(names("example.com", "*.example.com"))}, "a.example.com", -1, "do not list it"},
		{"labels", []chain.Solver{dns(labels("team", "shop"))}, "a.example.com", 0, ""},
		{"another label", []chain.Solver{dns(labels("team", "bank"))}, "a.example.com", -1, "want team=bank"},
		{"no such label", []chain.Solver{dns(labels("x", ""))}, "a.example.com", -1, "want x="},
		{"all parts have to match", []chain.Solver{dns(&chain.Selector{DNSNames: []string{"a.example.com"}, DNSZones: []string{"example.org"}})}, "a.example.com", -1, "do not contain it"},

		{"a selector before none", []chain.Solver{dns(nil), dns(labels("team", "shop"))}, "a.example.com", 1, ""},
		{"a zone before labels", []chain.Solver{dns(labels("team", "shop")), dns(zones("com"))}, "a.example.com", 1, ""},
		{"a name before a zone", []chain.Solver{dns(zones("a.example.com")), dns(names("a.example.com"))}, "a.example.com", 1, ""},
		{"the longer zone", []chain.Solver{dns(zones("example.com")), dns(zones("com", "b.example.com")), dns(zones("com"))}, "a.b.example.com", 1, ""},
		{"more labels, where zones are equal", []chain.Solver{
			dns(&chain.Selector{DNSZones: []string{"example.com"}, MatchLabels: map[string]string{"team": "shop"}}),
			dns(&chain.Selector{DNSZones: []string{"example.com"}, MatchLabels: mine}),
			dns(zones("example.com")),
		}, "a.example.com", 1, ""},
	}
	for _, test := range tests {
		got, refused := selectSolver(test.solvers, mine, test.name, false)
		if got != test.want {
			t.Errorf("%s: %d, want %d", test.what, got, test.want)
		}
		if test.want >= 0 && refused != nil || test.want < 0 && len(refused) != len(test.solvers) {
			t.Errorf("%s: refused are %v", test.what, refused)
		}
		if test.why != "" && (len(refused) == 0 || !strings.Contains(refused[0].Reason, test.why)) {
			t.Errorf("%s: %v, want %q", test.what, refused, test.why)
		}
	}
	if got, refused := selectSolver([]chain.Solver{dns(nil), http(nil)}, nil, "192.0.2.1", true); got != 1 {
		t.Errorf("an address gets %d (%v), want http01", got, refused)
	}
}
