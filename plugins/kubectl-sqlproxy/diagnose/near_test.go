package diagnose

import (
	"slices"
	"testing"
)

// near is a small change of the healthy proxy that is, or is not yet, a fault: what the
// rules of one matter have to tell apart.
type near struct {
	name  string
	id    string
	found bool
	edits []string // old, new, old, new, in all places
}

// checkNear runs cases; what other rules find in them does not count.
func checkNear(t *testing.T, cases []near) {
	t.Helper()
	for _, one := range cases {
		t.Run(one.id+"/"+one.name, func(t *testing.T) {
			t.Parallel()
			f := edited(t, "ok", one.edits...)
			if got := idsOf(f.check(t)); slices.Contains(got, one.id) != one.found {
				t.Errorf("finds %v; %s is to be found: %t", got, one.id, one.found)
			}
		})
	}
}

// Texts of ok.yaml that are there once, or are to be changed in all places.
const (
	address    = "        - --address=0.0.0.0\n"
	image      = "        image: cloud-sql-proxy:2.25.3\n"
	container  = "      - name: proxy\n        image"
	header     = "# finds:\n"
	lastLine   = "  labels: {kubernetes.io/metadata.name: shop}\n"
	selector   = "  selector: {app: sql-proxy}\n"
	servedPort = "  - {name: postgres, port: 5432, targetPort: postgres, protocol: TCP, appProtocol: tcp}\n"
	orders     = "        - shop-prod:europe-west1:orders?port=5432\n"
	replicas   = "  replicas: 2\n  minReadySeconds: 10\n"
	resources  = "        resources:\n"
	spread     = `      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {matchLabels: {app: sql-proxy}}
        matchLabelKeys: [pod-template-hash]
`
	v1Image = `        image: cloudsql-docker/gce-proxy:1.38.3
        command: [/cloud_sql_proxy]
`
	options = `        - --address=0.0.0.0
        - --structured-logs
        - --health-check
        - --http-address=0.0.0.0
        - --http-port=9090
        - --prometheus
        - --min-sigterm-delay=15s
        - --max-sigterm-delay=30s
        - --exit-zero-on-sigterm
        - shop-prod:europe-west1:orders?port=5432
`
	v1Options = `        - -instances=shop-prod:europe-west1:orders=tcp:0.0.0.0:5432
        - -use_http_health_check
        - -health_check_port=9090
        - -term_timeout=30s
`
	application = `      - name: app
        image: shop:7
        ports: [{name: web, containerPort: 8080}]
`
)

// more is an edit that adds a document.
func more(document string) (string, string) { return lastLine, lastLine + "---\n" + document }

// sidecar are edits that make the proxy one of an application: another container in its
// pod, and the Service leads to that.
func sidecar(edits ...string) []string {
	return append([]string{container, application + container, servedPort, "  - {name: web, port: 80, targetPort: web}\n"}, edits...)
}
