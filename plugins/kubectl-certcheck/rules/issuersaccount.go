package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkAccountKey looks at the Secrets of an ACME account, and reports whether it found
// why the issuer is not ready.
func (c *checker) checkAccountKey(i *chain.Issuer) bool {
	if i.ACME == nil {
		return false
	}
	f := finding.Finding{Severity: finding.Error, Object: i.Object}
	if ready := i.Conditions.Get("Ready"); ready != nil && ready.Status == "False" {
		f.Evidence = quote("status.conditions[Ready].message", ready.Message)
	}
	switch {
	case i.ACME.AccountKey.Name != "" && c.judgeAccountKey(i, &f):
		f.ID = "ISS05"
	case i.ACME.ExternalAccountKey != nil && !i.Conditions.Is("Ready", "True") && c.judgeExternalKey(i, &f):
		f.ID = "ISS06"
	default:
		return false
	}
	c.add(blocks, f)
	return true
}

// judgeAccountKey says what is wrong with the account's key, and reports whether
// something is. A missing one is made by cert-manager, unless that is forbidden.
func (c *checker) judgeAccountKey(i *chain.Issuer, f *finding.Finding) bool {
	key := i.ACME.AccountKey
	n := chain.Name{Namespace: c.CredentialNamespace(i), Name: key.Name}
	secret := c.Secret(n)
	switch {
	case secret == nil:
		if !i.ACME.NoKeyGeneration || c.Absence("Secret", n.Namespace) != chain.Gone {
			return false
		}
		f.What = fmt.Sprintf("The key of the ACME account of %s is to be in the Secret %s, which does not exist, and cert-manager may not make one.", issuerTitle(i), n)
		f.Evidence = append(f.Evidence, quote("spec.acme.disableAccountKeyGeneration", "true")...)
		f.Cause = secretElsewhere(c.SecretsNamed(n), n.Namespace)
		f.Fix = []finding.Step{
			do("Put the account's key into that Secret, as tls.key, or let cert-manager make a new one:"),
			patchIssuerStep(i, `{"op":"remove","path":"/spec/acme/disableAccountKeyGeneration"}`),
		}
		return true
	case !secret.Has(key.Key):
		f.What = fmt.Sprintf("The Secret %s has no key %s, where %s looks for the key of its ACME account.", n, key.Key, issuerTitle(i))
		f.Evidence = append(f.Evidence, quote("secret "+n.String()+" data", keyList(secret.Names()))...)
	case key.Key != "tls.key" || secret.TLS == nil:
		return false
	case secret.TLS.Key.Key() == nil:
		f.What = fmt.Sprintf("The key %s of the Secret %s, for the ACME account of %s, is no private key in PEM.", key.Key, n, issuerTitle(i))
	case secret.TLS.Key.Key().Kind != material.RSA:
		f.What = fmt.Sprintf("The key of the ACME account of %s, in the Secret %s, is not of type RSA, and cert-manager takes no other.", issuerTitle(i), n)
	default:
		return false
	}
	f.Fix = c.newAccountSteps(i)
	return true
}

// judgeExternalKey is about the HMAC key that a CA gives its customers. It is needed
// once, to register.
func (c *checker) judgeExternalKey(i *chain.Issuer, f *finding.Finding) bool {
	key := i.ACME.ExternalAccountKey
	n := chain.Name{Namespace: c.CredentialNamespace(i), Name: key.Name}
	secret := c.Secret(n)
	switch {
	case secret == nil && c.Absence("Secret", n.Namespace) == chain.Gone:
		f.What = fmt.Sprintf("The Secret %s with the CA's credentials for %s does not exist.", n, issuerTitle(i))
		f.Cause = secretElsewhere(c.SecretsNamed(n), n.Namespace)
	case secret != nil && !secret.Has(key.Key):
		f.What = fmt.Sprintf("The Secret %s has no key %s with the CA's credentials for %s.", n, orWord(key.Key, "(none given)"), issuerTitle(i))
		f.Evidence = append(f.Evidence, quote("secret "+n.String()+" data", keyList(secret.Names()))...)
	default:
		return false
	}
	f.Fix = []finding.Step{
		do("Put the HMAC key that the CA gave you, in base64url without padding, into a file hmac, and make the Secret:"),
		run("kubectl create secret generic " + script.Quote(n.Name) + " -n " + script.Quote(n.Namespace) + " --from-file=" + script.Quote(orWord(key.Key, "secret")+"=hmac") + " --dry-run=client -o yaml | kubectl apply -f -"),
	}
	f.Docs = "https://cert-manager.io/docs/configuration/acme/#external-account-bindings"
	return true
}

// secretElsewhere tells where else there are Secrets of the name.
func secretElsewhere(all []*chain.Secret, namespace string) string {
	var names []string
	for _, o := range all {
		names = append(names, o.Namespace)
	}
	if names == nil {
		return ""
	}
	return fmt.Sprintf("There is one of that name in namespace %s; the issuer's has to be in %s.", some(names), namespace)
}

func keyList(names []string) string { return orWord(strings.Join(names, ", "), "no keys") }

func orWord(word, standard string) string {
	if word == "" {
		return standard
	}
	return word
}

// sayAccountKey is for what only the message tells.
func (c *checker) sayAccountKey(i *chain.Issuer, f *finding.Finding) {
	f.What = fmt.Sprintf("The key of the ACME account of %s, in the Secret %s/%s, cannot be used.", issuerTitle(i), c.CredentialNamespace(i), i.ACME.AccountKey.Name)
	f.Fix = c.newAccountSteps(i)
	if containsAny(f.Evidence[0].Text, []string{"accountdoesnotexist", "deactivated"}) {
		f.What = fmt.Sprintf("The CA does not know the ACME account of %s, or has deactivated it.", issuerTitle(i))
	}
}

// checkSharedAccount is about one key for accounts at two servers.
func (c *checker) checkSharedAccount(i *chain.Issuer) {
	for _, j := range c.Issuers {
		if j == i || j.ACME == nil || i.ACME.AccountKey.Name == "" || j.ACME.AccountKey != i.ACME.AccountKey ||
			c.CredentialNamespace(j) != c.CredentialNamespace(i) || sameServer(i.ACME.Server, j.ACME.Server) {
			continue
		}
		f := finding.Finding{
			ID: "ISS05", Severity: finding.Warning, Object: i.Object,
			What: fmt.Sprintf("%s and %s keep the key of their ACME accounts in one Secret, %s/%s, though their servers differ.", issuerTitle(i), issuerTitle(j), c.CredentialNamespace(i), i.ACME.AccountKey.Name),
			Evidence: append(quote("spec.acme.server", i.ACME.Server),
				finding.Evidence{Source: issuerTitle(j) + " spec.acme.server", Text: j.ACME.Server}),
			Cause: "Whoever makes a new account for the one takes the account from the other.",
			Fix:   []finding.Step{do("Give one of them a Secret of its own in spec.acme.privateKeySecretRef; cert-manager fills it."), editIssuer(j)},
		}
		c.add(aside, f)
		return
	}
}

func sameServer(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }
