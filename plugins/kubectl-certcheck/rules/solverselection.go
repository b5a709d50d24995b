package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// unfit is why a solver is not for a name.
type unfit struct {
	Solver int    // its index in spec.acme.solvers
	Reason string // a clause: "its dnsNames do not list it"
}

// selectSolver replays cert-manager's choice of a solver for a name of an order with
// these labels, which are the Certificate's. It returns the index of the solver; -1 if
// none is for the name, and then why each is not.
//
// As in pkg/util/solverpicker of cert-manager v1.21: of those that match, one that lists
// the name comes before others, then the one with the longest zone, then the one with
// the most labels, then the first.
func selectSolver(solvers []chain.Solver, labels map[string]string, name string, address bool) (int, []unfit) {
	best, bestMatch := -1, match{}
	var refused []unfit
	for i := range solvers {
		m, reason := matchSolver(&solvers[i], labels, name, address)
		if reason != "" {
			refused = append(refused, unfit{i, reason})
			continue
		}
		if best < 0 || m.compare(bestMatch) > 0 {
			best, bestMatch = i, m
		}
	}
	if best >= 0 {
		refused = nil
	}
	return best, refused
}

// match is how specific a selector is for a name.
type match struct{ names, zone, labels int }

func (m match) compare(n match) int {
	return cmp.Or(cmp.Compare(m.names, n.names), cmp.Compare(m.zone, n.zone), cmp.Compare(m.labels, n.labels))
}

// matchSolver says how a solver matches, or why it does not.
func matchSolver(s *chain.Solver, labels map[string]string, name string, address bool) (match, string) {
	wildcard := strings.HasPrefix(name, "*.")
	switch {
	case s.HTTP01 == nil && s.DNS01 == nil:
		return match{}, "it is neither http01 nor dns01"
	case wildcard && s.DNS01 == nil:
		return match{}, "it is http01, and a wildcard needs dns01"
	case address && s.HTTP01 == nil:
		return match{}, "it is dns01, and an IP address needs http01"
	case s.Selector == nil:
		return match{}, ""
	}
	m := match{labels: len(s.Selector.MatchLabels)}
	for _, key := range slices.Sorted(maps.Keys(s.Selector.MatchLabels)) {
		want := s.Selector.MatchLabels[key]
		if got, ok := labels[key]; !ok || got != want {
			return match{}, fmt.Sprintf("its matchLabels want %s=%s, which the Certificate does not have", key, want)
		}
	}
	if len(s.Selector.DNSNames) > 0 {
		if !slices.Contains(s.Selector.DNSNames, name) {
			return match{}, "its dnsNames do not list it (they are: " + some(s.Selector.DNSNames) + ")"
		}
		m.names = 1
	}
	if len(s.Selector.DNSZones) > 0 {
		if m.zone = longestZone(s.Selector.DNSZones, name); m.zone == 0 {
			return match{}, zoneReason(s.Selector.DNSZones, name)
		}
	}
	return m, ""
}

// longestZone is the number of labels of the longest zone that a name is in, 0 for none.
// The labels are compared as they stand: a "*" in a zone is a label like any other.
func longestZone(zones []string, name string) int {
	longest := 0
	for _, zone := range zones {
		if zone != "" && inZone(zone, name) {
			longest = max(longest, strings.Count(zone, ".")+1)
		}
	}
	return longest
}

func inZone(zone, name string) bool {
	zone, name = strings.ToLower(zone), strings.ToLower(name)
	return name == zone || strings.HasSuffix(name, "."+zone)
}

// zoneReason tells the two ways to write a zone that looks right and is not.
func zoneReason(zones []string, name string) string {
	for _, zone := range zones {
		if bare, ok := strings.CutPrefix(zone, "*."); ok && inZone(bare, name) {
			return fmt.Sprintf("its zone %q matches the wildcard itself only; without the \"*.\" it would match", zone)
		}
		if bare, ok := strings.CutSuffix(zone, "."); ok && inZone(bare, name) {
			return fmt.Sprintf("its zone %q ends with a dot; without that it would match", zone)
		}
	}
	return "its dnsZones do not contain it (they are: " + some(zones) + ")"
}
