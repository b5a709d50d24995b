package rules

import (
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkStrength: SEC11, what makes clients refuse a certificate that is otherwise sound.
func (h *heldSecret) checkStrength() {
	h.checkAlgorithms()
	if h.public() {
		h.checkLength()
	}
	h.checkPurpose()
}

// weak adds a finding of SEC11 about the server's own certificate.
func (h *heldSecret) weak(w weakness, format string, args ...any) {
	f := h.say(aside, finding.Warning, "SEC11", format, args...)
	f.Evidence = quote(secretData(h.crtKey)+" "+w.field, w.text)
	f.Cause = w.cause
	f.Fix = h.reissueWith(w.property)
	if h.owner != nil {
		f.Fix = []finding.Step{do(w.remedy)}
	}
}

// weakness is what is wrong with a field of a certificate, and how to get a better one:
// by a word in the Certificate, or, without one, by the property to ask for.
type weakness struct{ field, text, cause, remedy, property string }

// checkAlgorithms: keys and digests of the server's certificate and its intermediates.
// Roots are trusted for what they are, and not for their signature.
func (h *heldSecret) checkAlgorithms() {
	chain := h.pair.Chain
	for _, i := range chain.Path {
		one := chain.Certificates[i]
		if chain.Members[i].Role == material.RoleRoot {
			continue
		}
		whose := "certificate"
		if i != chain.Leaf {
			whose = "intermediate " + nameText(one)
		}
		if one.PublicKey.Weak() == material.Yes {
			h.weak(weakness{
				field: "public key", text: algorithmText(one.PublicKey),
				cause:    "Clients of today want RSA of 2048 bits, or ECDSA P-256, at least.",
				remedy:   "Set spec.privateKey.size and rotationPolicy: Always in the Certificate (v0.3: spec.keySize, and delete the Secret).",
				property: " with a key of RSA 2048 or ECDSA P-256",
			}, "The key of the %s in Secret %s is too weak: %s.", whose, h.Name, algorithmText(one.PublicKey))
		}
		if one.WeakDigest != "" && one.SelfSigned != material.Yes {
			h.weak(weakness{
				field: "signature", text: one.Signature,
				cause:    "Clients of today do not accept signatures that rest on " + one.WeakDigest + ".",
				remedy:   "Have the CA sign with SHA-256; an old CA needs to be replaced.",
				property: " that is signed with SHA-256",
			}, "The %s in Secret %s is signed with %s.", whose, h.Name, one.Signature)
		}
	}
}

// publicLimit is the longest validity of a public certificate by the time of its issuance
// (CA/Browser Forum, Baseline Requirements, 6.3.2).
func publicLimit(issued time.Time) time.Duration {
	steps := []struct {
		from time.Time
		days int
	}{
		{time.Date(2029, 3, 15, 0, 0, 0, 0, time.UTC), 47},
		{time.Date(2027, 3, 15, 0, 0, 0, 0, time.UTC), 100},
		{time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC), 200},
		{time.Date(2020, 9, 1, 0, 0, 0, 0, time.UTC), 398},
	}
	for _, s := range steps {
		if !issued.Before(s.from) {
			return time.Duration(s.days) * day24
		}
	}
	return 825 * day24
}

func (h *heldSecret) checkLength() {
	length, limit := h.leaf.Length(), publicLimit(h.leaf.NotBefore)
	if length <= limit {
		return
	}
	h.weak(weakness{
		field: "notBefore, notAfter", text: stamp(h.leaf.NotBefore) + ", " + stamp(h.leaf.NotAfter),
		cause:    "Browsers refuse public certificates that are valid for longer than " + span(limit) + ".",
		remedy:   "Set a shorter spec.duration in the Certificate.",
		property: " for at most " + span(limit),
	}, "The certificate in Secret %s is valid for %s, and public CAs may issue for %s only.", h.Name, span(length), span(limit))
}

// checkPurpose: what the certificate is for. Pods may well have those of clients.
func (h *heldSecret) checkPurpose() {
	if !h.doors() {
		return
	}
	if !h.leaf.ForServers() {
		h.weak(weakness{
			field: "extended key usage", text: some(h.leaf.ExtKeyUsage),
			cause:    "Clients refuse a server with it.",
			remedy:   "Put server auth into spec.usages of the Certificate.",
			property: " for servers (extended key usage serverAuth)",
		}, "The certificate in Secret %s is not for servers: it is for %s.", h.Name, some(h.leaf.ExtKeyUsage))
	}
	if h.leaf.CA && h.leaf.SelfSigned != material.Yes {
		h.weak(weakness{
			field: "basic constraints", text: "CA:TRUE",
			cause:    "Many clients refuse a server that shows a CA's certificate; and who takes its key can sign for any name.",
			remedy:   "Take isCA: true out of the Certificate, and issue it from a CA of its own.",
			property: " that is no CA's",
		}, "The certificate in Secret %s is that of a CA, and is served as a server's.", h.Name)
	}
}
