package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkComplaint adds what cert-manager said of credentials, where looking at them has
// not found it already.
func (c *checker) checkComplaint(o *complaint) {
	lower := strings.ToLower(o.Text)
	switch {
	case c.changedSince(o):
	case o.id == "CRED09":
		c.refused(o)
	case o.id == "CRED04" && !strings.Contains(lower, "empty credentials"):
		c.noIdentity(o)
	case c.has(o.id, o.subject()):
	case o.stale():
		c.oldSolverOf(o)
	case o.id == "CRED03", o.id == "CRED06":
		c.unseenHalf(o)
	}
	// Of CRED01 and CRED02, whether the Secret is there now is known better than from a
	// message of before; and where nobody could look, the reference was found by it.
}

// changedSince reports whether a Secret with the credentials was written after the
// complaint: the next attempt will tell.
func (c *checker) changedSince(o *complaint) bool {
	if o.at.IsZero() || o.issuer == nil || o.solver == nil {
		return false
	}
	for _, ref := range o.solver.Secrets {
		secret := c.Secret(chain.Name{Namespace: c.CredentialNamespace(o.issuer), Name: ref.Name})
		if secret == nil {
			continue
		}
		for _, m := range secret.Managers {
			if m.Data && m.Time.After(o.at) {
				return true
			}
		}
	}
	return false
}

// unseenHalf is CRED03 or CRED06 of a Secret that nobody could look at; one that could
// be looked at is right by now.
func (c *checker) unseenHalf(o *complaint) {
	if o.issuer == nil || o.ref(chain.AWSKeyID) == nil && o.ref(chain.AWSSecretKey) == nil {
		return
	}
	n := chain.Name{Namespace: c.CredentialNamespace(o.issuer)}
	ref := o.ref(chain.AWSKeyID)
	if ref == nil {
		ref = o.ref(chain.AWSSecretKey)
	}
	n.Name = ref.Name
	if c.Secret(n) != nil || c.Absence("Secret", n.Namespace) == chain.Gone {
		return
	}
	f := finding.Finding{
		ID: o.id, Severity: finding.Error, Object: c.SecretObject(n), Evidence: []finding.Evidence{o.Evidence}, Retry: o.retry(), Docs: route53Docs,
		What: fmt.Sprintf("A half of the AWS access key of %s is empty.", issuerWords(o.issuer)),
		Fix:  []finding.Step{do("See which of them has no bytes:"), run("kubectl describe secret -n " + script.Quote(n.Namespace) + " " + script.Quote(n.Name))},
	}
	if o.id == "CRED06" {
		f.What = fmt.Sprintf("The AWS access key ID of %s has a newline, or another character that no header of HTTP can have.", issuerWords(o.issuer))
		f.Fix = []finding.Step{do("Write the value anew without white space; this does not show it:"), cleanValue(n, ref.Key, noSpace)}
	}
	c.merge(blocks, f)
}

