package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkAnnotations: SEC13, what the Secret says of its issuer and its Certificate.
// Several Certificates for one Secret are another matter.
func (h *heldSecret) checkAnnotations() {
	o := h.owner
	if o == nil || len(h.others) > 0 {
		return
	}
	is := chain.IssuerRef{Group: noted(&h.secret.Meta, "issuer-group"), Kind: noted(&h.secret.Meta, "issuer-kind"), Name: noted(&h.secret.Meta, "issuer-name")}
	wanted := o.Issuer
	differs := is.Name != "" && (is.Name != wanted.Name || is.Kind != "" && is.Kind != wanted.Kind || is.Group != "" && is.Group != wanted.Group)
	if differs {
		f := h.say(symptom, finding.Warning, "SEC13", "The certificate in Secret %s is from %s, and Certificate %s names %s.", h.Name, issuerText(is), o.Name, issuerText(wanted))
		f.Evidence = append(quote("annotations of the Secret", annotationText(h.secret)), h.ready()...)
		f.Cause = "The issuer was changed, and none of the new one has been issued yet."
		f.Fix = append([]finding.Step{h.look()}, h.reissue()...)
	}
	if name := noted(&h.secret.Meta, "certificate-name"); name != "" && name != o.Name {
		f := h.say(symptom, finding.Warning, "SEC13", "The certificate in Secret %s was issued for Certificate %s, and it is Certificate %s that fills it.", h.Name, name, o.Name)
		f.Evidence = append(quote("annotations of the Secret", annotationText(h.secret)), h.ready()...)
		f.Cause = "The Certificate was renamed, or the Secret was copied with its annotations."
		f.Fix = append([]finding.Step{h.look()}, h.reissue()...)
	}
}

func issuerText(ref chain.IssuerRef) string {
	kind := ref.Kind
	if kind == "" {
		kind = "issuer"
	}
	return kind + " " + ref.Name
}

func annotationText(o *chain.Secret) string {
	var lines []string
	for _, name := range []string{"certificate-name", "issuer-group", "issuer-kind", "issuer-name"} {
		if value := noted(&o.Meta, name); value != "" {
			lines = append(lines, name+": "+value)
		}
	}
	return strings.Join(lines, "\n")
}

// ownWriter reports whether a field manager is cert-manager: before v1.8 the controller
// wrote under the name of its binary.
func ownWriter(name string) bool {
	return strings.HasPrefix(name, "cert-manager") || name == "controller"
}

// foreignWriters are the programs that have written the Secret's data, but cert-manager.
func (h *heldSecret) foreignWriters() []string {
	var all []string
	for _, m := range h.secret.Managers {
		if m.Data && !ownWriter(m.Manager) && !contains(all, m.Manager) {
			all = append(all, m.Manager)
		}
	}
	return all
}

// checkWriters: SEC14. What was there before cert-manager came, or was restored once from
// a backup, is no contest: another one has to write after cert-manager did.
func (h *heldSecret) checkWriters() {
	if h.owner == nil {
		return
	}
	var ours time.Time
	for _, m := range h.secret.Managers {
		if m.Data && ownWriter(m.Manager) && m.Time.After(ours) {
			ours = m.Time
		}
	}
	i := slices.IndexFunc(h.secret.Managers, func(m chain.Manager) bool {
		return m.Data && !ownWriter(m.Manager) && !ours.IsZero() && m.Time.After(ours)
	})
	if i < 0 {
		return
	}
	other := h.secret.Managers[i]
	f := h.say(aside, finding.Warning, "SEC14", "Secret %s is filled by Certificate %s, and %s writes its data too.", h.Name, h.owner.Name, other.Manager)
	f.Evidence = append(quote("metadata.managedFields", fmt.Sprintf("%s: %s\ncert-manager: %s", other.Manager, stamp(other.Time), stamp(ours))), h.ready()...)
	if n := h.recentRequests(); n > 2 {
		f.Evidence = append(f.Evidence, quote("CertificateRequests of 24 hours", fmt.Sprint(n))...)
	}
	f.Cause = "Each undoes what the other has written; cert-manager issues anew each time, until the CA's rate limit stops it."
	f.Fix = []finding.Step{
		do("Let one of the two go: give Certificate " + h.owner.Name + " a Secret of its own, or have " + other.Manager + " leave this one alone."),
		h.kubectl("get secret", script.Quote(h.Name.Name), "--show-managed-fields -o jsonpath='{.metadata.managedFields}'"),
	}
	f.Docs = "https://cert-manager.io/docs/troubleshooting/"
}

func (h *heldSecret) recentRequests() int {
	n := 0
	for _, r := range h.RequestsOf(h.owner) {
		if h.Now.Sub(r.Created) < day24 {
			n++
		}
	}
	return n
}
