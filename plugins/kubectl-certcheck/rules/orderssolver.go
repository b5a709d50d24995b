package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

const noSolverText = "no configured challenge solvers can be used for this challenge"

// unsolved is a name that no solver of the issuer is for.
type unsolved struct {
	name    string
	refused []unfit
}

// checkSolvers replays which solver each name gets. It says what will happen as well as
// what did: cert-manager leaves such an order pending, without a reason.
func (c *checker) checkSolvers() {
	orders := map[*chain.Certificate]*chain.Order{}
	for _, x := range c.attempts() {
		orders[x.certificate] = x.order
	}
	for _, o := range c.Certificates {
		issuer := c.IssuerOf(o.Issuer, o.Namespace)
		if !c.reaches(o.Object) || issuer == nil || issuer.ACME == nil || issuer.ACME.Old {
			continue
		}
		names := unsolvedNames(issuer, o)
		if order := orders[o]; order != nil && !order.Failed() && order.State != "valid" {
			c.checkOrderSolver(o, order, issuer, names)
		} else if len(names) > 0 {
			c.foreseeNoSolver(o, issuer, names)
		}
	}
}

func unsolvedNames(issuer *chain.Issuer, o *chain.Certificate) []unsolved {
	if o.ACME != nil {
		return nil // of v0.10 and before: the Certificate says itself how each is proved
	}
	var all []unsolved
	look := func(name string, address bool) {
		if i, refused := selectSolver(issuer.ACME.Solvers, o.Labels, name, address); i < 0 {
			all = append(all, unsolved{name, refused})
		}
	}
	for _, name := range o.DNSNames {
		look(name, false)
	}
	for _, address := range o.Addresses {
		look(address.String(), true)
	}
	return all
}

// checkOrderSolver judges an order that is under way. Without challenges it is enough
// that no solver matches; with them, the CA may know some names already, so that
// cert-manager's own word counts.
func (c *checker) checkOrderSolver(o *chain.Certificate, order *chain.Order, issuer *chain.Issuer, names []unsolved) {
	if order.State == "ready" || order.State == "processing" {
		return // the CA asks for no proof any more
	}
	event := c.LastEvent(&order.Meta, "Solver")
	started := len(c.ChallengesOf(order)) > 0
	if event == nil && (len(names) == 0 || started) || len(names) == 0 && started {
		return
	}
	f := finding.Finding{ID: "ORD01", Severity: finding.Error, Object: order.Object, Retry: "when the issuer or the order changes"}
	if event != nil {
		f.Evidence = quote("event Solver", event.Message)
	}
	if len(names) == 0 {
		c.addUnexplained(f, o, issuer, event)
		return
	}
	c.addNoSolver(f, o, order, issuer, names)
}

// addUnexplained adds what cert-manager says, though the issuer as it is now has a
// solver for each name.
func (c *checker) addUnexplained(f finding.Finding, o *chain.Certificate, issuer *chain.Issuer, event *chain.Event) {
	f.What = fmt.Sprintf("cert-manager cannot use a solver of %s for the order.", issuerTitle(issuer))
	if strings.Contains(strings.ToLower(event.Message), noSolverText) {
		f.Severity = finding.Warning
		f.Cause = "By their selectors there is a solver for each name now: either the issuer was changed since, or the CA does not offer the solver's type of challenge."
	}
	f.Fix = []finding.Step{editIssuer(issuer), renewStep(o)}
	c.add(blocks, f)
}

// foreseeNoSolver is about a Certificate without an order under way. Of a CA with
// accounts of its customers nothing is said: it may need no proof at all.
func (c *checker) foreseeNoSolver(o *chain.Certificate, issuer *chain.Issuer, names []unsolved) {
	if issuer.ACME.ExternalAccountKey != nil {
		return
	}
	f := finding.Finding{ID: "ORD01", Severity: finding.Error, Object: o.Object}
	if o.Conditions.Is("Ready", "True") {
		f.Severity = finding.Warning
	}
	c.addNoSolver(f, o, nil, issuer, names)
}

func (c *checker) addNoSolver(f finding.Finding, o *chain.Certificate, order *chain.Order, issuer *chain.Issuer, names []unsolved) {
	var list []string
	p := symptom // of ISS08, if that says it all
	for _, n := range names {
		list = append(list, n.name)
		if canSolveLike(issuer, n.name) {
			p = blocks
		}
	}
	f.What = fmt.Sprintf("%s has no solver for %s.", issuerTitle(issuer), some(list))
	if f.Severity == finding.Warning {
		f.What = fmt.Sprintf("The next renewal will fail: %s has no solver for %s.", issuerTitle(issuer), some(list))
	}
	f.Evidence = append(f.Evidence, selectorEvidence(issuer)...)
	f.Cause = noSolverCause(issuer, names)
	f.Fix = noSolverFix(o, order, issuer, names[0])
	f.Docs = "https://cert-manager.io/docs/configuration/acme/"
	c.add(p, f)
}

