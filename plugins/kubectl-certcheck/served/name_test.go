package served

import "testing"

func TestServerName(t *testing.T) {
	for host, want := range map[string]string{
		"a.example": "a.example", "A.Example.": "a.example", "*.a.example": "certcheck.a.example", "*": "certcheck.invalid",
		"10.0.0.1": "", "2001:db8::1": "", "[2001:db8::1]": "", "": "",
	} {
		if got := ServerName(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}
