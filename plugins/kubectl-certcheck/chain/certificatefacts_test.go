package chain

import (
	"slices"
	"testing"
)

// TestIssuersOfBothGroups: while a cluster is moved to the new API group, both have an
// issuer of the same name.
func TestIssuersOfBothGroups(t *testing.T) {
	t.Parallel()
	s := &Snapshot{}
	for _, raw := range []string{
		`{"apiVersion":"cert-manager.io/v1","kind":"ClusterIssuer","metadata":{"name":"le"},"spec":{"selfSigned":{}}}`,
		`{"apiVersion":"certmanager.k8s.io/v1alpha1","kind":"ClusterIssuer","metadata":{"name":"le"},"spec":{"acme":{"server":"https://x"}}}`,
		`{"apiVersion":"certmanager.k8s.io/v1alpha1","kind":"ClusterIssuer","metadata":{"name":"only-old"},"spec":{"acme":{"server":"https://x"}}}`,
	} {
		s.Add([]byte(raw), Place{})
	}
	s.Close()
	for _, c := range []struct {
		ref  IssuerRef
		want string
	}{
		{IssuerRef{Group, "ClusterIssuer", "le"}, "cert-manager.io/v1"},
		{IssuerRef{OldGroup, "ClusterIssuer", "le"}, "certmanager.k8s.io/v1alpha1"},
		{IssuerRef{Group, "ClusterIssuer", "only-old"}, ""},
		{IssuerRef{OldGroup, "ClusterIssuer", "only-old"}, "certmanager.k8s.io/v1alpha1"},
	} {
		got := ""
		if i := s.IssuerOf(c.ref, "shop"); i != nil {
			got = i.APIVersion
		}
		if got != c.want {
			t.Errorf("%v is %q, want %q", c.ref, got, c.want)
		}
	}
}

func TestOtherNames(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]bool{
		`{"dnsNames":["a.example.com"]}`:                 false,
		`{"uris":["spiffe://cluster.local/a"]}`:          true,
		`{"emailSANs":["a@example.com"]}`:                true,
		`{"literalSubject":"CN=a"}`:                      true,
		`{"otherNames":[{"oid":"1.2","utf8Value":"a"}]}`: true,
	} {
		s := &Snapshot{}
		s.Add([]byte(`{"apiVersion":"cert-manager.io/v1","kind":"Certificate","metadata":{"name":"a"},"spec":`+spec+`}`), Place{})
		if len(s.Problems) > 0 || s.Certificates[0].OtherNames != want {
			t.Errorf("%s: %v, want %v (%v)", spec, s.Certificates[0].OtherNames, want, s.Problems)
		}
	}
}

// TestOldNames: v1alpha1 asks for the common name, too, and once.
func TestOldNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names, apiVersion string
		want              []string
	}{
		{`"commonName":"example.com","dnsNames":["a.example.com"]`, OldGroup + "/v1alpha1", []string{"example.com", "a.example.com"}},
		{`"commonName":"example.com","dnsNames":["a.example.com","example.com"]`, OldGroup + "/v1alpha1", []string{"a.example.com", "example.com"}},
		{`"commonName":"example.com","dnsNames":["a.example.com"]`, Group + "/v1", []string{"a.example.com"}},
	} {
		s := &Snapshot{}
		s.Add([]byte(`{"apiVersion":"`+c.apiVersion+`","kind":"Certificate","metadata":{"name":"a"},"spec":{`+c.names+`}}`), Place{})
		if got := s.Certificates[0].Names().DNS; !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, want %v", c.apiVersion, c.names, got, c.want)
		}
	}
}

func TestKeySize(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]int{
		`{"privateKey":{"size":4096}}`:           4096,
		`{"keyAlgorithm":"rsa","keySize":4096}`:  4096,
		`{"privateKey":{"algorithm":"Ed25519"}}`: 0,
	} {
		s := &Snapshot{}
		s.Add([]byte(`{"apiVersion":"cert-manager.io/v1","kind":"Certificate","metadata":{"name":"a"},"spec":`+spec+`}`), Place{})
		if got := s.Certificates[0].KeySize; got != want {
			t.Errorf("%s: %d, want %d", spec, got, want)
		}
	}
}

func TestIssuerGroup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ group, ref, want string }{
		{Group + "/v1", `{"name":"a"}`, Group},
		{OldGroup + "/v1alpha1", `{"name":"a"}`, OldGroup},
		{OldGroup + "/v1alpha1", `{"name":"a","group":"example.com"}`, "example.com"},
		{Group + "/v1", `{"name":"a","group":"certmanager.k8s.io"}`, OldGroup},
	} {
		s := &Snapshot{}
		s.Add([]byte(`{"apiVersion":"`+c.group+`","kind":"Certificate","metadata":{"name":"a"},"spec":{"issuerRef":`+c.ref+`}}`), Place{})
		if got := s.Certificates[0].Issuer.Group; got != c.want {
			t.Errorf("%s %s: %s, want %s", c.group, c.ref, got, c.want)
		}
	}
}
