package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// liveLoaded: LIVE09. What Envoy has loaded is said where it helps: where something is
// wrong with what is served, or the certificate of the Secret is not loaded.
func (c *checker) liveLoaded(d *liveDoor) {
	amiss := false
	for _, id := range []string{"LIVE01", "LIVE02", "LIVE03", "LIVE04", "LIVE08"} {
		amiss = amiss || c.has(id, d.Object)
	}
	var views []liveView
	seen := map[string]bool{}
	for _, s := range d.served {
		if s.Loaded == nil || seen[s.Pod.String()] || !amiss && !c.liveLacks(s) {
			continue
		}
		seen[s.Pod.String()] = true
		views = append(views, liveView{Served: s, Handshake: &served.Handshake{}})
	}
	for _, g := range liveGroups(views, func(v liveView) (string, bool) { return liveLoadedText(v.Loaded), true }) {
		f := finding.Finding{
			ID: "LIVE09", Severity: finding.Info, Object: d.Object,
			What:     fmt.Sprintf("Envoy of %s has loaded %s.", livePods(g.views), count(strings.Count(g.key+"\n", "\n"), "server certificate")),
			Evidence: quote("GET /certs of Envoy", g.key),
		}
		if g.key == "" {
			f.What = fmt.Sprintf("Envoy of %s has loaded no server certificate.", livePods(g.views))
		}
		if c.liveLacks(g.views[0].Served) {
			f.What = strings.TrimSuffix(f.What, ".") + fmt.Sprintf("; that of Secret %s is not among them.", g.views[0].Secrets[0])
		}
		c.add(aside, f)
	}
}

func livePods(views []liveView) string {
	return liveSome(views, func(v liveView) string { return "pod " + v.Pod.String() })
}

// liveLacks reports whether an Envoy has not loaded the certificate that it should
// serve. Of a file with several, it tells the first.
func (c *checker) liveLacks(s *Served) bool {
	if s.Loaded == nil || len(s.Secrets) == 0 {
		return false
	}
	leaves := c.liveLeavesOf(s.Secrets[0])
	for _, leaf := range leaves {
		if slices.ContainsFunc(s.Loaded, func(l served.Loaded) bool { return l.Serial == leaf.Serial }) {
			return false
		}
	}
	return len(leaves) > 0
}

// liveLoadedText has a line for each certificate by which an Envoy identifies itself to
// clients. That of the mesh has a SPIFFE name, and no other.
func liveLoadedText(all []served.Loaded) string {
	var lines []string
	for _, l := range all {
		if l.Use != served.UseServing || len(l.URIs) > 0 && len(l.DNSNames) == 0 {
			continue
		}
		line := fmt.Sprintf("%s: serial %s", l.Path, l.Serial)
		if len(l.DNSNames) > 0 {
			line += ", for " + some(l.DNSNames)
		}
		switch {
		case !l.NotAfter.IsZero():
			line += ", until " + day(l.NotAfter)
		case l.Days != nil:
			line += fmt.Sprintf(", %s left", count(int(*l.Days), "day"))
		}
		if !contains(lines, line) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
