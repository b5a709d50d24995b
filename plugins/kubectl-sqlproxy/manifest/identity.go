package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
)

// accountAnnotation names the Google service account of one of Kubernetes'.
const accountAnnotation = "iam.gke.io/gcp-service-account"

func (p *plan) checkIdentity() {
	i := p.Identity
	var said []string
	for _, one := range []struct{ flag, value string }{
		{"--workload-identity", i.GoogleAccount}, {"--service-account", i.Account}, {"--credentials-secret", i.Secret.Name}, {"--key-file", string(i.Key)},
	} {
		if one.value != "" {
			said = append(said, one.flag)
		}
	}
	if len(said) > 1 {
		p.complain("%s: the proxy is one account only: give one of them", strings.Join(said, " and "))
	}
	if i.GoogleAccount != "" {
		if err := checkEmail(i.GoogleAccount); err != nil {
			p.complain("--workload-identity %q: %w", i.GoogleAccount, err)
		}
	}
	if bad := validation.IsDNS1123Subdomain(i.Account); i.Account != "" && len(bad) > 0 {
		p.complain("--service-account %q: %s", i.Account, bad[0])
	}
	if bad := validation.IsDNS1123Subdomain(i.Secret.Name); i.Secret != (SecretKey{}) && len(bad) > 0 {
		p.complain("--credentials-secret %q: %s", i.Secret.Name, bad[0])
	}
	if bad := validation.IsConfigMapKey(i.Secret.Key); i.Secret.Name != "" && len(bad) > 0 {
		p.complain("--credentials-secret %s/%s: the key: %s", i.Secret.Name, i.Secret.Key, bad[0])
	}
	if i.Key == "" {
		return
	}
	p.key = keyfile.Inspect([]byte(i.Key))
	if p.key.Fault != keyfile.Good {
		p.complain("--key-file: this is no service account's key: %s; one is made by gcloud iam service-accounts keys create, and other credentials go into a Secret of your own, for --credentials-secret", p.key)
	}
}

// checkEmail wants letters that mean nothing to a shell.
func checkEmail(email string) error {
	name, domain, _ := strings.Cut(email, "@")
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' }
	if name == "" || name[0] == '-' || !strings.HasSuffix(domain, ".gserviceaccount.com") || strings.ContainsFunc(name+domain, odd) {
		return fmt.Errorf("the address of a Google service account is like NAME@PROJECT.iam.gserviceaccount.com")
	}
	return nil
}

// checkRange wants addresses that are somebody's, not everybody's.
func checkRange(text string) error {
	r, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return fmt.Errorf("it is no range of addresses, as 10.0.0.0/8 is")
	case r.Bits() == 0:
		return fmt.Errorf("these are all addresses there are, and none has to connect to a database")
	case r != r.Masked():
		return fmt.Errorf("it has bits behind its length: is %s meant?", r.Masked())
	}
	return nil
}

// addAccount adds a service account of the proxy's own, with a key, too: what the
// namespace's default account may do, or become, is nobody's plan for a proxy.
func (p *plan) addAccount() {
	if p.Identity.Account != "" {
		return
	}
	account := &corev1.ServiceAccount{TypeMeta: typeOf("v1", "ServiceAccount"), ObjectMeta: p.meta(p.Name), AutomountServiceAccountToken: new(false)}
	if p.Identity.GoogleAccount != "" {
		account.Annotations = map[string]string{accountAnnotation: p.Identity.GoogleAccount}
	}
	p.add(account.TypeMeta, account.Name, account)
}

// addSecret is the only place where a key leaves this package.
func (p *plan) addSecret() {
	if p.Identity.Key == "" {
		return
	}
	where := p.credentials()
	secret := &corev1.Secret{
		TypeMeta: typeOf("v1", "Secret"), ObjectMeta: p.meta(where.Name), Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{where.Key: []byte(p.Identity.Key)},
	}
	p.add(secret.TypeMeta, secret.Name, secret)
}

// checksum changes with the key: the proxy reads it once, when it starts.
func (p *plan) checksum() string {
	if p.Identity.Key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(p.Identity.Key))
	return hex.EncodeToString(sum[:])
}
