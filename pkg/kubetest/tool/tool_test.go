package tool

import "testing"

func TestHint(t *testing.T) {
	for name, want := range map[string]string{
		"openssl": "install the Debian package openssl",
		"busybox": "install the Debian package busybox-static",
		"go":      "install Go and put it on the PATH",
		"kubectl": "in the repository: go -C scripts/kubectl build -o /usr/local/bin/kubectl .",
	} {
		if got := Hint(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
