package rules

import (
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// secretCopies finds Secrets with the same certificate, and those with an older one of
// the same names.
type secretCopies struct {
	same  map[string][]*chain.Secret // by the fingerprint
	names map[string][]*chain.Secret // by the Secret's name and the certificate's names
}

func (c *checker) newSecretCopies() *secretCopies {
	x := &secretCopies{same: map[string][]*chain.Secret{}, names: map[string][]*chain.Secret{}}
	for _, o := range c.Secrets {
		if leaf := o.Leaf(); leaf != nil {
			x.same[leaf.SHA256] = append(x.same[leaf.SHA256], o)
			at := copyKey(o, leaf)
			x.names[at] = append(x.names[at], o)
		}
	}
	return x
}

// copyKey is what a copy and its source have in common over renewals: the intermediate is
// not among it.
func copyKey(o *chain.Secret, leaf *material.Certificate) string {
	names := slices.Clone(leaf.DNS)
	slices.Sort(names)
	return o.Name + "\n" + strings.Join(leaf.Issuer.Organization, " ") + "\n" + strings.Join(names, "\n")
}

// check: SEC15 of a Secret that no Certificate fills, and that was copied from one which a
// Certificate does fill.
func (x *secretCopies) check(h *heldSecret) {
	leaf := h.secret.Leaf()
	if h.owner != nil || leaf == nil || h.syncedFrom() != "" {
		return
	}
	for _, source := range x.names[copyKey(h.secret, leaf)] {
		newer := source.Leaf()
		if h.fills(source) && newer.NotBefore.After(leaf.NotBefore) && newer.NotAfter.After(leaf.NotAfter) && len(leaf.DNS) > 0 {
			f := h.say(aside, finding.Warning, "SEC15", "Secret %s is a copy of Secret %s/%s from before its renewal.", h.Name, source.Namespace, source.Name)
			f.Evidence = append(quote(secretData(h.crtKey)+" notAfter", stamp(leaf.NotAfter)),
				quote("notAfter of Secret "+source.Namespace+"/"+source.Name, stamp(newer.NotAfter))...)
			f.Cause = "cert-manager renews the Secret that its Certificate names, and no copies of it."
			f.Fix = copyAgain(h, source)
			return
		}
	}
	for _, source := range x.same[leaf.SHA256] {
		if source != h.secret && h.fills(source) {
			f := h.say(aside, finding.Info, "SEC15", "Secret %s is a copy of Secret %s/%s: it has to be copied anew at each renewal.", h.Name, source.Namespace, source.Name)
			f.Evidence = quote(secretData(h.crtKey)+" serial number of both", leaf.Serial)
			f.Fix = []finding.Step{do("Give the namespace a Certificate of its own, or let a program copy the Secret.")}
			return
		}
	}
}

// fills reports whether a Certificate fills a Secret.
func (h *heldSecret) fills(o *chain.Secret) bool {
	return len(h.CertificatesFor(chain.Name{Namespace: o.Namespace, Name: o.Name})) > 0
}

func copyAgain(h *heldSecret, source *chain.Secret) []finding.Step {
	get := "kubectl -n " + script.Quote(source.Namespace) + " get secret " + script.Quote(source.Name)
	data := ` -o go-template='{"data":{"tls.crt":"{{index .data "tls.crt"}}","tls.key":"{{index .data "tls.key"}}"}}' | `
	return []finding.Step{
		do("Copy it once more, or better: give the namespace a Certificate of its own, or let a program copy the Secret."),
		run(get + data + "kubectl -n " + script.Quote(h.Namespace) + " patch secret " + script.Quote(h.Name.Name) + " --patch-file /dev/stdin"),
	}
}
