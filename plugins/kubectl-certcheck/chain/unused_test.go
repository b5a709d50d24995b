package chain

import "testing"

// The CA of an issuer, and its credentials, are in the chains of what it issues.
func TestSecretsOfIssuersAreNotLeftOver(t *testing.T) {
	s := snapshotOf(t, `apiVersion: v1
kind: Secret
metadata: {name: internal-ca, namespace: shop}
type: kubernetes.io/tls
---
apiVersion: v1
kind: Secret
metadata: {name: old, namespace: shop}
type: kubernetes.io/tls
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: internal, namespace: shop}
spec: {ca: {secretName: internal-ca}}`)
	_, secrets := s.Unused(s.Consumers())
	if len(secrets) != 1 || secrets[0].Name != "old" {
		t.Errorf("left over are %d Secrets, want only shop/old", len(secrets))
	}
}

// v0.3 adds the common name to the DNS names, once.
func TestCommonNameOfThatTime(t *testing.T) {
	const text = `apiVersion: certmanager.k8s.io/v1alpha1
kind: Certificate
metadata: {name: sample-com, namespace: istio-system}
spec: {secretName: hoge-tls, commonName: hoge.com, dnsNames: [`
	for names, want := range map[string]int{"hoge.com": 1, `"*.hoge.com"`: 2} {
		s := snapshotOf(t, text+names+"]}")
		if got := s.Certificates[0].Names().DNS; len(got) != want || got[0] != "hoge.com" {
			t.Errorf("dnsNames %s: %q", names, got)
		}
	}
}