// selectorEvidence is the selectors as they are written.
func selectorEvidence(issuer *chain.Issuer) []finding.Evidence {
	var all []finding.Evidence
	for i := range issuer.ACME.Solvers {
		if s := issuer.ACME.Solvers[i].Selector; s != nil {
			all = append(all, finding.Evidence{Source: fmt.Sprintf("%s spec.acme.solvers[%d].selector", issuerTitle(issuer), i), Text: selectorText(s)})
		}
	}
	return all
}

func selectorText(s *chain.Selector) string {
	fields := struct {
		MatchLabels map[string]string `json:"matchLabels,omitempty"`
		DNSNames    []string          `json:"dnsNames,omitempty"`
		DNSZones    []string          `json:"dnsZones,omitempty"`
	}{s.MatchLabels, s.DNSNames, s.DNSZones}
	raw, _ := json.Marshal(fields) // strings only
	return string(raw)
}

// noSolverCause says of each solver why it is not for the first name, and for others
// where the reasons differ.
func noSolverCause(issuer *chain.Issuer, names []unsolved) string {
	if len(issuer.ACME.Solvers) == 0 {
		return "spec.acme.solvers is empty."
	}
	const most = 3
	var said []string
	for _, n := range names {
		var reasons []string
		for _, r := range n.refused {
			reasons = append(reasons, fmt.Sprintf("solvers[%d] (%s): %s", r.Solver, solverTitle(&issuer.ACME.Solvers[r.Solver]), r.Reason))
		}
		sentence := strings.Join(reasons, "; ") + "."
		if len(said) < most && !slices.ContainsFunc(said, func(s string) bool { return strings.HasSuffix(s, sentence) }) {
			said = append(said, n.name+": "+sentence)
		}
	}
	return strings.Join(said, " ")
}

// solverTitle is a solver in two words: "dns01 route53".
func solverTitle(s *chain.Solver) string {
	switch {
	case s.DNS01 != nil:
		return strings.TrimSpace("dns01 " + s.DNS01.Provider)
	case s.HTTP01 != nil:
		return "http01"
	}
	return "of no type"
}

// noSolverFix is the smallest change that makes a solver match the name.
func noSolverFix(o *chain.Certificate, order *chain.Order, issuer *chain.Issuer, n unsolved) []finding.Step {
	for _, r := range n.refused {
		s := issuer.ACME.Solvers[r.Solver].Selector
		if s == nil {
			continue
		}
		for i, zone := range s.DNSZones {
			bare := strings.TrimSuffix(strings.TrimPrefix(zone, "*."), ".")
			if bare != zone && strings.Contains(r.Reason, "would match") && inZone(bare, n.name) {
				return []finding.Step{patchIssuerStep(issuer, fmt.Sprintf(`{"op":"replace","path":"/spec/acme/solvers/%d/selector/dnsZones/%d","value":%q}`, r.Solver, i, bare))}
			}
		}
	}
	if !canSolveLike(issuer, n.name) {
		return []finding.Step{do("Add a " + typeFor(n.name) + " solver to " + issuerTitle(issuer) + "."), editIssuer(issuer)}
	}
	if labels := labelsWanted(issuer, n); labels != "" {
		steps := []finding.Step{run("kubectl label certificate " + script.Quote(o.Name) + " -n " + script.Quote(o.Namespace) + labels)}
		if order != nil {
			steps = append(steps, run("kubectl label order "+script.Quote(order.Name)+" -n "+script.Quote(order.Namespace)+labels))
		}
		return steps
	}
	return []finding.Step{do(fmt.Sprintf("Add %s to the dnsNames, or its zone to the dnsZones, of one of the solvers, or add a solver without a selector.", n.name)), editIssuer(issuer)}
}

// labelsWanted are the labels that a solver lacks nothing but; each after a blank.
func labelsWanted(issuer *chain.Issuer, n unsolved) string {
	for _, r := range n.refused {
		s := issuer.ACME.Solvers[r.Solver]
		if s.Selector == nil || len(s.Selector.MatchLabels) == 0 {
			continue
		}
		labels := s.Selector.MatchLabels
		if _, reason := matchSolver(&s, labels, n.name, false); reason != "" {
			continue
		}
		words := ""
		for _, key := range slices.Sorted(maps.Keys(labels)) {
			words += " " + script.Quote(key+"="+labels[key])
		}
		return words + " --overwrite"
	}
	return ""
}
