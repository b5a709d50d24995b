//go:build !windows

package byhand

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

const (
	trusted  = "ok it leads to a CA that this machine trusts"
	itsKey   = "ok the key is that of the certificate"
	unknown  = "? unable to get local issuer certificate: as it is with a CA of your own, and where an intermediate certificate is missing"
	noKey    = "NOT OK there is no private key in tls.key that can be read"
	damaged  = "NOT OK it is damaged: openssl cannot read it"
	shopHost = "ok for shop.example"
)

func TestGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf := mint(t, w.ca, "leaf", nil)
	w.pair(leaf, "shop.example", "*.shop.example", "a.shop.example", "10.0.0.1", "2001:db8::1", "*")
	w.run(0)
	w.want(trusted, itsKey, shopHost, "ok for *.shop.example", "ok for a.shop.example", "ok for 10.0.0.1", "ok for 2001:db8::1")
	w.wantSaid("==== Gateway shop/web\n", "== Secret shop/web-tls\n", "   certificate 1 of 2\n", "   certificate 2 of 2\n", "Test intermediate", "Test root",
		"notAfter="+leaf.cert.NotAfter.UTC().Format("Jan _2 15:04:05 2006 GMT"),
		"   names   DNS:shop.example, DNS:*.shop.example, IP Address:10.0.0.1, ")
}

// The names of the keys of a Secret for Istio are others.
func TestOtherKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf := mint(t, w.ca, "leaf", nil)
	s := w.secret(nil, "cert", leaf.pem()+w.ca.pem(), "key", leaf.keyPEM(t))
	s.Certificate, s.Key = "cert", "key"
	w.run(0)
	w.want(trusted, itsKey)
}

