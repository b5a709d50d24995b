package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// keyMissing is CRED02. o is nil where it is cert-manager that says so.
func (c *checker) keyMissing(ref credentialRef, o *chain.Secret) {
	f := finding.Finding{
		ID: "CRED02", Severity: finding.Error, Object: c.SecretObject(ref.secret),
		What:     fmt.Sprintf("The Secret %s has no key %s, which %s names.", ref.secret, ref.Key, issuerWords(ref.issuer)),
		Evidence: append(quote(ref.Field+".key", ref.Key), c.saidOf(ref, "CRED02")...),
		Retry:    "cert-manager goes on by itself when the key is there.",
		Docs:     ref.docs(),
	}
	if ref.ofCA() {
		f.Evidence = quote(ref.Field, ref.Name)
		f.What = fmt.Sprintf("The Secret %s, with the %s of %s, has no %s.", ref.secret, ref.contents(), issuerWords(ref.issuer), ref.Key)
	}
	if ref.webhook() {
		f.Severity = finding.Warning
	}
	f.Fix = []finding.Step{do("Put the value into the variable " + strings.TrimPrefix(ref.variable(), "$") + ", and:"), setValue(ref.secret, ref.Key, ref.variable())}
	if o != nil {
		f.Cause = "It has " + keyWords(o.Names()) + "."
		if v := o.Value(ref.Key); v != nil {
			f.What = fmt.Sprintf("The key %s of the Secret %s, which %s names, is empty.", ref.Key, ref.secret, issuerWords(ref.issuer))
			f.Cause = ""
		} else if near := ref.nearest(o); near != "" {
			f.Fix = []finding.Step{do(fmt.Sprintf("Let the Secret have the value of %s as %s too:", near, ref.Key)), copyValue(ref.secret, near, ref.Key)}
			if ref.solver != nil {
				f.Fix = append(f.Fix, do(fmt.Sprintf("Or let the issuer name the key that is there: %s.key: %s.", ref.Field, near)))
			}
		}
	}
	c.merge(ref.part, f)
}

func keyWords(names []string) string {
	switch len(names) {
	case 0:
		return "no keys at all"
	case 1:
		return "only the key " + names[0]
	}
	return "the keys " + some(names)
}

// nearest is the key that is probably meant: the only one whose value looks right, or
// whose name differs in little but its writing.
func (ref credentialRef) nearest(o *chain.Secret) string {
	want := chain.AWSNone
	switch {
	case strings.HasSuffix(ref.Field, "route53.secretAccessKeySecretRef"):
		want = chain.AWSSecretKey
	case strings.HasSuffix(ref.Field, "route53.accessKeyIDSecretRef"):
		want = chain.AWSKeyID
	}
	var looks, named []string
	for i := range o.Keys {
		v := &o.Keys[i]
		if want != chain.AWSNone && v.Text.AWS == want {
			looks = append(looks, v.Key)
		}
		if plain(v.Key) == plain(ref.Key) {
			named = append(named, v.Key)
		}
	}
	for _, found := range [][]string{looks, named} {
		if len(found) == 1 {
			return found[0]
		}
	}
	if len(o.Keys) == 1 && want == chain.AWSNone && !ref.ofCA() {
		return o.Keys[0].Key
	}
	return ""
}

// plain is a key's name without what people write differently: api-token, API_TOKEN.
func plain(key string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(key))
}
