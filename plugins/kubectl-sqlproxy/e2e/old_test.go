//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// manifestOf2018 is how the proxy was shared in 2018. $image and $more are what a test
// needs: version 1.11 cannot be had any more, and its Admin API is elsewhere.
const manifestOf2018 = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: sql-proxy
spec:
  replicas: 2
  selector: {matchLabels: {app: sql-proxy}}
  template:
    metadata:
      labels: {app: sql-proxy}
    spec:
      containers:
      - name: sql-proxy
        image: $image
        command:
        - /cloud_sql_proxy
        - -instances=` + stock + `=tcp:0.0.0.0:3306
        - -credential_file=/secrets/cloudsql/credentials.json$more
        ports:
        - {name: mysql, containerPort: 3306}
        volumeMounts:
        - {name: credentials, mountPath: /secrets/cloudsql, readOnly: true}
      volumes:
      - name: credentials
        secret: {secretName: cloudsql-instance-credentials}
---
apiVersion: v1
kind: Service
metadata:
  name: sql-proxy
spec:
  selector: {app: sql-proxy}
  ports:
  - {name: mysql, port: 3306, targetPort: mysql}
`

// weaknesses are the faults that the recipe has by itself, whichever version runs it.
func weaknesses() []string {
	return []string{"v1-proxy", "no-probes", "no-pdb", "no-spread", "no-sigterm-delay", "missing-resources", "no-networkpolicy"}
}

func (w *world) manifestOf2018(image, more string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "sql-proxy.yaml")
	text := strings.NewReplacer("$image", image, "$more", more).Replace(manifestOf2018)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// The manifest of 2018 runs, and its faults are named, from the file and on the cluster.
// What convert makes of it runs in its place, serves the same clients, and has none of them.
func TestManifestOf2018(t *testing.T) {
	w := newWorld(t)
	w.clients()
	original := w.check(0, "-f", w.manifestOf2018("cloudsql-docker/gce-proxy:1.11", ""))
	original.names("v1-proxy", "no-probes", "no-sigterm-delay", "missing-resources", "runs-as-root")

	// Its pods are below every level of Pod Security.
	w.ns.Kubectl("label", "namespace", w.ns.Name, "pod-security.kubernetes.io/enforce-", "--overwrite")
	w.ns.Kubectl("create", "secret", "generic", "cloudsql-instance-credentials", "-n", w.ns.Name, "--from-file=credentials.json="+w.key)
	old := w.manifestOf2018(proxyV1, "\n        - -host="+w.cloud.endpoint()+"/")
	w.ns.Kubectl("apply", "-n", w.ns.Name, "-f", old)
	w.ns.Running("app=sql-proxy", 2)
	host := w.service("sql-proxy")
	w.awaitMySQL(host)
	w.check(0, "deployment/sql-proxy", "--fail-on=none").names(weaknesses()...)

	// Everybody could connect, so that everybody may: that is said, and can be changed.
	_, said := w.sqlproxy(0, "convert", "deployment/sql-proxy", "--image", proxyV2)
	for _, want := range []string{"every pod of the cluster may connect", "(ip-types)", "(region)"} {
		if !strings.Contains(said, want) {
			t.Errorf("convert does not say %q:\n%s", want, said)
		}
	}
	// The script of convert puts the new one in the old one's place, and keeps what there was.
	w.ns.Kubectl("label", "namespace", w.ns.Name, "pod-security.kubernetes.io/enforce=restricted")
	_, kept := w.scripted([]string{"YES=1"}, "convert", "deployment/sql-proxy", "--image", proxyV2, "--allow-clients", "sqlproxy-client=true")
	if before, err := os.ReadFile(filepath.Join(kept, "before-deployment-apps-sql-proxy.yaml")); err != nil || !strings.Contains(string(before), proxyV1) {
		t.Errorf("what there was is not kept: %v\n%s", err, before)
	}
	w.awaitMySQL(host)
	for _, pod := range w.ns.UntilPods("new pods alone", "app=sql-proxy", 2, realcluster.Ready) {
		if image := pod.Spec.Containers[0].Image; image != proxyV2 {
			t.Errorf("%s runs %s", pod.Name, image)
		}
	}
	r := w.check(0, "deployment/sql-proxy", "--fail-on=warning")
	if all := r.ids(finding.Error, finding.Warning); len(all) > 0 {
		t.Errorf("found in what convert has made: %q\n%s", all, r.text())
	}
}

// awaitMySQL asks the MariaDB by the Service until the answer comes: a proxy without probes
// is ready before it listens.
func (w *world) awaitMySQL(host string) {
	w.t.Helper()
	w.ns.Until("an answer", 3*time.Minute, func() error {
		_, err := kubectl("", "exec", "-n", w.ns.Name, "mariadb", "--", "mariadb", "--no-defaults", "--connect-timeout=60", "-h", host, "-u", user, "-p"+password, "-N", "shop", "-e", "select 1")
		return err
	})
}
