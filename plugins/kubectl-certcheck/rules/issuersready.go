package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// issuerMayStart is how long a new issuer may be without a status.
const issuerMayStart = 5 * time.Minute

// issuerRefusal is what the message of an issuer that is not ready means.
type issuerRefusal struct {
	texts []string // of the message, in lower case
	id    string
	say   func(*checker, *chain.Issuer, *finding.Finding)
}

// issuerRefusals are from the more special to the more general: the first that fits
// counts.
func issuerRefusals() []issuerRefusal {
	return []issuerRefusal{
		{[]string{"server url is set to a v1 endpoint"}, "ISS04", (*checker).sayV1},
		{[]string{"account private key is invalid", "is not of type rsa", "disableaccountkeygeneration", "accountdoesnotexist", "deactivated"}, "ISS05", (*checker).sayAccountKey},
		{[]string{"externalaccountrequired", "external account"}, "ISS06", (*checker).sayExternalAccount},
		{[]string{"invalidemail", "invalidcontact", "unsupportedcontact", "contact email"}, "ISS06", (*checker).sayEmail},
		{[]string{"dial tcp", "no such host", "i/o timeout", "connection refused", "proxyconnect", "tls: ", "x509: ", "context deadline exceeded", "client.timeout", ": eof", "problem document", "404 :", "403 :"}, "ISS07", (*checker).sayUnreachable},
	}
}

// checkReady says why an issuer is not ready; explained says that this was done already.
func (c *checker) checkReady(i *chain.Issuer, explained bool) {
	if v2 := acmeV2(i); v2 != "" {
		f := finding.Finding{ID: "ISS04", Severity: finding.Error, Object: i.Object}
		f.Evidence = quote("spec.acme.server", i.ACME.Server)
		if ready := i.Conditions.Get("Ready"); ready != nil && ready.Status != "True" {
			f.Evidence = append(f.Evidence, quote("status.conditions[Ready].message", ready.Message)...)
		}
		c.sayV1(i, &f)
		c.add(blocks, f)
		return
	}
	ready := i.Conditions.Get("Ready")
	switch {
	case explained:
	case ready == nil:
		c.checkUntouched(i)
	case ready.Status == "False":
		c.checkNotReady(i, ready)
	}
}

func (c *checker) checkNotReady(i *chain.Issuer, ready *chain.Condition) {
	f := finding.Finding{
		Severity: finding.Error, Object: i.Object,
		Evidence: quote("status.conditions[Ready].message", ready.Message),
	}
	for _, r := range issuerRefusals() {
		if i.ACME != nil && containsAny(ready.Message, r.texts) {
			f.ID = r.id
			r.say(c, i, &f)
			c.add(blocks, f)
			return
		}
	}
	f.ID = "ISS01"
	f.What = fmt.Sprintf("%s is not ready: %s.", issuerTitle(i), notReadyWords(ready.Reason))
	if ready.Message == "" {
		f.Evidence = quote("status.conditions[Ready].reason", ready.Reason)
	}
	f.Cause, f.Fix = c.notReadyFix(i, ready)
	c.add(symptom, f)
}

// notReadyWords say what a reason means.
func notReadyWords(reason string) string {
	words := map[string]string{
		"ErrRegisterACMEAccount": "the account could not be registered",
		"ErrVerifyACMEAccount":   "the account could not be verified",
		"ErrUpdateACMEAccount":   "the account's email address could not be changed",
		"InvalidConfig":          "its spec is wrong",
		"InvalidURL":             "the URL of its server or of its account is none",
		"InvalidSolver":          "a credential of a solver is not there",
		"ErrGetKeyPair":          "the CA's key pair cannot be read",
		"ErrInvalidKeyPair":      "the CA's key pair cannot sign",
		"VaultError":             "Vault does not answer as it should",
		"ErrInitIssuer":          "it could not be set up",
	}
	if text, ok := words[reason]; ok {
		return text
	}
	if reason == "" {
		return "it does not say why"
	}
	return reason
}

func (c *checker) notReadyFix(i *chain.Issuer, ready *chain.Condition) (string, []finding.Step) {
	namespace := c.CredentialNamespace(i)
	switch {
	case ready.Reason == "InvalidSolver":
		return "Without it, cert-manager v1.21 and later make no order at all.", []finding.Step{
			do("Make the Secret, or the key in it, that the message names, in namespace " + namespace + "; cert-manager then goes on by itself."),
		}
	case isRateLimit(ready.Message):
		steps := []finding.Step{do(rateLimitOf(ready.Message).free)}
		when := "Later"
		if at := retryAfter(ready.Message); at.After(c.Now) {
			when = "From " + at.UTC().Format("2006-01-02 15:04 UTC") + " on"
		}
		steps = append(steps, do(when+", have cert-manager try again, which it does not do by itself soon:"),
			run("kubectl annotate "+issuerArgs(i)+" retried-at=\"$(date +%s)\" --overwrite"))
		return "The CA says: " + rateLimitOf(ready.Message).what + ".", steps
	case i.CA != nil:
		return "", []finding.Step{
			do("The Secret needs tls.crt with a CA's certificate and tls.key with its key, in namespace " + namespace + "."),
			run("kubectl describe secret " + script.Quote(i.CA.Name) + " -n " + script.Quote(namespace)),
		}
	}
	return "", []finding.Step{run("kubectl describe " + issuerArgs(i))}
}

