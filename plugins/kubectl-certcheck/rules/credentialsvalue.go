package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// half is one half of an AWS access key, with where it comes from.
type half struct {
	*credentialSolver
	what  string // "access key ID", "secret access key"
	shape chain.AWSShape
	field string
	// secret and key say where it is; key is empty where it stands in the issuer.
	secret chain.Name
	key    string
	value  chain.Value
	// trimmed says that the controller takes white space off it.
	trimmed bool
}

// checkValues looks at the shape of the two halves: CRED06 and CRED07.
func (c *checker) checkValues(s *credentialSolver) {
	r := s.Route53
	var id, key *half
	if r.AccessKeyIDRef == nil || c.ignoresKeyIDRef(s) {
		id = &half{
			credentialSolver: s, what: "access key ID", shape: chain.AWSKeyID, field: s.at + ".route53.accessKeyID", trimmed: true,
			value: chain.Value{Length: len(r.AccessKeyID), Text: chain.ShapeOf(r.AccessKeyID)},
		}
	} else {
		id = c.half(s, "access key ID", chain.AWSKeyID, *r.AccessKeyIDRef)
	}
	if key = c.half(s, "secret access key", chain.AWSSecretKey, *r.SecretAccessKey); key != nil {
		key.trimmed = !c.keepsNewlines()
	}
	if id != nil && key != nil && id.value.Text.AWS == chain.AWSSecretKey && key.value.Text.AWS == chain.AWSKeyID {
		c.swapped(id, key)
		return
	}
	for _, h := range []*half{id, key} {
		if h != nil && !c.checkForm(h) {
			c.checkShape(h)
		}
	}
}

// half finds a half in a Secret; nil if it is not there, or empty.
func (c *checker) half(s *credentialSolver, what string, shape chain.AWSShape, ref chain.SecretKey) *half {
	n := chain.Name{Namespace: s.namespace, Name: ref.Name}
	o := c.Secret(n)
	if o == nil || !o.Has(ref.Key) {
		return nil
	}
	return &half{credentialSolver: s, what: what, shape: shape, field: "data." + ref.Key, secret: n, key: ref.Key, value: *o.Value(ref.Key)}
}

// keepsNewlines reports whether the controller is of v0.2, which takes the secret
// access key as it is.
func (c *checker) keepsNewlines() bool {
	controller := c.Controller()
	if controller == nil {
		return false
	}
	major, minor, ok := controller.Version()
	return ok && major == 0 && minor < 3
}

// checkForm is CRED06; it reports whether the value is of no use.
func (c *checker) checkForm(h *half) bool {
	t := h.value.Text
	var wrong, filter []string
	if t.Space != "" && !h.trimmed || t.Inside {
		wrong = append(wrong, "has white space around it ("+t.Space+")")
		if t.Inside {
			wrong[0] = "has white space in it"
		}
	}
	if t.Quoted {
		wrong, filter = append(wrong, "is in quotes"), append(filter, `tr -d "\"'"`)
	}
	if t.Base64 {
		wrong, filter = append(wrong, "is base64 of base64"), append(filter, "base64 -d")
	}
	if len(wrong) == 0 {
		if t.Space != "" {
			c.harmless(h)
		}
		return false
	}
	f := finding.Finding{
		ID: "CRED06", Severity: finding.Error, Object: h.object(c),
		What:     fmt.Sprintf("The %s of %s %s.", h.what, issuerWords(h.issuer), strings.Join(wrong, " and ")),
		Evidence: append(h.shown(), h.evidence("CRED06")...),
		Docs:     route53Docs,
	}
	switch {
	case t.Base64:
		f.Cause = "The value was encoded by hand and put under stringData, or encoded twice: what AWS is shown is base64, and not the key."
	case t.Quoted:
		f.Cause = "The quotes were meant for a shell or a file, but became part of the value."
	case t.Space != "" && h.key != "" && h.shape == chain.AWSKeyID:
		f.Cause = "cert-manager takes white space off the secret access key, but not off an access key ID in a Secret. It comes from echo without -n, or from an editor."
	}
	if h.key != "" {
		f.Fix = []finding.Step{do("Write the value anew without that; this does not show it:"), cleanValue(h.secret, h.key, append(filter, noSpace)...)}
		f.Retry = "cert-manager takes the new value by itself."
	} else {
		f.Fix = []finding.Step{do("Write the bare ID into " + h.field + ".")}
	}
	c.merge(h.part, f)
	return true
}

