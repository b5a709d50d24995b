package rules

import (
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// secretGrace is how long an issuance may take before what it is for is missed.
const secretGrace = 10 * time.Minute

// checkAbsent: SEC01 of a Secret that was there: its Certificate has been issued. Where a
// consumer names it, that is the consumer's reference, which its own family reports; one
// that was never filled is the Certificate's matter.
func (h *heldSecret) checkAbsent() {
	if h.owner == nil || len(h.uses) > 0 || h.Absence("Secret", h.Namespace) != chain.Gone {
		return
	}
	o := h.owner
	if o.Revision == 0 && o.NotAfter.IsZero() && !o.Conditions.Is("Ready", "True") || h.justIssuing() {
		return
	}
	f := h.say(symptom, finding.Error, "SEC01", "Secret %s is gone: Certificate %s was issued once.", h.Name, o.Name)
	if !o.NotAfter.IsZero() {
		f.Evidence = quote("status.notAfter of Certificate "+o.Name, stamp(o.NotAfter))
	}
	f.Evidence = append(f.Evidence, h.ready()...)
	f.Cause = "Somebody has deleted it. cert-manager issues anew by itself, and has not been able to."
	f.Fix = []finding.Step{h.look()}
}

// justIssuing reports whether an issuance has begun that may well succeed.
func (h *heldSecret) justIssuing() bool {
	issuing := h.owner.Conditions.Get("Issuing")
	return issuing != nil && issuing.Status == "True" && h.Now.Sub(issuing.Changed) < secretGrace
}

// checkKeys: SEC01 of a Secret that lacks the certificate or the key. For a
// credentialName of Istio, which knows other keys too, that is its own family's; so it is
// for an issuer's key pair.
func (h *heldSecret) checkKeys() {
	if h.onlyCredentials() || h.onlyFiles() || h.crtKey == "cert" || h.signs != nil && h.owner == nil {
		return
	}
	var missing []string
	for _, key := range []string{"tls.crt", "tls.key"} {
		switch {
		case h.secret.Value(key) == nil:
			missing = append(missing, "no "+key)
		case !h.secret.Has(key) || h.bundle(key).Form == material.FormEmpty:
			missing = append(missing, "an empty "+key)
		}
	}
	if missing == nil {
		return
	}
	names := "none"
	if len(h.secret.Keys) > 0 {
		names = strings.Join(h.secret.Names(), ", ")
	}
	f := h.say(h.part(), finding.Error, "SEC01", "Secret %s has %s.", h.Name, strings.Join(missing, " and "))
	f.Evidence = append(quote("keys of data", names), h.ready()...)
	if h.owner != nil {
		f.Cause = "Certificate " + h.owner.Name + " is to fill it, and cert-manager has not done so."
		f.Fix = []finding.Step{h.look()}
		return
	}
	f.Fix = h.reissue()
}

// bundle is what tls.crt or tls.key holds.
func (h *heldSecret) bundle(key string) *material.Bundle {
	if key == "tls.crt" {
		return h.secret.TLS.Certificates
	}
	return h.secret.TLS.Key
}

// onlyFiles reports whether the Secret is known by files only, of an Istio Gateway, which
// may have any name, or of pods, which may want one of the keys alone.
func (h *heldSecret) onlyFiles() bool {
	if h.owner != nil || h.secret.Type == "kubernetes.io/tls" {
		return false
	}
	for i := range h.uses {
		u := &h.uses[i]
		if u.by.Kind != "Pod" && (!u.istio() || u.credential()) {
			return false
		}
	}
	return len(h.uses) > 0
}

// checkType: SEC02.
func (h *heldSecret) checkType() {
	if h.secret.Type == "kubernetes.io/tls" || !h.secret.Has("tls.crt") {
		return
	}
	for i := range h.uses {
		u := &h.uses[i]
		if !u.door() || u.istio() {
			continue
		}
		f := h.say(aside, finding.Warning, "SEC02", "Secret %s is of type %s, and %s %s/%s may take kubernetes.io/tls only.",
			h.Name, h.secret.Type, u.by.Kind, u.by.Namespace, u.by.Name)
		f.Evidence = quote("type", h.secret.Type)
		f.Cause = "Some controllers pass over Secrets of other types. The type of a Secret cannot be changed: it has to be made anew."
		f.Fix = []finding.Step{h.kubectl("get secret", script.Quote(h.Name.Name), "-o yaml |", `sed 's,^type: .*,type: kubernetes.io/tls,' |`, "kubectl replace --force -f -")}
		f.Docs = "https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets"
		return
	}
}

// checkForPods: SEC12, a pod that mounts the key ca.crt of a Secret without one. An ACME
// server gives no CA, so that its absence is as it should be otherwise.
func (h *heldSecret) checkForPods() {
	if h.secret.Has("ca.crt") {
		return
	}
	for i := range h.uses {
		u := &h.uses[i]
		if u.by.Kind != "Pod" {
			continue
		}
		volume := h.wantsCA(u)
		if volume == nil {
			continue
		}
		severity, effect := finding.Error, "The pod does not start without the key."
		if volume.Optional || h.secret.Value("ca.crt") != nil {
			severity, effect = finding.Warning, "The pod starts without a CA, and whatever reads it trusts nobody, or does not come up."
		}
		f := h.say(blocks, severity, "SEC12", "Pod %s/%s mounts ca.crt of Secret %s, which has none.", u.by.Namespace, u.by.Name, h.Name)
		f.Evidence = append(quote("spec.volumes["+volume.Name+"] of the pod", "ca.crt"), quote("keys of data", strings.Join(h.secret.Names(), ", "))...)
		f.Cause = effect
		if h.issuedByACME() {
			f.Cause = "ACME servers give no CA, so cert-manager writes no ca.crt. " + effect
		}
		f.Fix = []finding.Step{do("Take ca.crt out of the volume, and trust the system's roots for a public certificate; give a private CA to the pod from a ConfigMap.")}
		return
	}
}

// wantsCA returns the volume by which a pod wants the key ca.crt; nil if it does not.
func (h *heldSecret) wantsCA(u *secretUse) *chain.SecretVolume {
	p := h.pods[chain.Name{Namespace: u.by.Namespace, Name: u.by.Name}]
	if p == nil {
		return nil
	}
	for i := range p.Volumes {
		v := &p.Volumes[i]
		if v.Secret == h.Name.Name && u.Field == "spec.volumes["+v.Name+"]" && wantsKey(p, v, "ca.crt") {
			return v
		}
	}
	return nil
}

func wantsKey(p *chain.Pod, v *chain.SecretVolume, key string) bool {
	for _, item := range v.Items {
		if item.Key == key {
			return true
		}
	}
	for i := range p.Containers {
		for _, m := range p.Containers[i].Mounts {
			if m.Volume == v.Name && m.SubPath == key && len(v.Items) == 0 {
				return true
			}
		}
	}
	return false
}

func (h *heldSecret) issuedByACME() bool {
	if h.owner == nil {
		return false
	}
	issuer := h.IssuerOf(h.owner.Issuer, h.owner.Namespace)
	return issuer != nil && issuer.ACME != nil
}