// checkUntouched is about an issuer that cert-manager has never looked at.
func (c *checker) checkUntouched(i *chain.Issuer) {
	age := chain.Age(c.Now, i.Created)
	if i.UID == "" || age <= issuerMayStart {
		return
	}
	c.add(symptom, finding.Finding{
		ID: "ISS01", Severity: finding.Error, Object: i.Object,
		What:     fmt.Sprintf("%s is %s old, and cert-manager has not looked at it.", issuerTitle(i), span(age)),
		Evidence: quote("metadata.creationTimestamp", i.Created.Format(time.RFC3339)),
		Cause:    "It has no condition: the controller does not run, or watches another API group or namespace.",
		Fix:      []finding.Step{run(c.logsOfController())},
	})
}

// acmeV2 is the server that took the place of one of ACME v1; empty for others.
func acmeV2(i *chain.Issuer) string {
	if i.ACME == nil {
		return ""
	}
	switch strings.TrimSuffix(i.ACME.Server, "/") {
	case "https://acme-v01.api.letsencrypt.org/directory":
		return "https://acme-v02.api.letsencrypt.org/directory"
	case "https://acme-staging.api.letsencrypt.org/directory":
		return "https://acme-staging-v02.api.letsencrypt.org/directory"
	}
	return ""
}

func (c *checker) sayV1(i *chain.Issuer, f *finding.Finding) {
	f.What = fmt.Sprintf("The server of %s speaks ACME v1, which Let's Encrypt shut down in 2021.", issuerTitle(i))
	if v2 := acmeV2(i); v2 != "" {
		f.Fix = []finding.Step{patchIssuerStep(i, fmt.Sprintf(`{"op":"replace","path":"/spec/acme/server","value":%q}`, v2))}
	}
}

func (c *checker) sayExternalAccount(i *chain.Issuer, f *finding.Finding) {
	f.What = fmt.Sprintf("The CA does not make an account for %s without the credentials that it gives its customers.", issuerTitle(i))
	f.Fix = []finding.Step{
		do("Get a key ID and an HMAC key from the CA; put the key into a Secret in namespace " + c.CredentialNamespace(i) + ", as base64url without padding, and both into spec.acme.externalAccountBinding."),
		editIssuer(i),
	}
	f.Docs = "https://cert-manager.io/docs/configuration/acme/#external-account-bindings"
}

func (c *checker) sayEmail(i *chain.Issuer, f *finding.Finding) {
	f.What = fmt.Sprintf("The CA does not take the email address of %s.", issuerTitle(i))
	f.Evidence = append(f.Evidence, quote("spec.acme.email", i.ACME.Email)...)
	f.Cause = "CAs refuse example domains and domains that take no mail."
	f.Fix = []finding.Step{do("Set an address that receives mail, or none:"), editIssuer(i)}
}

// brokenConnection is a kind of failed connection.
type brokenConnection struct {
	texts      []string // of the message, in lower case
	cause, fix string
}

func brokenConnections() []brokenConnection {
	return []brokenConnection{
		{[]string{"no such host"}, "The host of the server is not known in DNS.", "Correct spec.acme.server, or the DNS of cert-manager's pod."},
		{[]string{"proxyconnect"}, "The proxy of cert-manager's environment does not work.", "Correct HTTPS_PROXY and NO_PROXY of the controller's Deployment."},
		{[]string{"x509: "}, "The server's own certificate is not trusted: a private CA, or a proxy that opens TLS.", "Put the CA's certificate into spec.acme.caBundle, in base64."},
		{[]string{"problem document", "404 :", "403 :"}, "Something answers, and it is no ACME server: spec.acme.server has to be the URL of the directory.", "Correct spec.acme.server, or the proxy in between."},
		{[]string{""}, "Something between cert-manager and the Internet drops or refuses the connection: a NetworkPolicy, a firewall, a missing proxy.", "Let cert-manager's namespace reach port 443 of the server, or set HTTPS_PROXY in the controller's Deployment."},
	}
}

// sayUnreachable tells kinds of failed connections apart.
func (c *checker) sayUnreachable(i *chain.Issuer, f *finding.Finding) {
	f.What = fmt.Sprintf("cert-manager cannot talk to the ACME server of %s.", issuerTitle(i))
	namespace := "cert-manager"
	if controller := c.Controller(); controller != nil {
		namespace = controller.Workload.Namespace
	}
	for _, broken := range brokenConnections() {
		if containsAny(f.Evidence[0].Text, broken.texts) {
			f.Cause = broken.cause
			f.Fix = []finding.Step{
				do(broken.fix),
				run("kubectl run acme-reach --rm -it --restart=Never --image=curlimages/curl -n " + script.Quote(namespace) + " -- -sSI -m 20 " + script.Quote(i.ACME.Server)),
			}
			break
		}
	}
	f.Evidence = append(f.Evidence, quote("spec.acme.server", i.ACME.Server)...)
	f.Retry = "by itself, with pauses that double up to 5 minutes"
}
