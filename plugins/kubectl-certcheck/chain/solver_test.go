package chain

import "testing"

// TestSelfCheckOfSolver: waitInsteadOfSelfCheck is a field of the solver, and not of
// its dns01, where it would be taken for a provider.
func TestSelfCheckOfSolver(t *testing.T) {
	var s Snapshot
	s.Add([]byte(`{"apiVersion":"cert-manager.io/v1","kind":"Issuer","metadata":{"name":"a","namespace":"n"},
		"spec":{"acme":{"solvers":[{"waitInsteadOfSelfCheck":"30s","dns01":{"route53":{"region":"eu-central-1"}}},{"http01":{}}]}}}`), Place{})
	if len(s.Problems) > 0 {
		t.Fatal(s.Problems)
	}
	solvers := s.Issuers[0].ACME.Solvers
	if !solvers[0].NoSelfCheck || solvers[1].NoSelfCheck {
		t.Errorf("NoSelfCheck is %t, %t, want true, false", solvers[0].NoSelfCheck, solvers[1].NoSelfCheck)
	}
}
