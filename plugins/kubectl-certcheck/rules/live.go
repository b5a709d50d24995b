package rules

import (
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// Served is what an endpoint of a door serves.
type Served struct {
	Door     finding.Object
	Endpoint string // for people: "istio-system/web-1:8443", "203.0.113.10:443"
	// Pod is the pod that the endpoint is a port of; it has no name for an address.
	Pod chain.Name
	// Secrets are those whose certificate should be served for the hosts.
	Secrets []chain.Name
	Result  served.Result
	// Loaded is what the pod's Envoy has loaded; nil: it was not asked.
	Loaded []served.Loaded
}

func liveCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "LIVE01", Severity: finding.Error, Title: "No TLS connection with what serves"},
		{ID: "LIVE02", Severity: finding.Error, Title: "Another certificate is served than the Secret holds"},
		{ID: "LIVE03", Severity: finding.Error, Title: "The endpoints of one door serve different certificates"},
		{ID: "LIVE04", Severity: finding.Error, Title: "A host has no certificate of its own at the server"},
		{ID: "LIVE05", Severity: finding.Error, Title: "The chain that is served is incomplete, out of order or out of date"},
		{ID: "LIVE06", Severity: finding.Error, Title: "TLS older than 1.2 is accepted, or nothing newer"},
		{ID: "LIVE07", Severity: finding.Warning, Title: "DNS leads a host elsewhere than to its door"},
		{ID: "LIVE08", Severity: finding.Error, Title: "Clients reject the certificate that is served"},
		{ID: "LIVE09", Severity: finding.Info, Title: "What Envoy has loaded, where something else should be served"},
	}
}

// checkLive judges what handshakes and DNS have told, door by door.
func (c *checker) checkLive() {
	for _, d := range c.liveDoors() {
		c.liveUnseen(d)
		c.liveConnections(d)
		c.liveNames(d)
		c.liveLeaves(d)
		c.liveAgreement(d)
		c.liveChains(d)
		c.liveVersions(d)
		c.liveValidity(d)
		c.liveLoaded(d)
	}
	c.liveDNS()
}

// liveDoor is a door with its endpoints.
type liveDoor struct {
	finding.Object
	served []*Served
	views  []liveView
}

// liveView is what one endpoint serves for one host, or by default.
type liveView struct {
	*Served
	*served.Handshake
	// wanted is the certificate that should be served, of the Secret from.
	wanted   *material.Certificate
	from     chain.Name
	relation liveRelation
}

func (c *checker) liveDoors() []*liveDoor {
	var all []*liveDoor
	for i := range c.Served {
		s := &c.Served[i]
		if !c.reaches(s.Door) {
			continue
		}
		at := slices.IndexFunc(all, func(d *liveDoor) bool { return d.Object == s.Door })
		if at < 0 {
			at, all = len(all), append(all, &liveDoor{Object: s.Door})
		}
		all[at].served = append(all[at].served, s)
		for _, h := range liveHandshakes(&s.Result) {
			v := liveView{Served: s, Handshake: h}
			v.from, v.wanted, v.relation = c.liveRelationOf(s, h)
			all[at].views = append(all[at].views, v)
		}
	}
	return all
}

// liveHandshakes are those that are judged: for the hosts, or where none are known,
// the one that tells most.
func liveHandshakes(r *served.Result) []*served.Handshake {
	var all []*served.Handshake
	for i := range r.Hosts {
		all = append(all, &r.Hosts[i])
	}
	switch {
	case len(all) > 0 || r.NoSNI == nil:
	case r.NoSNI.Chain == nil && r.UnknownSNI != nil && r.UnknownSNI.Chain != nil:
		all = append(all, r.UnknownSNI)
	default:
		all = append(all, r.NoSNI)
	}
	return all
}

// liveGroup is the endpoints and the hosts that something holds for.
type liveGroup[K comparable] struct {
	key   K
	views []liveView
}

// liveGroups puts together what has the same key, so that ten pods are one finding.
func liveGroups[K comparable](views []liveView, key func(liveView) (K, bool)) []*liveGroup[K] {
	var all []*liveGroup[K]
	for _, v := range views {
		k, ok := key(v)
		if !ok {
			continue
		}
		at := slices.IndexFunc(all, func(g *liveGroup[K]) bool { return g.key == k })
		if at < 0 {
			at, all = len(all), append(all, &liveGroup[K]{key: k})
		}
		all[at].views = append(all[at].views, v)
	}
	return all
}

func (g *liveGroup[K]) endpoints() string {
	return liveSome(g.views, func(v liveView) string { return v.Served.Endpoint })
}

// hosts are those of the group; empty where it is about no host.
func (g *liveGroup[K]) hosts() string {
	return liveSome(g.views, func(v liveView) string { return v.Host })
}

// forHosts is " for a.example.com, b.example.com", or nothing.
func (g *liveGroup[K]) forHosts() string {
	if hosts := g.hosts(); hosts != "" {
		return " for " + hosts
	}
	return ""
}

// subject is the endpoints with a verb, which is given for one.
func (g *liveGroup[K]) subject(verb string) string {
	for _, v := range g.views[1:] {
		if v.Served.Endpoint != g.views[0].Served.Endpoint {
			verb = livePlural(verb)
			break
		}
	}
	return g.endpoints() + " " + verb
}

func livePlural(verb string) string {
	switch verb {
	case "does":
		return "do"
	case "has":
		return "have"
	}
	return strings.TrimSuffix(verb, "s")
}

func liveSome(views []liveView, text func(liveView) string) string {
	var all []string
	for _, v := range views {
		if t := text(v); t != "" && !contains(all, t) {
			all = append(all, t)
		}
	}
	return some(all)
}

// pods are the pods of the group, each once.
func (g *liveGroup[K]) pods() []chain.Name {
	var all []chain.Name
	for _, v := range g.views {
		if v.Pod.Name != "" && !slices.Contains(all, v.Pod) {
			all = append(all, v.Pod)
		}
	}
	return all
}

// liveFollows says whether a handshake may have failed for want of a certificate: what
// is wrong with a renewal does not keep a Secret that is there from being served.
func (c *checker) liveFollows(object finding.Object, secrets []chain.Name) part {
	for _, n := range secrets {
		o := c.Secret(n)
		if o == nil || o.Served() == nil || c.leafOf(n) == nil || o.Served().Match == material.No {
			return symptom
		}
	}
	for i := range c.found {
		f := &c.found[i]
		if f.Object == object && f.part != aside && !strings.HasPrefix(f.ID, "LIVE") {
			return symptom
		}
	}
	if len(secrets) == 0 {
		return symptom
	}
	return aside
}

// liveBecause makes a finding follow from another one about the door, if there is one.
func (c *checker) liveBecause(f *finding.Finding, id string) {
	if c.has(id, f.Object) {
		f.Because = &finding.Ref{ID: id, Object: f.Object}
	}
}
