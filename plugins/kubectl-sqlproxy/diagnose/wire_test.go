package diagnose

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

func TestProbes(t *testing.T) {
	t.Parallel()
	const container, service = "{name: postgres, containerPort: 5432}", "{name: postgres, port: 5432, targetPort: postgres, protocol: TCP, appProtocol: tcp}"
	tests := []struct {
		name    string
		replace []string
		probe   snapshot.Probe
		want    string
	}{
		{"the engine that was meant", nil, snapshot.Probe{Port: 5432, Got: "postgres"}, ""},
		{"an error of the engine that was meant", nil, snapshot.Probe{Port: 5432, Got: "postgres", Text: "FATAL: sorry, too many clients already"}, ""},
		{"another engine", nil, snapshot.Probe{Port: 5432, Got: "sqlserver"}, "wire-other-engine"},
		{"no engine", nil, snapshot.Probe{Port: 5432, Text: "what came is no engine's that is known: 48 54"}, "wire-other-engine"},
		{"the Service's port counts before the pod's", []string{service, "{name: db, port: 3306, targetPort: postgres}", container, "{name: postgres, containerPort: 5432}"}, snapshot.Probe{Port: 5432, Got: "mysql"}, ""},
		{"nobody says which engine it is", []string{service, "{name: db, port: 7000, targetPort: 7000}", container, "{name: db, containerPort: 7000}", "?port=5432", "?port=7000"}, snapshot.Probe{Port: 7000, Got: "mysql"}, ""},
		{"cut", nil, snapshot.Probe{Port: 5432, Cut: true}, "wire-cut"},
		{"silent", nil, snapshot.Probe{Port: 5432, Text: "connections stay open, and nothing came within 5s"}, "wire-silent"},
		{"refused", nil, snapshot.Probe{Port: 5432, Text: "dial tcp4 127.0.0.1:5432: connect: connection refused"}, "wire-no-listener"},
		{"of a pod that is another's", nil, snapshot.Probe{Port: 5432, Cut: true, Pod: "stock-1"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pod := test.probe.Pod
			if pod == "" {
				pod = "sql-proxy-7d4f9c6b5-aaaaa"
			}
			const end = "  labels: {kubernetes.io/metadata.name: shop}\n"
			document := fmt.Sprintf("---\nkind: Probe\nnamespace: shop\npod: %s\nport: %d\ngot: %q\ntext: %q\ncut: %t\n", pod, test.probe.Port, test.probe.Got, test.probe.Text, test.probe.Cut)
			got := idsOf(edited(t, "ok", append(test.replace, end, end+document)...).check(t))
			wire := slices.DeleteFunc(got, func(id string) bool {
				return !slices.ContainsFunc(wireCatalogue(), func(e finding.Entry) bool { return e.ID == id })
			})
			if test.want == "" && len(wire) > 0 || test.want != "" && !slices.Equal(wire, []string{test.want}) {
				t.Errorf("finds %v, want %q", wire, test.want)
			}
		})
	}
}

// TestConnectionTestThatPasses: it says nothing, whatever its lines are.
func TestConnectionTestThatPasses(t *testing.T) {
	t.Parallel()
	const end = "  labels: {kubernetes.io/metadata.name: shop}\n"
	document := "---\nkind: ConnectionTest\nworkload: {kind: Deployment, namespace: shop, name: sql-proxy}\npassed: true\nlines: ['2026/11/25 11:50:00 Connection test passed']\n"
	if got := idsOf(edited(t, "ok", end, end+document).check(t)); len(got) > 0 {
		t.Errorf("finds %v", got)
	}
}
