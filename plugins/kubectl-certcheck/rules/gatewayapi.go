package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

func gatewayAPICatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "GWA01", Severity: finding.Error, Title: "A listener's certificate is not there, or is of no use to the gateway"},
		{ID: "GWA02", Severity: finding.Error, Title: "No ReferenceGrant lets a listener take a Secret of another namespace"},
		{ID: "GWA03", Severity: finding.Error, Title: "cert-manager skips a listener"},
		{ID: "GWA04", Severity: finding.Warning, Title: "cert-manager makes no Certificates for Gateways"},
		{ID: "GWA05", Severity: finding.Error, Title: "A listener's certificates do not cover its hostname, or are too many"},
	}
}

func (c *checker) checkGatewayAPI() {
	for _, g := range c.Gateways {
		if !c.reaches(g.Object) {
			continue
		}
		for i := range g.Listeners {
			l := &listener{gateway: g, Listener: &g.Listeners[i], field: fmt.Sprintf("spec.listeners[%d]", i)}
			if l.Terminates() {
				c.checkRefs(l)
				c.checkHostname(l)
			}
		}
		c.checkGatewayShim(g)
	}
}

// listener is a listener, with the Gateway that it is of.
type listener struct {
	gateway *chain.Gateway
	*chain.Listener
	field string
}

// named is the listener in a sentence.
func (l *listener) named() string {
	return fmt.Sprintf("listener %s of %s %s/%s", l.Name, l.gateway.Kind, l.gateway.Namespace, l.gateway.Name)
}

// refused is the condition by which the gateway's controller refuses the listener's
// certificates; nil if it does not, or has not yet seen what is there now.
func (l *listener) refused() *chain.Condition {
	r := l.Conditions.Get("ResolvedRefs")
	if r == nil || r.Status != "False" || (r.ObservedGeneration > 0 && r.ObservedGeneration < l.gateway.Generation) {
		return nil
	}
	if r.Reason == "InvalidCertificateRef" || r.Reason == "RefNotPermitted" {
		return r
	}
	return nil
}

// evidence is where the Secret is named, and what the controller says of it.
func (l *listener) evidence(ref string, refused *chain.Condition) []finding.Evidence {
	all := quote(l.field+".tls.certificateRefs", ref)
	if refused != nil {
		all = append(all, quote(fmt.Sprintf("status.listeners[%s].conditions[ResolvedRefs]", l.Name), refused.Reason+": "+refused.Message)...)
	}
	return all
}

// checkRefs judges where a listener takes its certificates from. What the Gateway's
// controller says of one of them is not told for the others.
func (c *checker) checkRefs(l *listener) {
	refused, told := l.refused(), false
	for i := range l.Refs {
		ref := &l.Refs[i]
		switch {
		case ref.Kind != "Secret" || ref.Group != "":
			continue // of another program
		case ref.Namespace != l.gateway.Namespace && c.forbidden(l, ref, refused):
			c.add(blocks, c.noGrant(l, ref, refused))
		case c.Secret(ref.Name) == nil && c.Absence("Secret", ref.Namespace) == chain.Gone:
			c.add(symptom, c.noListenerSecret(l, ref, refused))
		default:
			continue
		}
		told = true
	}
	if refused != nil && !told && !c.justMade(l, refused) {
		c.add(symptom, finding.Finding{
			ID: "GWA01", Severity: finding.Error, Object: l.gateway.Object,
			What:     fmt.Sprintf("The gateway does not take the certificate of %s.", l.named()),
			Evidence: l.evidence(some(refNames(l.Refs)), refused),
			Fix:      []finding.Step{do("Have a certificate with its key in the Secret, both in PEM: the gateway takes it by itself then.")},
		})
	}
}

func refNames(refs []chain.CertificateRef) []string {
	var names []string
	for i := range refs {
		names = append(names, refs[i].Name.String())
	}
	return names
}

// justMade reports whether a Secret of the listener was made after the controller
// last spoke, and so lately that it may not have looked again.
func (c *checker) justMade(l *listener, refused *chain.Condition) bool {
	return slices.ContainsFunc(l.Refs, func(ref chain.CertificateRef) bool {
		o := c.Secret(ref.Name)
		return o != nil && !refused.Changed.IsZero() && o.Created.After(refused.Changed) && chain.Age(c.Now, o.Created).Minutes() < 5
	})
}

// forbidden reports whether no ReferenceGrant allows the reference, as far as is known.
func (c *checker) forbidden(l *listener, ref *chain.CertificateRef, refused *chain.Condition) bool {
	if slices.ContainsFunc(c.ReferenceGrants, func(g *chain.ReferenceGrant) bool {
		return g.Allows(l.gateway.Kind, l.gateway.Namespace, ref.Name)
	}) {
		return false
	}
	return c.Absence("ReferenceGrant", ref.Namespace) == chain.Gone || (refused != nil && (refused.Reason == "RefNotPermitted" || strings.Contains(refused.Message, "ReferenceGrant")))
}

