package rules

import (
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
)

// liveAgreement: LIVE03.
func (c *checker) liveAgreement(d *liveDoor) {
	var told []string
	type key struct{ host, secrets string }
	for _, alike := range liveGroups(d.views, func(v liveView) (key, bool) {
		return key{v.Host, fmt.Sprint(v.Secrets)}, v.Leaf() != nil
	}) {
		different := liveGroups(alike.views, func(v liveView) (string, bool) { return v.Leaf().SHA256, true })
		if len(different) < 2 {
			continue
		}
		var evidence []finding.Evidence
		for _, g := range different {
			evidence = append(evidence, finding.Evidence{Source: "served by " + g.endpoints(), Text: liveText(g.views[0].Leaf())})
		}
		same := fmt.Sprint(evidence)
		if slices.Contains(told, same) {
			continue // another host of the same servers
		}
		told = append(told, same)
		f := finding.Finding{
			ID: "LIVE03", Severity: finding.Error, Object: d.Object, Evidence: evidence,
			What:  fmt.Sprintf("Clients get one of %d certificates%s, depending on the endpoint that they reach.", len(different), alike.forHosts()),
			Cause: "The endpoints do not have the same state: some have not loaded the last renewal, or belong to something else.",
		}
		c.liveBecause(&f, "LIVE02")
		if f.Because == nil {
			f.Fix = c.liveRestart(alike.pods())
		} else {
			f.Severity = c.liveWorst("LIVE02", d.Object)
		}
		c.add(aside, f)
	}
}

// liveWorst is the worst severity of the findings of an id about a door. That endpoints
// differ is no worse than what each of them serves: all differ for a while after a renewal.
func (c *checker) liveWorst(id string, door finding.Object) finding.Severity {
	worst := finding.Info
	for i := range c.found {
		f := &c.found[i]
		if f.ID == id && f.Object == door && (f.Severity == finding.Error || worst == finding.Info) {
			worst = f.Severity
		}
	}
	return worst
}
