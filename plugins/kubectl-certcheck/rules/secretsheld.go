package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// heldSecret is a Secret in the chain of a subject, with who takes it and who fills it.
type heldSecret struct {
	*checker
	chain.Name
	secret *chain.Secret // nil: it is not there
	about  finding.Object
	// uses are those of consumers. A Certificate or a Secret that is a subject itself,
	// because no consumer takes it, has none.
	uses []secretUse
	// signs is the issuer that signs with it; nil if none does.
	signs *chain.Issuer
	pods  map[chain.Name]*chain.Pod
	// owner is the Certificate that fills it, others the rest that would; nil if none.
	owner  *chain.Certificate
	others []*chain.Certificate
	// pair is what its consumers serve, from the keys crtKey and keyKey; leaf is the
	// server's own certificate. They are nil where there is none.
	pair           *material.Pair
	leaf           *material.Certificate
	crtKey, keyKey string
}

// secretUse is a use, and whose it is.
type secretUse struct {
	chain.Use
	by *subject
}

// heldSecrets are the Secrets of all subjects that hold certificates, each once: those
// that consumers take, and those that issuers sign with.
func (c *checker) heldSecrets() []*heldSecret {
	var all []*heldSecret
	known := map[chain.Name]*heldSecret{}
	for _, s := range c.subjects {
		for _, u := range s.Uses {
			if u.Secret.Name == "" {
				continue
			}
			h := known[u.Secret]
			if h == nil {
				h = c.holdSecret(u.Secret)
				known[u.Secret] = h
				all = append(all, h)
			}
			if s.Kind != "Certificate" && s.Kind != "Secret" {
				h.uses = append(h.uses, secretUse{u, s})
			}
		}
	}
	for _, i := range c.Issuers {
		if i.CA == nil || i.CA.Name == "" || !c.reaches(i.Object) {
			continue
		}
		n := chain.Name{Namespace: c.CredentialNamespace(i), Name: i.CA.Name}
		if known[n] == nil {
			known[n] = c.holdSecret(n)
			all = append(all, known[n])
		}
		known[n].signs = i
	}
	pods := map[chain.Name]*chain.Pod{}
	for _, p := range c.Pods {
		pods[chain.Name{Namespace: p.Namespace, Name: p.Name}] = p
	}
	for _, h := range all {
		h.pods = pods
		h.choosePair()
	}
	return all
}

func (c *checker) holdSecret(n chain.Name) *heldSecret {
	h := &heldSecret{checker: c, Name: n, secret: c.Secret(n), about: c.SecretObject(n)}
	if all := c.CertificatesFor(n); len(all) > 0 {
		h.owner, h.others = all[0], all[1:]
	}
	return h
}

// choosePair finds what is served. Istio's gateways prefer the keys cert and key; all
// others know tls.crt and tls.key only.
func (h *heldSecret) choosePair() {
	h.crtKey, h.keyKey = "tls.crt", "tls.key"
	if h.secret == nil {
		return
	}
	h.pair = h.secret.TLS
	if h.pair == nil || h.onlyCredentials() {
		h.pair = h.secret.Served()
	}
	if h.pair == nil {
		return
	}
	if h.pair == h.secret.Generic {
		h.crtKey, h.keyKey = "cert", "key"
	}
	if at := h.pair.Chain.Leaf; at >= 0 {
		h.leaf = h.pair.Chain.Certificates[at]
	}
}

// server reports whether it is taken as a server's certificate, or is meant for one: not
// for the CA of clients alone, nor as the key of an account.
func (h *heldSecret) server() bool {
	if h.owner != nil || h.secret.Type == "kubernetes.io/tls" {
		return true
	}
	for _, u := range h.uses {
		if !u.CA && (u.by.Kind != "Pod" || h.secret.Has("tls.crt")) {
			return true
		}
	}
	return len(h.uses) == 0
}

// door reports whether clients from outside come by this use: that of a gateway or an
// Ingress. Pods and webhooks know their clients.
func (u *secretUse) door() bool {
	return !u.CA && (u.by.Kind == "Ingress" || u.by.Kind == "Gateway")
}

