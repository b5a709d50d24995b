package material

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		names string // separated by blanks; "CN=" in front of the common name
		host  string
		want  Reason
		by    string
	}{
		{"a.example", "a.example", Exact, "a.example"},
		{"A.Example", "a.eXample", Exact, "A.Example"},
		{"a.example", "a.example.", Exact, "a.example"},
		{"a.example b.example", "b.example", Exact, "b.example"},
		{"a.example", "b.example", NoMatch, ""},
		{"a.example", "xa.example", NoMatch, ""},
		{"a_b.example", "a_b.example", Exact, "a_b.example"},
		{"*.example.com", "www.example.com", Wildcard, "*.example.com"},
		{"*.Example.com", "WWW.example.COM.", Wildcard, "*.Example.com"},
		{"*.example.com", "xn--bcher-kva.example.com", Wildcard, "*.example.com"},
		{"*.example.com", "example.com", ApexOfWildcard, "*.example.com"},
		{"*.example.com example.com", "example.com", Exact, "example.com"},
		{"*.example.com", "a.b.example.com", TooDeep, "*.example.com"},
		{"*.example.com", "a.b.c.example.com", TooDeep, "*.example.com"},
		{"*.example.com", "aexample.com", NoMatch, ""},
		{"*.example.com", "az09-.example.com", Wildcard, "*.example.com"},
		{"*.example.com", "-a.example.com", NotAHost, ""},
		{"a*b*c.example", "axbyc.example", PartialWildcard, "a*b*c.example"},
		{"a*b*c.example", "axc.example", NoMatch, ""},
		{"b.example.", "a.example", NoMatch, ""},
		{"w*.example.com", "www.example.com", PartialWildcard, "w*.example.com"},
		{"w*w.example.com", "www.example.com", PartialWildcard, "w*w.example.com"},
		{"w*w.example.com", "w.example.com", NoMatch, ""},
		{"x*.example.com", "www.example.com", NoMatch, ""},
		{"xn--*.example.com", "xn--bcher-kva.example.com", PartialWildcard, "xn--*.example.com"},
		{"a.*.example.com", "a.b.example.com", InnerWildcard, "a.*.example.com"},
		{"*.*.example.com", "a.b.example.com", InnerWildcard, "*.*.example.com"},
		{"*", "a.example", BareWildcard, "*"},
		{"a.example.", "a.example", TrailingDot, "a.example."},
		{"*.example.", "a.example", TrailingDot, "*.example."},
		{"", "a.example", NoNames, ""},
		{"CN=a.example", "a.example", OnlyCommonName, "a.example"},
		{"CN=*.example", "a.example", OnlyCommonName, "*.example"},
		{"CN=a.example b.example", "a.example", OnlyCommonName, "a.example"},
		{"CN=a.example", "b.example", NoNames, ""},
		{"CN=a.example *.example.com", "a.example.com", Wildcard, "*.example.com"},

		{"10.0.0.1", "10.0.0.1", Exact, "10.0.0.1"},
		{"10.0.0.1", "::ffff:10.0.0.1", Exact, "10.0.0.1"},
		{"2001:db8::1", "2001:DB8:0::1", Exact, "2001:db8::1"},
		{"2001:db8::1", "[2001:db8::1]", Exact, "2001:db8::1"},
		{"10.0.0.1", "10.0.0.2", NoMatch, ""},
		{"DNS:10.0.0.1", "10.0.0.1", AddressAsName, "10.0.0.1"},
		{"DNS:10.0.0.9", "10.0.0.1", NoMatch, ""},
		{"CN=10.0.0.9 a.example", "10.0.0.1", NoMatch, ""},
		{"CN=10.0.0.1", "10.0.0.1", OnlyCommonName, "10.0.0.1"},
		{"", "10.0.0.1", NoNames, ""},
		{"*.0.0.1", "10.0.0.1", NoMatch, ""},
		{"fe80::1", "fe80::1%eth0", NotAHost, ""},

		{"*.example.com", "*.example.com", Exact, "*.example.com"},
		{"*.example.com", "*.Example.com", Exact, "*.example.com"},
		{"*.example.com", "*.a.example.com", TooDeep, "*.example.com"},
		{"a.example.com", "*.example.com", WildcardHost, "a.example.com"},
		{"example.com", "*.example.com", WildcardHost, "example.com"},
		{"a.example", "*.example.com", WildcardHost, ""},
		{"CN=*.example.com", "*.example.com", OnlyCommonName, "*.example.com"},
		{"", "*.example.com", NoNames, ""},
		{"*", "*", AnyHost, ""},
		{"a.example", "", AnyHost, ""},
		{"a.example", "bücher.example", NotASCII, ""},
		{"a.example", "https://a.example", NotAHost, ""},
		{"a.example", "a.example:443", NotAHost, ""},
		{"a.example", "a..example", NotAHost, ""},
		{"a.example", "-a.example", NotAHost, ""},
		{"a.example", "a .example", NotAHost, ""},
		{"a.example", "a.example..", NotAHost, ""},
	} {
		n := namesOf(c.names)
		got := n.Covers(c.host)
		if covered := c.want == Exact || c.want == Wildcard; got != (Coverage{covered, c.want, c.by}) {
			t.Errorf("%q covers %q: %+v, want %q by %q", c.names, c.host, got, c.want, c.by)
		}
	}
}

// namesOf reads a test's names; addresses are those that are not behind DNS:.
func namesOf(text string) (n Names) {
	for _, name := range strings.Fields(text) {
		if cn, ok := strings.CutPrefix(name, "CN="); ok {
			n.CommonName = cn
		} else if ip, err := netip.ParseAddr(name); err == nil {
			n.IPs = append(n.IPs, ip)
		} else {
			n.DNS = append(n.DNS, strings.TrimPrefix(name, "DNS:"))
		}
	}
	return n
}

// FuzzCovers compares with crypto/x509. The two differ where a name ends with a
// dot, which crypto/x509 takes when the host does so, too, and for the host *,
// which is no host.
func FuzzCovers(f *testing.F) {
	f.Add("*.example.com", "a.example.com", "CN", []byte{10, 0, 0, 1})
	f.Add("a.example", "A.EXAMPLE.", "a.example", []byte(nil))
	f.Add("*.*.example", "a.b.example", "", []byte(nil))
	f.Add("a.*", "10.0.0.1", "10.0.0.1", []byte{10, 0, 0, 1})
	f.Add("-a.example", "-a.example", "", []byte(nil))
	f.Add("*", "*", "", []byte(nil))
	f.Add("x", "[::ffff:10.0.0.1]", "", []byte{10, 0, 0, 1})
	f.Add("\xff", "\xfe", "", []byte(nil))
	f.Fuzz(func(t *testing.T, name, host, cn string, ip []byte) {
		oracle := &x509.Certificate{DNSNames: []string{name, "other.example"}, Subject: pkix.Name{CommonName: cn}}
		names := Names{CommonName: cn, DNS: oracle.DNSNames}
		if addr, ok := netip.AddrFromSlice(ip); ok {
			oracle.IPAddresses, names.IPs = []net.IP{ip}, []netip.Addr{addr}
		}
		got := names.Covers(host)
		if got.Covered != (got.Reason == Exact || got.Reason == Wildcard) || got.Reason == "" {
			t.Fatalf("%+v", got)
		}
		if strings.HasSuffix(name, ".") || host == "*" {
			return
		}
		if want := oracle.VerifyHostname(host) == nil; got.Covered != want {
			t.Errorf("%q for %q: %+v, crypto/x509 says %t", name, host, got, want)
		}
	})
}