func TestBad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf, other := mint(t, w.ca, "leaf", nil), mint(t, w.ca, "other", nil)
	edited := func(edit func(*x509.Certificate)) func(*world) {
		return func(w *world) { w.pair(mint(w.t, w.ca, "leaf", edit), "shop.example") }
	}
	raw := func(crt, key string, hosts ...string) func(*world) {
		return func(w *world) { w.secret(hosts, "tls.crt", crt, "tls.key", key) }
	}
	key, lines := leaf.keyPEM(t), strings.SplitAfter(leaf.pem(), "\n")
	staging := mint(t, nil, "(STAGING) Ersatz Edamame E1", func(c *x509.Certificate) {
		ca(c)
		c.Subject.Organization = []string{"(STAGING) Let's Encrypt"}
	})
	staged := mint(t, staging, "leaf", nil)
	stranger := mint(t, nil, "Another CA", ca)
	lock := exec.Command(tool.Find(t, "openssl"), "pkey", "-aes256", "-passout", "pass:word")
	lock.Stdin = strings.NewReader(key)
	locked, err := lock.Output()
	w.must(err)
	for name, test := range map[string]struct {
		change func(*world)
		status int
		want   []string
	}{
		"expired": {edited(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }), 3,
			[]string{"NOT OK expired", itsKey, shopHost}},
		"expires soon": {edited(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(6 * day) }), 0,
			[]string{"? it expires within 7 days", trusted, itsKey, shopHost}},
		"not valid yet": {edited(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(2 * time.Hour) }), 3,
			[]string{"NOT OK not valid yet", itsKey, shopHost}},
		"for clients only": {edited(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), 3,
			[]string{"NOT OK uns...", itsKey, shopHost}},
		"another's key": {raw(leaf.pem()+w.ca.pem(), other.keyPEM(t)), 3, []string{trusted, "NOT OK the key in tls.key is that of another certificate"}},
		"no key":        {func(w *world) { w.secret(nil, "tls.crt", leaf.pem()+w.ca.pem()) }, 3, []string{trusted, noKey}},
		"a garbled key": {raw(leaf.pem()+w.ca.pem(), strings.ReplaceAll(key, "M", "!")), 3, []string{trusted, noKey}},
		"a locked key":  {raw(leaf.pem()+w.ca.pem(), string(locked)), 3, []string{trusted, noKey}},
		"other hosts": {func(w *world) {
			w.pair(leaf, "other.example", "*.other.example", "a.b.shop.example", "10.0.0.2", "2001:db8::2")
		}, 3, []string{trusted, itsKey, "NOT OK not for other.example", "NOT OK not for *.other.example", "NOT OK not for a.b.shop.example", "NOT OK not for 10.0.0.2", "NOT OK not for 2001:db8::2"}},
		"one host of two": {func(w *world) { w.pair(leaf, "-x", "shop.example") }, 3, []string{trusted, itsKey, "NOT OK not for -x", shopHost}},
		"a common name only": {edited(func(c *x509.Certificate) {
			c.Subject.CommonName, c.DNSNames, c.IPAddresses = "shop.example", nil, nil
		}), 3, []string{trusted, itsKey, "NOT OK not for shop.example"}},
		"a name is no pattern": {func(w *world) {
			w.pair(mint(w.t, w.ca, "leaf", func(c *x509.Certificate) { c.DNSNames = []string{"a.shop.example"} }), "*.shop.example")
		}, 3, []string{trusted, itsKey, "NOT OK not for *.shop.example"}},
		"staging": {raw(staged.pem(), staged.keyPEM(t)), 3, []string{"NOT OK Let's Encrypt's staging issued it, which no client trusts", unknown, itsKey}},
		"a placeholder": {edited(func(c *x509.Certificate) {
			c.Subject = pkix.Name{Organization: []string{"Acme Co"}, CommonName: "Kubernetes Ingress Controller Fake Certificate"}
		}), 3, []string{"NOT OK it is ingress-nginx's own: for this host it has none", trusted, itsKey, shopHost}},
		"no intermediate":      {raw(leaf.pem(), key), 0, []string{unknown, itsKey}},
		"another intermediate": {raw(leaf.pem()+stranger.pem(), key), 3, []string{"NOT OK it is not the issuer of certificate 1", unknown, itsKey}},
		"a key between":        {raw(leaf.pem()+key+w.ca.pem(), key), 0, []string{trusted, itsKey}},
		"a garbled second":     {raw(leaf.pem()+"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", key), 3, []string{damaged, itsKey}},
		"no newline between":   {raw(strings.TrimSpace(leaf.pem())+w.ca.pem(), key), 3, []string{damaged, damaged}},
		"cut off":              {raw(strings.Join(lines[:4], ""), ""), 3, []string{damaged}},
		"no PEM":               {raw(string(leaf.cert.Raw), key), 3, []string{"NOT OK there is no certificate in tls.crt"}},
		"empty":                {raw("", key), 3, []string{"NOT OK there is no certificate in tls.crt"}},
		"no such key":          {func(w *world) { w.secret(nil, "cert", leaf.pem()) }, 3, []string{"NOT OK there is no certificate in tls.crt"}},
		"no data":              {func(w *world) { w.secret(nil) }, 3, []string{"NOT OK there is no certificate in tls.crt"}},
		"a file of Windows":    {raw(strings.ReplaceAll(leaf.pem()+w.ca.pem(), "\n", "\r\n"), strings.ReplaceAll(key, "\n", "\r\n")), 0, []string{trusted, itsKey}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, w.root, w.ca)
			w.play()
			test.change(w)
			w.run(test.status)
			w.want(test.want...)
			if test.status == 3 && !strings.HasSuffix(w.out.String(), " NOT OK\n") {
				t.Errorf("it does not end with how much is wrong:\n%s", w.out.String())
			}
		})
	}
}

// What cannot be read is said in kubectl's words, and the rest is looked at.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ name, want string }{
		"none":      {"gone", `Error from server (NotFound): secrets "gone" not found`},
		"a flag":    {"--help", `Error from server (NotFound): secrets "--help" not found`},
		"no name":   {"", "error: resource name may not be empty"},
		"forbidden": {"hidden", `Error from server (Forbidden): secrets "hidden" is forbidden: User "kubetest" cannot get...`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.store("shop", "hidden")
			w.server.Forbid("get", "secrets", "shop", "hidden")
			w.pair(mint(t, w.ca, "leaf", nil))
			bad := w.plan.Chains[0].Secrets[0]
			bad.Name = test.name
			w.plan.Chains[0].Secrets = append([]Secret{bad}, w.plan.Chains[0].Secrets...)
			w.run(3)
			w.want("NOT OK it cannot be read: "+test.want, trusted, itsKey)
		})
	}
}
