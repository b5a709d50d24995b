package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// door is an Istio Gateway with its pods, and with what its servers take.
type door struct {
	*chain.IstioGateway
	selector string // as kubectl writes it
	groups   []chain.PodGroup
	// pods are those of all groups; none is not known, or there are none.
	pods    []*chain.Pod
	servers []doorServer
}

// doorServer is one of spec.servers. hosts are without namespaces; sources are empty if
// it does not end TLS.
type doorServer struct {
	*chain.Server
	index   int
	hosts   []string
	sources []chain.Source
}

// doors are all Istio Gateways: one may be in the way of another that is asked for.
func (c *checker) doors() []*door {
	var all []*door
	for _, g := range c.IstioGateways {
		d := &door{IstioGateway: g, selector: labelText(g.Selector), groups: c.GatewayPods(g)}
		for _, group := range d.groups {
			d.pods = append(d.pods, group.Pods...)
		}
		for i := range g.Servers {
			s := doorServer{Server: &g.Servers[i], index: i, hosts: chain.ServerHosts(&g.Servers[i])}
			if s.TLS != nil && s.TLS.Terminates() {
				s.sources = c.Sources(g, i)
			}
			d.servers = append(d.servers, s)
		}
		all = append(all, d)
	}
	return all
}

// secure reports whether the Gateway has to do with TLS at all.
func (d *door) secure() bool {
	return slices.ContainsFunc(d.servers, func(s doorServer) bool { return s.secure() })
}

func (s *doorServer) secure() bool {
	return s.TLS != nil && s.TLS.Terminates() || s.Port.Protocol == "HTTPS"
}

func (s *doorServer) field(name string) string {
	return fmt.Sprintf("spec.servers[%d].%s", s.index, name)
}

// messages are what istiod's own analysis says, of one code.
func (d *door) messages(code string) []finding.Evidence {
	for _, m := range d.Messages {
		if strings.HasPrefix(m, code) {
			return quote("status.validationMessages", m)
		}
	}
	return nil
}

// byCertificate is the part of a finding about a Secret that is not as it should be: it
// follows from whatever keeps its Certificate from filling it.
func (c *checker) byCertificate(n chain.Name) part {
	if len(c.CertificatesFor(n)) > 0 {
		return symptom
	}
	return blocks
}

// pairAt is what a source serves; nil if it is not known.
func (c *checker) pairAt(s *chain.Source) *material.Pair {
	o := c.Secret(s.Secret)
	switch {
	case o == nil || s.CA:
		return nil
	case !s.File():
		return o.Served()
	case s.Key == "tls.crt" || s.Key == "tls.key":
		return o.TLS
	case s.Key == "cert" || s.Key == "key":
		return o.Generic
	}
	return nil
}

// leafAt is the certificate that a source serves; nil if it is not known.
func (c *checker) leafAt(s *chain.Source) *material.Certificate {
	p := c.pairAt(s)
	if p == nil || p.Chain == nil || p.Chain.Leaf < 0 {
		return nil
	}
	return p.Chain.Certificates[p.Chain.Leaf]
}

// kubectlStep is a command of kubectl, in one line.
func kubectlStep(args ...string) finding.Step {
	words := []string{"kubectl"}
	for _, a := range args {
		words = append(words, script.Quote(a))
	}
	return run(strings.Join(words, " "))
}

// apiName names an object for kubectl, with the group where there are namesakes.
func apiName(o finding.Object) string {
	kind := strings.ToLower(o.Kind)
	if group, _, ok := strings.Cut(o.APIVersion, "/"); ok {
		kind += "." + group
	}
	return kind + "/" + o.Name
}

// setField is a step that sets a field of an object to a text.
func setField(o finding.Object, field, value string) finding.Step {
	path := "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(field)
	patch := fmt.Sprintf(`[{"op":"add","path":%q,"value":%q}]`, path, value)
	return kubectlStep("-n", o.Namespace, "patch", apiName(o), "--type=json", "-p", patch)
}

// podNames are the names of pods that are all in one namespace.
func podNames(pods []*chain.Pod) []string {
	var names []string
	for _, p := range pods {
		names = append(names, p.Name)
	}
	return names
}

// labelText is labels or a selector as kubectl writes them.
func labelText(labels map[string]string) string {
	var all []string
	for key, value := range labels {
		all = append(all, key+"="+value)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// are is the verb for a number of things.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