// harmless is white space that the controller takes off.
func (c *checker) harmless(h *half) {
	if h.key == "" {
		return
	}
	c.merge(aside, finding.Finding{
		ID: "CRED06", Severity: finding.Info, Object: h.object(c),
		What:     fmt.Sprintf("The %s of %s has white space around it (%s), which cert-manager takes off.", h.what, issuerWords(h.issuer), h.value.Text.Space),
		Evidence: h.shown(),
		Cause:    "Programs that do not take it off, as cert-manager before v0.3, cannot use the key.",
		Fix:      []finding.Step{cleanValue(h.secret, h.key, noSpace)},
		Docs:     route53Docs,
	})
}

// checkShape is CRED07. It is a guess, and false where AWS knows the key.
func (c *checker) checkShape(h *half) {
	if h.value.Text.AWS == h.shape || h.proven() {
		return
	}
	f := finding.Finding{
		ID: "CRED07", Severity: finding.Warning, Object: h.object(c), Evidence: h.shown(), Docs: route53Docs,
		What: fmt.Sprintf("The %s of %s does not look like one, which would be %s.", h.what, issuerWords(h.issuer), h.expected()),
	}
	switch h.value.Text.AWS {
	case chain.AWSTemporary:
		f.What = fmt.Sprintf("The access key ID of %s is a temporary one (ASIA…), which is of no use without the session token that belongs to it.", issuerWords(h.issuer))
		f.Cause = "cert-manager has no field for a session token, and such keys expire within hours."
	case chain.AWSKeyID, chain.AWSSecretKey:
		f.What = fmt.Sprintf("What should be the %s of %s looks like the %s.", h.what, issuerWords(h.issuer), h.value.Text.AWS)
	}
	f.Fix = h.replace()
	c.merge(h.part, f)
}

func (h *half) expected() string {
	if h.shape == chain.AWSKeyID {
		return "AKIA and 16 capital letters and digits"
	}
	return "40 letters, digits, / and +"
}

// swapped is CRED07 of both halves at once.
func (c *checker) swapped(id, key *half) {
	if id.proven() {
		return
	}
	f := finding.Finding{
		ID: "CRED07", Severity: finding.Warning, Object: key.object(c), Evidence: append(id.shown(), key.shown()...), Docs: route53Docs,
		What: fmt.Sprintf("The access key ID and the secret access key of %s are swapped.", issuerWords(id.issuer)),
	}
	if id.key != "" && id.secret == key.secret {
		f.Fix = []finding.Step{do("Swap them; this does not show them:"), swapValues(id.secret, id.key, key.key)}
	} else {
		f.Fix = append(id.replace(), key.replace()...)
	}
	c.merge(id.part, f)
}

// replace sets the value anew.
func (h *half) replace() []finding.Step {
	if h.key == "" {
		return []finding.Step{do("Write the ID of a long-lived access key (AKIA…) into " + h.field + ".")}
	}
	variable := keyIDVariable
	if h.shape == chain.AWSSecretKey {
		variable = keyVariable
	}
	return []finding.Step{
		do(fmt.Sprintf("Put the %s of a long-lived access key into %s, and:", h.what, strings.TrimPrefix(variable, "$"))),
		setValue(h.secret, h.key, variable),
	}
}

func (h *half) object(c *checker) finding.Object {
	if h.key == "" {
		return h.issuer.Object
	}
	return c.SecretObject(h.secret)
}

// shown is what may be shown of the value.
func (h *half) shown() []finding.Evidence {
	t := h.value.Text
	shape := "like nothing that AWS gives out"
	if t.AWS != chain.AWSNone {
		shape = "like an AWS " + string(t.AWS)
	}
	if t.Start != "" {
		shape += ", begins with " + t.Start
	}
	if t.Space != "" {
		shape += ", white space around it: " + t.Space
	}
	if t.Quoted {
		shape += ", in quotes"
	}
	if t.Base64 {
		shape += ", in base64"
	}
	return quote(h.field, finding.Secret(h.value.Length, shape))
}
