//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// scenarios are command lines of generate, each of which the API server takes.
func scenarios() map[string][]string {
	base := []string{"--instance", orders + "=postgres", "--instance", stock + "=mysql"}
	with := func(more ...string) []string { return append(append([]string{}, base...), more...) }
	return map[string][]string{
		"workload-identity": with("--workload-identity", "sql-proxy@shop.iam.gserviceaccount.com"),
		"secret":            with("--credentials-secret", "key/sa.json", "--private-ip"),
		"single-service":    with("--workload-identity", "sql-proxy@shop.iam.gserviceaccount.com", "--single-service", "--max-connections", "2000"),
		"autoscaled":        with("--credentials-secret", "key", "--hpa", "--replicas", "3", "--allow-preemptible"),
		"exposed":           with("--credentials-secret", "key", "--service-type", "LoadBalancer", "--expose", "--source-ranges", "10.0.0.0/8"),
		"clients":           with("--credentials-secret", "key", "--allow-clients", "ns:team-a:app=web", "--allow-clients", "ns:team=b", "--allow-clients", "app=web"),
		"domain":            {"--instance", "example.com:shop:europe-west1:orders=sqlserver", "--credentials-secret", "key", "--psc"},
		"one":               {"--instance", orders + "=postgres", "--replicas", "1", "--credentials-secret", "key"},
		"v1":                with("--engine", "v1", "--proxy-version", "1.37.6", "--credentials-secret", "key"),
		"v1-2018":           {"--engine", "v1", "--proxy-version", "1.11", "--instance", stock + "=mysql", "--credentials-secret", "key"},
		"alloydb": {"--engine", "alloydb", "--instance", "projects/shop/locations/europe-west1/clusters/main/instances/primary",
			"--workload-identity", "sql-proxy@shop.iam.gserviceaccount.com"},
	}
}

// What generate prints is taken by the API server, which knows every field of it, and its
// pods are of the restricted level.
func TestGenerated(t *testing.T) {
	w := newWorld(t)
	w.ns.Kubectl("label", "namespace", w.ns.Name, "pod-security.kubernetes.io/warn=restricted")
	for name, flags := range scenarios() {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			out, _ := w.sqlproxy(0, "generate", flags...)
			r := w.ns.StartCommand(nil, "sh", "-c", `printf %s "$0" | kubectl apply -n "$1" --server-side --dry-run=server --validate=strict -f -`, out, w.ns.Name)
			if code := r.Wait(); code != 0 || strings.Contains(r.Stderr(), "Warning") {
				t.Errorf("exit code %d\n%s%s", code, r.Stdout(), r.Stderr())
			}
			if !strings.Contains(r.Stdout(), "deployment.apps/sql-proxy serverside-applied") {
				t.Errorf("no Deployment:\n%s", r.Stdout())
			}
		})
	}
}

// The same words do warn of a pod that is not of that level, so that their absence means something.
func TestRestrictedLevelIsJudged(t *testing.T) {
	w := newWorld(t)
	w.ns.Kubectl("label", "namespace", w.ns.Name, "pod-security.kubernetes.io/warn=restricted")
	path := w.manifestOf2018(proxyV1, "")
	r := w.ns.StartCommand(nil, "kubectl", "apply", "-n", w.ns.Name, "--server-side", "--dry-run=server", "--validate=strict", "-f", path)
	if code := r.Wait(); code != 0 || !strings.Contains(r.Stderr(), "Warning: would violate PodSecurity") {
		t.Errorf("exit code %d\n%s%s", code, r.Stdout(), r.Stderr())
	}
}
