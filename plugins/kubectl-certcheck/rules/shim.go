package rules

import (
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// asked is what the annotations of an Ingress or a Gateway ask of cert-manager's shim,
// which makes Certificates for them.
type asked struct {
	issuer, clusterIssuer string
	// old says that the annotations are of the group up to v0.10.
	old bool
}

// askedBy returns what an object asks for; nil if it asks for nothing.
func askedBy(m *chain.Meta) *asked {
	for _, group := range []string{chain.Group, chain.OldGroup} {
		a := asked{issuer: m.Annotations[group+"/issuer"], clusterIssuer: m.Annotations[group+"/cluster-issuer"], old: group == chain.OldGroup}
		if a.issuer != "" || a.clusterIssuer != "" {
			return &a
		}
	}
	return nil
}

// group is the prefix of the annotations.
func (a *asked) group() string {
	if a.old {
		return chain.OldGroup
	}
	return chain.Group
}

// annotation is the name of the one that names the issuer.
func (a *asked) annotation() string {
	if a.issuer == "" {
		return a.group() + "/cluster-issuer"
	}
	return a.group() + "/issuer"
}

// evidence is the annotation as it stands.
func (a *asked) evidence() []finding.Evidence {
	return quote("metadata.annotations["+a.annotation()+"]", a.issuer+strings.TrimPrefix(a.clusterIssuer, a.issuer))
}

// badConfig is the newest complaint of the shim about an object; nil if there is none.
// The Event of one that was deleted and made again is none.
func (c *checker) badConfig(m *chain.Meta) *chain.Event {
	e := c.LastEvent(m, "BadConfig")
	if e == nil || e.LastSeen.Before(m.Created) {
		return nil
	}
	return e
}

// inNamespace is a step that runs kubectl in a namespace; an empty one is none.
func inNamespace(namespace string, args ...string) finding.Step {
	line := []string{"kubectl"}
	if namespace != "" {
		line = append(line, "-n", namespace)
	}
	return run(script.Command(append(line, args...)...))
}