func (c *checker) noGrant(l *listener, ref *chain.CertificateRef, refused *chain.Condition) finding.Finding {
	f := finding.Finding{
		ID: "GWA02", Severity: finding.Error, Object: l.gateway.Object,
		What:     fmt.Sprintf("No ReferenceGrant in namespace %s lets %s take the Secret %s.", ref.Namespace, l.named(), ref.Name),
		Evidence: l.evidence(ref.String(), refused),
		Docs:     "https://kubernetes.io/docs/concepts/services-networking/gateway/",
	}
	if plainName(ref.Namespace) && plainName(ref.Name.Name) && plainName(l.gateway.Namespace) && plainName(l.gateway.Kind) {
		f.Fix = []finding.Step{run(fmt.Sprintf(grant, l.gateway.Namespace, ref.Namespace, l.gateway.Kind, l.gateway.Namespace, ref.Name.Name))}
	} else {
		f.Fix = []finding.Step{do("Make one there: from kind " + l.gateway.Kind + " of the gateway's namespace, to this Secret.")}
	}
	f.Fix = append(f.Fix, do("Or have the Secret, with its Certificate, in the gateway's namespace."))
	return f
}

const grant = `kubectl apply -f - <<'EOF'
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: certificates-for-%s, namespace: %s}
spec:
  from: [{group: gateway.networking.k8s.io, kind: %s, namespace: %s}]
  to: [{group: "", kind: Secret, name: %s}]
EOF`

// plainName reports whether a name can stand in YAML as it is. All names that the API
// takes are such; files may hold others.
func plainName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
}

func (c *checker) noListenerSecret(l *listener, ref *chain.CertificateRef, refused *chain.Condition) finding.Finding {
	return finding.Finding{
		ID: "GWA01", Severity: finding.Error, Object: l.gateway.Object,
		What:     fmt.Sprintf("The Secret %s, from which %s takes its certificate, does not exist.", ref.Name, l.named()),
		Evidence: l.evidence(ref.String(), refused),
		Cause:    c.elsewhere(ref.Name),
		Fix:      c.fillSecret(ref.Name),
	}
}

// elsewhere says in which other namespaces there is a Secret of that name; empty if in
// none.
func (c *checker) elsewhere(n chain.Name) string {
	var places []string
	for _, o := range c.SecretsNamed(n) {
		places = append(places, o.Namespace)
	}
	if len(places) == 0 {
		return ""
	}
	return fmt.Sprintf("There is a Secret %s in namespace %s, but it is looked for in %s only.", n.Name, some(places), n.Namespace)
}

// fillSecret says how a Secret comes to be that is not there.
func (c *checker) fillSecret(n chain.Name) []finding.Step {
	if all := c.CertificatesFor(n); len(all) > 0 {
		return []finding.Step{
			do("cert-manager makes it as soon as its Certificate is issued:"),
			inNamespace(all[0].Namespace, "describe", "certificate", all[0].Name),
		}
	}
	return []finding.Step{do(fmt.Sprintf("Make a Certificate in namespace %s with secretName %s, or put the key pair there yourself:", n.Namespace, n.Name)),
		inNamespace(n.Namespace, "create", "secret", "tls", n.Name, "--cert=tls.crt", "--key=tls.key")}
}

// istioMost is how many certificates Istio takes for a listener.
const istioMost = 2

// checkHostname judges whether the certificates of a listener are for its hostname.
func (c *checker) checkHostname(l *listener) {
	if len(l.Refs) > istioMost && (l.gateway.Class == "istio" || l.gateway.Class == "istio-remote") {
		c.add(blocks, finding.Finding{
			ID: "GWA05", Severity: finding.Error, Object: l.gateway.Object,
			What:     fmt.Sprintf("%s has %d certificates, but Istio takes at most %d: one RSA and one ECDSA.", upperFirst(l.named()), len(l.Refs), istioMost),
			Evidence: l.evidence(some(refNames(l.Refs)), nil),
			Fix:      []finding.Step{do("Leave at most two certificateRefs; a further hostname gets a listener of its own.")},
		})
	}
	var leaves []*material.Certificate
	for i := range l.Refs {
		if leaf := c.tlsLeaf(l.Refs[i].Name); leaf != nil {
			leaves = append(leaves, leaf)
		} else {
			return // what one lacks, another may have
		}
	}
	if l.Hostname == "" || len(leaves) == 0 {
		return
	}
	if why, partly := uncovered(l.Hostname, leaves); why != "" {
		f := finding.Finding{
			ID: "GWA05", Severity: finding.Error, Object: l.gateway.Object,
			What:     fmt.Sprintf("The certificate in Secret %s does not cover %s, which %s serves: %s.", some(refNames(l.Refs)), l.Hostname, l.named(), why),
			Evidence: []finding.Evidence{{Source: l.field + ".hostname", Text: l.Hostname}, {Source: "SANs of the certificate", Text: some(allNames(leaves))}},
			Fix:      c.coverFix(l.Refs[0].Name, []string{l.Hostname}),
		}
		if partly {
			f.Severity = finding.Warning
		}
		c.add(symptom, f)
	}
}