// oldSolverOf is a Challenge that was made with what its issuer said then. Its Order
// replaces it, but it goes only when its record is removed, for which it would need what
// it has not.
func (c *checker) oldSolverOf(o *complaint) {
	f := finding.Finding{
		ID: o.id, Severity: finding.Error, Object: o.by.Object, Evidence: []finding.Evidence{o.Evidence},
		What:  fmt.Sprintf("The Challenge for %s has the credentials as %s gave them when it was made, which were wrong.", o.name, issuerWords(o.issuer)),
		Cause: "A Challenge keeps a copy of its issuer's solver; the issuer has been changed since.",
		Fix:   []finding.Step{do("Delete the Challenge: its Order makes another one, with the solver of today."), kubectlOn(o.by.Object, "delete")},
		Docs:  route53Docs,
	}
	if o.cleanup {
		f.Cause += " It cannot go before its TXT record is removed, for which it has no credentials, and until then no other Challenge for the name is begun."
		f.Fix = []finding.Step{
			do(fmt.Sprintf("Let it go without that, and delete the record %s by hand if it is there:", o.record())),
			kubectlOn(o.by.Object, "patch", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`),
		}
	}
	c.add(blocks, f)
}

// noIdentity is CRED04 where the surroundings may be used, but have nothing.
func (c *checker) noIdentity(o *complaint) {
	c.add(blocks, finding.Finding{
		ID: "CRED04", Severity: finding.Error, Object: o.subject(), Evidence: []finding.Evidence{o.Evidence},
		What:  "No AWS credentials are given, and where the controller runs there are none.",
		Cause: "Without keys in the issuer, the controller takes them from its environment, its service account (IRSA, EKS Pod Identity) or its node.",
		Fix:   []finding.Step{do("Give the solver an access key, or let the controller's pod have a role, and restart it if that is new.")},
		Retry: o.retry(),
		Docs:  route53Docs,
	})
}

// subject is the issuer, where it is known.
func (o *complaint) subject() finding.Object {
	if o.issuer != nil {
		return o.issuer.Object
	}
	return o.by.Object
}

// refused is CRED09.
func (c *checker) refused(o *complaint) {
	f := finding.Finding{
		ID: "CRED09", Severity: finding.Error, Object: o.subject(), Retry: o.retry(), Docs: route53Docs,
		Evidence: []finding.Evidence{{Source: o.by.Kind + " " + o.by.Name + ", " + o.Source, Text: o.Text}},
	}
	issuer := "the issuer"
	if o.issuer != nil {
		issuer = issuerWords(o.issuer)
	}
	lower := strings.ToLower(o.Text)
	switch {
	case strings.Contains(lower, "failed to request token for"):
		c.noToken(o, &f)
	case strings.Contains(lower, "role must be set"), strings.Contains(lower, "service account name is required"):
		if c.has(f.ID, f.Object) {
			return // the spec shows it
		}
		f.What = fmt.Sprintf("The solver of %s lacks the role or the service account that the other is for.", issuer)
		f.Fix = []finding.Step{do("Set both route53.role and route53.auth.kubernetes.serviceAccountRef.name in the solver.")}
	case strings.Contains(lower, "assumerole"), strings.Contains(lower, "unable to assume role"):
		o.noRole(&f, issuer)
	case strings.Contains(lower, "signature expired"), strings.Contains(lower, "signature not yet current"):
		f.What = "The clock of cert-manager's node is wrong by more than five minutes, so AWS takes none of its signatures."
		f.Cause = "The keys may be good: a signature has the time in it."
		f.Fix = []finding.Step{do("See on which node it runs, and set that node's clock (chrony, systemd-timesyncd):"), run("kubectl get pods -A -o wide -l app.kubernetes.io/name=cert-manager")}
	case strings.Contains(lower, "signaturedoesnotmatch"):
		f.What = fmt.Sprintf("The secret access key of %s is not the one that belongs to its access key ID.", issuer)
		f.Cause = "AWS knows the ID, but the signature was made with another key: one is of an older pair, or was copied badly." + c.shapeHint(o)
		c.blame(o, &f, chain.AWSSecretKey)
	case strings.Contains(lower, "expired"):
		f.What = fmt.Sprintf("The AWS credentials of %s have expired.", issuer)
		f.Cause = "They are temporary ones, which no controller can renew if they are in a Secret."
		c.blame(o, &f, chain.AWSKeyID)
	default:
		f.What = fmt.Sprintf("AWS does not know the access key ID of %s.", issuer)
		f.Cause = "The access key was deleted or deactivated, or is of another partition (China, GovCloud), or a temporary one without its session token." + c.shapeHint(o)
		c.blame(o, &f, chain.AWSKeyID)
	}
	c.merge(blocks, f)
}

// shapeHint points to what was found of the value's shape.
func (c *checker) shapeHint(o *complaint) string {
	for _, id := range []string{"CRED06", "CRED07"} {
		for _, at := range append(c.halves(o), o.subject()) {
			if c.has(id, at) {
				return " Its shape is wrong, too: see " + id + "."
			}
		}
	}
	return ""
}

// halves are the Secrets with the two halves of the access key.
func (c *checker) halves(o *complaint) []finding.Object {
	var all []finding.Object
	for _, shape := range []chain.AWSShape{chain.AWSKeyID, chain.AWSSecretKey} {
		if ref := o.ref(shape); ref != nil && o.issuer != nil {
			all = append(all, c.SecretObject(chain.Name{Namespace: c.CredentialNamespace(o.issuer), Name: ref.Name}))
		}
	}
	return all
}

func (o *complaint) ref(shape chain.AWSShape) *chain.SecretKey {
	switch {
	case o.solver == nil || o.solver.Route53 == nil:
		return nil
	case shape == chain.AWSKeyID:
		return o.solver.Route53.AccessKeyIDRef
	}
	return o.solver.Route53.SecretAccessKey
}

// blame makes the finding one about the Secret with that half of the key, if it is in
// one, and says how to put a new key there.
func (c *checker) blame(o *complaint, f *finding.Finding, shape chain.AWSShape) {
	f.Fix = []finding.Step{do("Make a new access key in AWS for the same user (aws iam create-access-key), and set both halves where the issuer takes them from.")}
	if o.issuer == nil {
		return
	}
	namespace := c.CredentialNamespace(o.issuer)
	if ref := o.ref(shape); ref != nil {
		f.Object = c.SecretObject(chain.Name{Namespace: namespace, Name: ref.Name})
	}
	if o.solver == nil || o.solver.Route53 == nil {
		return
	}
	if o.solver.Route53.Ambient() {
		f.Fix = []finding.Step{do("The issuer has no key of its own: renew the identity that the controller runs with, and restart it.")}
		return
	}
	for _, half := range []struct {
		shape    chain.AWSShape
		variable string
	}{{chain.AWSKeyID, keyIDVariable}, {chain.AWSSecretKey, keyVariable}} {
		if ref := o.ref(half.shape); ref != nil {
			f.Fix = append(f.Fix, setValue(chain.Name{Namespace: namespace, Name: ref.Name}, ref.Key, half.variable))
		} else {
			f.Fix = append(f.Fix, do("Put the new access key ID into route53.accessKeyID of the issuer."))
		}
	}
}
