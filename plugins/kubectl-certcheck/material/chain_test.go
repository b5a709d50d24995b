package material

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// roles is a chain in one line: "0 leaf, 1 intermediate; path 0 1; issuer not there".
func roles(c *Chain) string {
	var members []string
	for i, m := range c.Members {
		members = append(members, fmt.Sprintf("%d %s", i, m.Role))
	}
	order := "ordered"
	if !c.Ordered {
		order = "not ordered"
	}
	return fmt.Sprintf("%s; path %s; %s; %s", strings.Join(members, ", "), strings.Trim(fmt.Sprint(c.Path), "[]"), c.End, order)
}

func TestChain(t *testing.T) {
	root := mint(t, nil, ca("root"))
	between := mint(t, root, ca("between"))
	leaf := mint(t, between, nil)
	other := mint(t, mint(t, nil, ca("elsewhere")), nil)
	lonely := mint(t, nil, host("a.example"))
	// a new intermediate of the same name, with another key
	renewed := mint(t, root, ca("between"))
	// the root of old, cross-signed by an older one
	older := mint(t, nil, ca("older"))
	cross := mintWith(t, root.key, older, ca("root"))
	// two CAs that signed each other
	left, right := mint(t, nil, ca("left")), mint(t, nil, ca("right"))
	leftByRight, rightByLeft := mintWith(t, left.key, right, ca("left")), mintWith(t, right.key, left, ca("right"))
	round := mint(t, left, nil)

	for name, c := range map[string]struct {
		certs []*issued
		key   *issued
		want  string
	}{
		"none":               {want: "; path ; ; not ordered"},
		"leaf only":          {certs: []*issued{leaf}, want: "0 leaf; path 0; issuer not there; ordered"},
		"self-signed":        {certs: []*issued{lonely}, want: "0 leaf; path 0; self-signed; ordered"},
		"as it should be":    {certs: []*issued{leaf, between}, want: "0 leaf, 1 intermediate; path 0 1; issuer not there; ordered"},
		"with root":          {certs: []*issued{leaf, between, root}, want: "0 leaf, 1 intermediate, 2 root; path 0 1 2; self-signed; ordered"},
		"root, no between":   {certs: []*issued{leaf, root}, want: "0 leaf, 1 unrelated; path 0; issuer not there; ordered"},
		"leaf last":          {certs: []*issued{between, leaf}, want: "0 intermediate, 1 leaf; path 1 0; issuer not there; not ordered"},
		"upside down":        {certs: []*issued{root, between, leaf}, want: "0 root, 1 intermediate, 2 leaf; path 2 1 0; self-signed; not ordered"},
		"root before":        {certs: []*issued{leaf, root, between}, want: "0 leaf, 1 root, 2 intermediate; path 0 2 1; self-signed; not ordered"},
		"unrelated":          {certs: []*issued{leaf, other, between}, want: "0 leaf, 1 unrelated, 2 intermediate; path 0 2; issuer not there; ordered"},
		"leaf twice":         {certs: []*issued{leaf, leaf, between}, want: "0 leaf, 1 duplicate, 2 intermediate; path 0 2; issuer not there; ordered"},
		"the key says which": {certs: []*issued{other, leaf, between}, key: leaf, want: "0 unrelated, 1 leaf, 2 intermediate; path 1 2; issuer not there; ordered"},
		"the key of a CA":    {certs: []*issued{root, other}, key: root, want: "0 leaf, 1 unrelated; path 0; self-signed; ordered"},
		"a key of none":      {certs: []*issued{leaf, between}, key: other, want: "0 leaf, 1 intermediate; path 0 1; issuer not there; ordered"},
		"same name":          {certs: []*issued{leaf, renewed}, want: "0 leaf, 1 unrelated; path 0; issuer not there; ordered"},
		"same name and own":  {certs: []*issued{leaf, renewed, between}, want: "0 leaf, 1 unrelated, 2 intermediate; path 0 2; issuer not there; ordered"},
		"cross-signed":       {certs: []*issued{leaf, between, cross, root}, want: "0 leaf, 1 intermediate, 2 intermediate, 3 alternative; path 0 1 2; issuer not there; ordered"},
		"cycle":              {certs: []*issued{round, leftByRight, rightByLeft}, want: "0 leaf, 1 intermediate, 2 intermediate; path 0 1 2; cycle; ordered"},
		"CAs only":           {certs: []*issued{root, between}, want: "0 root, 1 leaf; path 1 0; self-signed; not ordered"},
	} {
		t.Run(name, func(t *testing.T) {
			var key *Key
			if c.key != nil {
				key = Parse(armour("PRIVATE KEY", c.key.pkcs8(t)), PrivateKey).Key()
			}
			chain := NewChain(certs(c.certs...), key)
			if got := roles(chain); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	chain := NewChain(certs(leaf, renewed, between), nil)
	if got := chain.Members[0].Issuers; !slices.Equal(got, []Link{{1, No}, {2, Yes}}) {
		t.Errorf("issuers of the leaf: %v", got)
	}
	if d := NewChain(certs(leaf, leaf, between), nil).Members[1].DuplicateOf; d != 0 {
		t.Errorf("duplicate of %d", d)
	}
	twice := NewChain(certs(leaf, between, between), nil)
	if got := twice.Members[0].Issuers; !slices.Equal(got, []Link{{1, Yes}}) || twice.Members[2].Role != RoleDuplicate || twice.Members[2].DuplicateOf != 1 {
		t.Errorf("issuers of the leaf: %v, members %+v", got, twice.Members)
	}
	if top := chain.Top(); top.Issuer.CommonName != "root" {
		t.Errorf("missing is %q", top.Issuer.Text)
	}
}

// The certificates of 2018 to 2021 whose intermediate ended before they did.
func TestFirstToExpire(t *testing.T) {
	root := mint(t, nil, ca("root"))
	old := func(c *x509.Certificate) { ca("between")(c); c.NotAfter = day0.Add(10 * day) }
	between := mint(t, root, old)
	leaf := mint(t, between, nil)
	unrelated := mint(t, nil, func(c *x509.Certificate) { c.NotAfter = day0.Add(day) })
	if got := NewChain(certs(leaf, unrelated, between), nil).FirstToExpire; got != 2 {
		t.Errorf("certificate %d expires first", got)
	}
	if got := NewChain(nil, nil).FirstToExpire; got != -1 {
		t.Errorf("of none, %d", got)
	}
}

func TestMissingIntermediate(t *testing.T) {
	root := mint(t, nil, ca("root"))
	between := mint(t, root, ca("between"))
	public := mint(t, between, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: oidSCTs, Value: []byte{4, 0}}}
	})
	private := mint(t, root, nil)
	for name, c := range map[string]struct {
		certs []*Certificate
		want  Answer
	}{
		"public alone": {certs(public), Yes}, "public": {certs(public, between), Unknown}, "public and root": {certs(public, between, root), No},
		"private": {certs(private), Unknown}, "self-signed": {certs(root), No}, "none": {nil, Unknown},
	} {
		if got := NewChain(c.certs, nil).MissingIntermediate(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTrust(t *testing.T) {
	root := mint(t, nil, ca("root"))
	between := mint(t, root, ca("between"))
	noCA := mint(t, root, func(c *x509.Certificate) { c.Subject.CommonName = "no CA"; c.BasicConstraintsValid = true })
	last := mint(t, root, func(c *x509.Certificate) { ca("last")(c); c.MaxPathLenZero = true })
	below := mint(t, last, ca("below"))
	leaf := mint(t, between, nil)
	client := mint(t, between, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	for name, c := range map[string]struct {
		certs []*issued
		roots *x509.CertPool
		at    time.Duration
		want  Trust
	}{
		"good":            {[]*issued{leaf, between}, pool, day, Trusted},
		"any order":       {[]*issued{between, leaf}, pool, day, Trusted},
		"no intermediate": {[]*issued{leaf}, pool, day, UnknownAuthority},
		"its own root":    {[]*issued{leaf, between, root}, x509.NewCertPool(), day, UnknownAuthority},
		"later":           {[]*issued{leaf, between}, pool, 91 * day, OutOfDate},
		"for clients":     {[]*issued{client, between}, pool, day, NotForServers},
		"no CA":           {[]*issued{mint(t, noCA, nil), noCA}, pool, day, UnknownAuthority},
		"path too long":   {[]*issued{mint(t, below, nil), below, last}, pool, day, BadPath},
		"no roots":        {[]*issued{leaf, between}, nil, day, NotJudged},
		"no certificates": {nil, pool, day, NotJudged},
	} {
		got, err := NewChain(certs(c.certs...), nil).Trust(c.roots, day0.Add(c.at))
		if got != c.want || (err == nil) != (got == Trusted || got == NotJudged) {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
	}
}

func TestChainOrigin(t *testing.T) {
	root := mint(t, nil, ca("(STAGING) Pretend Pear X1"))
	between := mint(t, root, ca("R99"))
	leaf := mint(t, between, nil)
	if got := NewChain(certs(leaf, between), nil).Origin(); got != LetsEncryptStaging {
		t.Errorf("%q", got)
	}
	if got := NewChain(certs(leaf), nil).Origin(); got != OtherOrigin {
		t.Errorf("%q", got)
	}
}

// Certificates that all have the same names cost no more than MaxSignatures.
func TestChainIsBounded(t *testing.T) {
	one := mint(t, nil, ca("same"))
	var all []*Certificate
	for range 60 { // 60*59 pairs
		all = append(all, CertificateOf(mintWith(t, one.key, one, ca("same")).cert))
	}
	c := NewChain(all, nil)
	links := 0
	for _, m := range c.Members {
		links += len(m.Issuers)
	}
	if !c.Bounded || links > MaxSignatures {
		t.Errorf("%d links, bounded %t", links, c.Bounded)
	}
}
