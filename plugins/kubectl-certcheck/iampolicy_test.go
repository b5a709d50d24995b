package main

import (
	"encoding/json"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
)

func TestIAMPolicy(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"": "arn:aws:route53:::hostedzone/*", "Z0123456789ABC": "arn:aws:route53:::hostedzone/Z0123456789ABC",
		"/hostedzone/Z0123456789ABC": "arn:aws:route53:::hostedzone/Z0123456789ABC",
	} {
		m := clitest.Start(t, newCommand, "", "iam-policy", "--zone", zone)
		err := m.Wait()
		out, talk := m.Out.String(), m.Err.String()
		var policy struct {
			Version   string
			Statement []struct{ Effect, Action, Resource string }
		}
		if bad := json.Unmarshal([]byte(out), &policy); err != nil || bad != nil || talk != "" {
			t.Fatalf("%v, %v, %q in\n%s", err, bad, talk, out)
		}
		if len(policy.Statement) != 3 || policy.Statement[1].Resource != want || policy.Version != "2012-10-17" {
			t.Errorf("%s: %+v", zone, policy)
		}
	}
}
