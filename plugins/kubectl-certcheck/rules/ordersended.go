package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// orderEnd is a way in which orders end. fix is what to do before the next try.
type orderEnd struct {
	text  string // of the reason, in lower case
	what  string // a clause
	cause string
	fix   func(*checker, *refusedOrder) []finding.Step
}

func orderEnds() []orderEnd {
	return []orderEnd{
		{"accountdoesnotexist", "the CA does not know the account", "The account's key was never registered there: as when spec.acme.server was changed and the Secret of the key was kept, or when the CA deleted the account.", (*checker).newAccount},
		{"deactivated", "the account is deactivated", "An account that was deactivated cannot be used again.", (*checker).newAccount},
		{"account is not valid", "the account is not valid", "", (*checker).newAccount},
		{"badpublickey", "the CA does not take the key", "", sayFix("Set spec.privateKey of the Certificate to a kind that the CA takes: RSA with 2048 bits or more, or ECDSA with 256 or 384.")},
		{"badcsr", "the CA does not take the request", "", sayFix("Make spec of the Certificate ask for what the CA allows: names, key, usages, duration.")},
		{"rejectedidentifier", "the CA's policy forbids a name", "", sayFix("Take the name out of the Certificate: public CAs issue for public names only.")},
		{"unsupportedidentifier", "the CA does not issue for names of that kind", "", sayFix("Take the name or the address out of the Certificate.")},
		{"error:malformed", "the CA says that the order is malformed", "", sayFix("Make sure that the names of the Certificate are names in DNS, each once, and not covered by a wildcard that is there as well.")},
		{"notbefore and notafter are not supported", "the CA does not let the duration be chosen", "spec.acme.enableDurationFeature of the issuer sends the Certificate's duration, which Let's Encrypt refuses.", (*checker).noDuration},
		{"failed to create order", "the CA does not take it", "", nil},
		{"failed to finalize order", "the CA does not finalize it", "", nil},
		{"failed to retrieve signed certificate", "the certificate could not be fetched", "", nil},
		{"invalid certificate retrieved", "the certificate from the CA cannot be read", "", nil},
	}
}

func sayFix(text string) func(*checker, *refusedOrder) []finding.Step {
	return func(*checker, *refusedOrder) []finding.Step { return []finding.Step{do(text)} }
}

// orderRefused is what is said of all other failed orders.
func (c *checker) orderRefused(r *refusedOrder) finding.Finding {
	f := finding.Finding{ID: "ORD06", What: fmt.Sprintf("The order for %s has failed.", some(r.order.DNSNames))}
	switch {
	case r.order.State == "expired":
		f.What = fmt.Sprintf("The order for %s was not finished before the CA's deadline.", some(r.order.DNSNames))
	case r.reason == "":
		f.What = fmt.Sprintf("The order for %s is %s, and nothing is left that says why.", some(r.order.DNSNames), r.order.State)
		f.Cause = "The reason of such an order stands in its challenges, which are gone or were not seen."
	}
	for _, end := range orderEnds() {
		if r.reason != "" && containsAny(r.reason, []string{end.text}) {
			f.What = fmt.Sprintf("The order for %s has failed: %s.", some(r.order.DNSNames), end.what)
			f.Cause = end.cause
			if end.fix != nil {
				f.Fix = end.fix(c, r)
			}
			break
		}
	}
	c.again(&f, r.certificate)
	return f
}

// newAccount has cert-manager make a new key and register it.
func (c *checker) newAccount(r *refusedOrder) []finding.Step {
	if r.issuer == nil || r.issuer.ACME == nil {
		return nil
	}
	return c.newAccountSteps(r.issuer)
}

func (c *checker) newAccountSteps(i *chain.Issuer) []finding.Step {
	return []finding.Step{
		do("Have cert-manager make a new account: what the CA granted to the old one, as higher limits, is lost with it."),
		run("kubectl delete secret " + script.Quote(i.ACME.AccountKey.Name) + " -n " + script.Quote(c.CredentialNamespace(i))),
	}
}

func (c *checker) noDuration(r *refusedOrder) []finding.Step {
	if r.issuer == nil || r.issuer.ACME == nil || !r.issuer.ACME.DurationFeature {
		return nil
	}
	return []finding.Step{patchIssuerStep(r.issuer, `{"op":"remove","path":"/spec/acme/enableDurationFeature"}`)}
}
