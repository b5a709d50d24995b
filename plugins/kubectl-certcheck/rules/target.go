package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// Target is an object or a host that is asked for.
type Target struct {
	// Kind is in lower case, as "gateway" or "gateway.networking.istio.io"; empty for a
	// host.
	Kind, Name string
	Host       string
	// Namespaces are where it is looked for; nil is everywhere.
	Namespaces []string
}

func (t Target) String() string {
	if t.Host != "" {
		return t.Host
	}
	return t.Kind + "/" + t.Name
}

// narrow leaves the subjects that are asked for, and makes those of Secrets,
// Certificates and issuers that are parts of others' chains.
func (c *checker) narrow() error {
	all := c.subjects
	c.subjects = nil
	for _, t := range c.Targets {
		found := slices.Collect(func(yield func(*subject) bool) {
			for _, s := range all {
				if t.means(s) && !yield(s) {
					return
				}
			}
		})
		if len(found) == 0 {
			found = c.inside(t)
		}
		if len(found) == 0 {
			return fmt.Errorf("nothing to check: %s; without a name, all that is there is checked", c.nothing(t))
		}
		for _, s := range found {
			if !slices.ContainsFunc(c.subjects, func(o *subject) bool { return o.Object == s.Object }) {
				c.subjects = append(c.subjects, s)
			}
		}
	}
	return nil
}

func (c *checker) nothing(t Target) string {
	if t.Host != "" {
		return fmt.Sprintf("no gateway, Ingress or certificate is for the host %s", t.Host)
	}
	where := "in any namespace"
	if t.Namespaces != nil {
		where = "in namespace " + strings.Join(t.Namespaces, ", ")
	}
	return fmt.Sprintf("there is no %s %s %s", t.Kind, t.Name, where)
}

// means reports whether a target is this subject.
func (t Target) means(s *subject) bool {
	if t.Host != "" {
		return slices.ContainsFunc(s.Hosts, func(h string) bool { return serves(h, t.Host) })
	}
	group := ""
	if i := strings.IndexByte(s.APIVersion, '/'); i >= 0 {
		group = s.APIVersion[:i]
	}
	kind := strings.ToLower(s.Kind)
	if t.Kind != kind && t.Kind != kind+"."+group {
		return false
	}
	return s.Name == t.Name && t.in(s.Namespace)
}

// in reports whether a target is looked for in a namespace; what is in none, everywhere.
func (t Target) in(namespace string) bool {
	return namespace == "" || t.Namespaces == nil || slices.Contains(t.Namespaces, namespace)
}

// serves reports whether a host of a server, which may be a wildcard, is for a host.
func serves(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.ToLower(host)
	if pattern == host || pattern == "*" {
		return true
	}
	suffix, ok := strings.CutPrefix(pattern, "*")
	return ok && strings.HasSuffix(host, suffix)
}

// inside makes subjects of objects within chains.
func (c *checker) inside(t Target) []*subject {
	var all []*subject
	kind, _, _ := strings.Cut(t.Kind, ".")
	here := func(m *chain.Meta) bool { return m.Name == t.Name && t.in(m.Namespace) }
	switch kind {
	case "secret":
		for _, o := range c.Secrets {
			if here(&o.Meta) {
				all = append(all, c.secretSubject(o))
			}
		}
	case "certificate":
		for _, o := range c.Certificates {
			if here(&o.Meta) {
				all = append(all, c.certificateSubject(o))
			}
		}
	case "issuer", "clusterissuer":
		for _, o := range c.Issuers {
			if here(&o.Meta) && strings.EqualFold(o.Kind, kind) {
				all = append(all, c.issuerSubject(o))
			}
		}
	case "pod":
		for _, o := range c.Pods {
			if here(&o.Meta) {
				all = append(all, c.newSubject(c.PodConsumer(o)))
			}
		}
	}
	return all
}
