package chain

import (
	"slices"
	"testing"
)

// TestSecretsByTheirField: the field is what a person looks for in the manifest.
func TestSecretsByTheirField(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ issuer, want string }{
		{`{"apiVersion":"cert-manager.io/v1","kind":"ClusterIssuer","metadata":{"name":"a"},"spec":{"acme":{"solvers":[{"http01":{}},{"dns01":{"route53":{"secretAccessKeySecretRef":{"name":"aws","key":"k"}}}}]}}}`,
			"spec.acme.solvers[1].dns01.route53.secretAccessKeySecretRef"},
		{`{"apiVersion":"certmanager.k8s.io/v1alpha1","kind":"Issuer","metadata":{"name":"a","namespace":"n"},"spec":{"acme":{"dns01":{"providers":[{"name":"p","route53":{"secretAccessKeySecretRef":{"name":"aws","key":"k"}}}]}}}}`,
			"spec.acme.dns01.providers[0].route53.secretAccessKeySecretRef"},
	} {
		s := &Snapshot{}
		s.Add([]byte(one.issuer), Place{})
		s.Close()
		if len(s.Issuers) != 1 || !slices.Contains(s.Issuers[0].Secrets(), FieldSecret{one.want, SecretKey{"aws", "k"}}) {
			t.Errorf("%v %+v, want %s", s.Problems, s.Issuers, one.want)
		}
	}
}
