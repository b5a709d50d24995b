package chain

import "testing"

// TestProblemNamesTheField: as it stands in the manifest, and without what is in it.
func TestProblemNamesTheField(t *testing.T) {
	for manifest, want := range map[string]string{
		`{"apiVersion":"cert-manager.io/v1","kind":"Certificate","spec":{"dnsNames":"a.example.com"}}`:               "spec.dnsNames is of the wrong type: string",
		`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","spec":{"tls":{"hosts":[]}}}`:                         "spec.tls is of the wrong type: object",
		`{"apiVersion":"networking.istio.io/v1","kind":"Gateway","spec":{"servers":[{"tls":{"caCertificates":7}}]}}`: "spec.servers.tls.caCertificates is of the wrong type: number",
		`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"password":["hunter2"]}}`:                "data is of the wrong type: array",
	} {
		var s Snapshot
		s.Add([]byte(manifest), Place{})
		if len(s.Problems) != 1 || s.Problems[0].Text != want {
			t.Errorf("%s: %+v, want %q", manifest, s.Problems, want)
		}
	}
}