func (u *secretUse) istio() bool { return strings.HasPrefix(u.by.APIVersion, chain.IstioGroup+"/") }

// credential reports whether an Istio Gateway names the Secret, and not a file of it.
func (u *secretUse) credential() bool {
	return u.istio() && strings.Contains(strings.ToLower(u.Field), "credentialname")
}

func (h *heldSecret) onlyCredentials() bool {
	for i := range h.uses {
		if !h.uses[i].credential() {
			return false
		}
	}
	return len(h.uses) > 0
}

func (h *heldSecret) doors() bool {
	for i := range h.uses {
		if h.uses[i].door() {
			return true
		}
	}
	return false
}

// authority reports whether the certificate is a CA's, and is to be.
func (h *heldSecret) authority() bool {
	return h.leaf.CA && (h.signs != nil || h.owner != nil && h.owner.IsCA || !h.doors())
}

// part is what a finding that a new certificate would mend has to do with others: where
// cert-manager issues it, that follows from whatever keeps cert-manager from doing so.
func (h *heldSecret) part() part {
	if h.owner != nil {
		return symptom
	}
	return blocks
}

func (h *heldSecret) say(p part, severity finding.Severity, id, format string, args ...any) *finding.Finding {
	h.add(p, finding.Finding{ID: id, Severity: severity, Object: h.about, What: fmt.Sprintf(format, args...)})
	return &h.found[len(h.found)-1].Finding
}

// data is the source of evidence that is in a key of the Secret.
func secretData(key string) string { return "data[" + key + "]" }

// kubectl is a command line in the Secret's namespace.
func (h *heldSecret) kubectl(words ...string) finding.Step {
	return run("kubectl -n " + script.Quote(h.Namespace) + " " + strings.Join(words, " "))
}

// reissue is how a new certificate gets into the Secret.
func (h *heldSecret) reissue() []finding.Step { return h.reissueWith("") }

// reissueWith is reissue for a certificate that has to have something, as the words
// behind "a certificate" say, where it is not cert-manager that issues.
func (h *heldSecret) reissueWith(property string) []finding.Step {
	name := script.Quote(h.Name.Name)
	if h.owner == nil {
		if property != "" {
			property += ","
		}
		return []finding.Step{
			do("Get a certificate" + property + " with its intermediates (fullchain.pem) and its key (privkey.pem), and put them into the Secret."),
			h.fill(),
		}
	}
	if h.owner.OldAPI() {
		return []finding.Step{
			do("Delete the Secret: cert-manager issues it anew. Until then its consumers have no certificate."),
			h.kubectl("delete secret", name),
		}
	}
	return []finding.Step{run("cmctl renew -n " + script.Quote(h.Namespace) + " " + script.Quote(h.owner.Name))}
}

// fill is the command that puts the files fullchain.pem and privkey.pem into the Secret.
func (h *heldSecret) fill() finding.Step {
	create := "create secret tls " + script.Quote(h.Name.Name) + " --cert=fullchain.pem --key=privkey.pem"
	if h.secret != nil && h.secret.Type != "kubernetes.io/tls" { // the type of a Secret cannot change
		create = "create secret generic " + script.Quote(h.Name.Name) + " --from-file=" + h.crtKey + "=fullchain.pem --from-file=" + h.keyKey + "=privkey.pem"
	}
	return h.kubectl(create, "--dry-run=client -o yaml |", "kubectl -n", script.Quote(h.Namespace), "apply -f -")
}

// look is how to see what cert-manager says of the Certificate.
func (h *heldSecret) look() finding.Step {
	kind := "certificate.cert-manager.io"
	if h.owner.OldAPI() {
		kind = "certificate.certmanager.k8s.io"
	}
	return h.kubectl("describe", kind, script.Quote(h.owner.Name))
}

// ready is the Ready condition as evidence.
func (h *heldSecret) ready() []finding.Evidence {
	if h.owner == nil {
		return nil
	}
	ready := h.owner.Conditions.Get("Ready")
	if ready == nil {
		return nil
	}
	return quote("status.conditions[Ready] of Certificate "+h.owner.Name, readiness(h.owner.Conditions)+": "+ready.Message)
}
