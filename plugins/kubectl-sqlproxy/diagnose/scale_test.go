package diagnose

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// crowd is a cluster of one shared proxy and n applications with sidecars, each with what
// such an application has: a Service, a ConfigMap that names hosts, a Secret with the key,
// a ServiceAccount, a pod that restarts, its events and its log.
func crowd(tb testing.TB, n int) *snapshot.Snapshot {
	tb.Helper()
	s := &snapshot.Snapshot{Minor: 34, Fallback: "default"}
	add := func(apiVersion, kind, format string, args ...any) {
		s.Add(apiVersion, kind, fmt.Appendf(nil, format, args...), snapshot.Place{})
	}
	const shared = `{"name":"proxy","image":"cloud-sql-proxy:2.25.3","args":["--address=0.0.0.0","p:r:i?port=5432"],"ports":[{"containerPort":5432}]}`
	add("apps/v1", "Deployment", `{"metadata":{"name":"sql","namespace":"shop"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"sql"}},
		"template":{"metadata":{"labels":{"app":"sql"}},"spec":{"containers":[%s]}}}}`, shared)
	add("v1", "Service", `{"metadata":{"name":"sql","namespace":"shop"},"spec":{"selector":{"app":"sql"},"ports":[{"port":5432}]}}`)
	add("networking.k8s.io/v1", "NetworkPolicy", `{"metadata":{"name":"sql","namespace":"shop"},"spec":{"podSelector":{"matchLabels":{"app":"sql"}},
		"ingress":[{"from":[{"podSelector":{"matchLabels":{"client":"true"}}}],"ports":[{"port":5432}]}]}}`)
	for i := range n / 10 {
		add("v1", "Node", `{"metadata":{"name":"node-%d","labels":{"iam.gke.io/gke-metadata-server-enabled":"true"}}}`, i)
	}
	const sidecar = `{"name":"proxy","image":"cloud-sql-proxy:2.25.3","args":["--credentials-file=/key/key.json","p:r:i?port=5432"],
		"volumeMounts":[{"name":"key","mountPath":"/key"}],"livenessProbe":{"httpGet":{"path":"/liveness","port":9090}}}`
	for i := range n {
		ns := fmt.Sprintf("shop-%d", i%20)
		if i%2 == 0 {
			ns = "shop"
		}
		spec := fmt.Sprintf(`{"serviceAccountName":"app-%[1]d","nodeName":"node-%[2]d","volumes":[{"name":"key","secret":{"secretName":"key-%[1]d"}}],
			"containers":[{"name":"app","image":"app:1","envFrom":[{"configMapRef":{"name":"app-%[1]d"}}]},%[3]s]}`, i, i%max(n/10, 1), sidecar)
		add("apps/v1", "Deployment", `{"metadata":{"name":"app-%[1]d","namespace":"%[2]s"},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"app-%[1]d"}},
			"template":{"metadata":{"labels":{"app":"app-%[1]d"}},"spec":%[3]s}}}`, i, ns, spec)
		add("v1", "Pod", `{"metadata":{"name":"app-%[1]d-5f-a","namespace":"%[2]s","labels":{"app":"app-%[1]d","pod-template-hash":"5f"},
			"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"app-%[1]d-5f","uid":"u","controller":true}]},"spec":%[3]s,
			"status":{"phase":"Running","containerStatuses":[{"name":"proxy","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}`, i, ns, spec)
		add("v1", "Service", `{"metadata":{"name":"app-%[1]d","namespace":"%[2]s"},"spec":{"selector":{"app":"app-%[1]d"},"ports":[{"port":80,"targetPort":8080}]}}`, i, ns)
		add("discovery.k8s.io/v1", "EndpointSlice", `{"metadata":{"name":"app-%[1]d-x","namespace":"%[2]s","labels":{"kubernetes.io/service-name":"app-%[1]d"}}}`, i, ns)
		add("v1", "ServiceAccount", `{"metadata":{"name":"app-%d","namespace":"%s"}}`, i, ns)
		add("v1", "ConfigMap", `{"metadata":{"name":"app-%d","namespace":"%s"},"data":{"DB_HOST":"sql.shop","CACHE_HOST":"localhost"}}`, i, ns)
		add("v1", "Secret", `{"metadata":{"name":"key-%d","namespace":"%s"},"stringData":{"other.json":"{}"}}`, i, ns)
		add("v1", "Event", `{"involvedObject":{"kind":"Pod","namespace":"%[2]s","name":"app-%[1]d-5f-a"},"type":"Warning","reason":"BackOff","message":"Back-off restarting","count":9,
			"lastTimestamp":"2026-11-25T11:59:00Z"}`, i, ns)
		s.Logs = append(s.Logs, &snapshot.Log{Namespace: ns, Pod: fmt.Sprintf("app-%d-5f-a", i), Container: "proxy", Lines: []string{
			"2026/11/25 11:58:00 [p:r:i] Listening on 127.0.0.1:5432", "2026/11/25 11:58:00 The proxy has started successfully and is ready for new connections!",
		}})
	}
	if len(s.Problems) > 0 {
		tb.Fatal(s.Problems[0])
	}
	return s
}

// TestCrowd: what is wrong with each of many sidecars is found at each, and ranked there.
// How long that takes, BenchmarkCheck says.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const n = 200
	s := crowd(t, n)
	s.Close()
	report, err := Check(s, Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for i := range report.Findings {
		f := &report.Findings[i]
		times[f.ID]++
		if f.ID == "sidecar-and-service" && !slices.ContainsFunc(f.Evidence, func(e finding.Evidence) bool { return e.Text == "sql.shop" }) {
			t.Errorf("%v: no evidence of the Service in %v", f.Object, f.Evidence)
		}
	}
	for _, id := range []string{"sidecar-and-service", "client-without-label", "secret-key-missing", "probe-without-flag"} {
		if times[id] != n {
			t.Errorf("%s is found %d times, want %d; all: %v", id, times[id], n, times)
		}
	}
}

// BenchmarkCheck has to take ten times as long for ten times as many: a rule that looks
// at all workloads for each of them takes a hundred times as long.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := crowd(b, n)
			s.Close()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Check(s, Options{Now: noon}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
