package chain

import "testing"

func TestAppliedVersionIsKept(t *testing.T) {
	for manifest, want := range map[string]string{
		`"{\"apiVersion\":\"cert-manager.io/v1alpha2\",\"kind\":\"Certificate\"}"`: "cert-manager.io/v1alpha2",
		`"{"`: "",
		`""`:  "",
	} {
		var s Snapshot
		s.Add([]byte(`{"apiVersion":"cert-manager.io/v1","kind":"Certificate","metadata":{"namespace":"shop","name":"web","annotations":{"kubectl.kubernetes.io/last-applied-configuration":`+manifest+`}}}`), Place{})
		if len(s.Certificates) != 1 || s.Certificates[0].Applied != want {
			t.Errorf("%s: %+v, want %q", manifest, s.Certificates, want)
			continue
		}
		if len(s.Certificates[0].Annotations) != 0 {
			t.Errorf("the manifest is kept: %v", s.Certificates[0].Annotations)
		}
	}
}
