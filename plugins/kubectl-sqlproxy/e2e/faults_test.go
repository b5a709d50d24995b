//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
)

// fault is a proxy with one thing wrong with it.
type fault struct {
	name   string
	id     string   // of the finding
	args   []string // what it is told on top of its credentials
	volume string   // YAML of the Secret volume's source, when it is not the right one
	shows  func(w *world, name string)
}

const everywhere = "--address=0.0.0.0"

func faults() []fault {
	return []fault{
		{name: "loopback", id: "loopback-listener", args: []string{orders + "?port=5432"}, shows: refusesClients},
		{name: "noperm", id: "not-authorized", args: []string{everywhere, "shop:europe-west1:noperm?port=5432"}, shows: failsClients},
		{name: "missing", id: "instance-not-found", args: []string{everywhere, "shop:europe-west1:missing?port=5432"}, shows: failsClients},
		{name: "privonly", id: "ip-type-mismatch", args: []string{everywhere, "shop:europe-west1:privonly?port=5432"}, shows: failsClients},
		{name: "clash", id: "port-conflict", args: []string{everywhere, orders + "?port=5432", stock + "?port=5432"}, shows: ends},
		{name: "oldflags", id: "flag-other", args: []string{"-instances=" + orders + "=tcp:0.0.0.0:5432"}, shows: ends},
		{name: "otherkey", id: "credentials-path", args: []string{everywhere, orders + "?port=5432"},
			volume: "{secretName: key, items: [{key: service_account.json, path: other.json}]}", shows: ends},
		{name: "nokey", id: "secret-key-missing", args: []string{everywhere, orders + "?port=5432"},
			volume: "{secretName: key, items: [{key: sa.json, path: service_account.json}]}", shows: isNotMounted},
		{name: "single", id: "single-replica", args: []string{everywhere, orders + "?port=5432"}, shows: serves},
	}
}

// Each fault is there for real, shows as it does in production, and is named.
func TestFaults(t *testing.T) {
	w := newWorld(t)
	w.clients()
	w.ns.Kubectl("create", "secret", "generic", "key", "-n", w.ns.Name, "--from-file=service_account.json="+w.key)
	for _, f := range faults() {
		w.make(f)
	}
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			w := w.in(t)
			f.shows(w, f.name)
			r := w.check(3, "deployment/"+f.name)
			r.names(f.id)
			// Another fault of the table must not be seen in this proxy, but for what all have in common.
			for _, other := range faults() {
				if other.id != f.id && other.id != "single-replica" && slices.Contains(r.ids(finding.Error, finding.Warning), other.id) {
					t.Errorf("%s is named, too:\n%s", other.id, r.text())
				}
			}
			t.Logf("named: %s", strings.Join(r.ids(finding.Error), " "))
		})
	}
}

// in is the world for a subtest.
func (w *world) in(t *testing.T) *world {
	copied := *w
	copied.t, copied.ns = t, w.ns.For(t)
	return &copied
}

// make applies a proxy with a fault, one pod of it, and its Service.
func (w *world) make(f fault) {
	w.t.Helper()
	args, err := json.Marshal(slices.Concat([]string{"--sqladmin-api-endpoint=" + w.cloud.endpoint(), "--credentials-file=/secrets/service_account.json"}, f.args))
	if err != nil {
		w.t.Fatal(err)
	}
	if f.volume == "" {
		f.volume = "{secretName: key}"
	}
	w.apply(strings.NewReplacer("$name", f.name, "$args", string(args), "$volume", f.volume).Replace(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: $name}
spec:
  selector: {matchLabels: {app: $name}}
  template:
    metadata: {labels: {app: $name}}
    spec:
      terminationGracePeriodSeconds: 1
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
      volumes: [{name: key, secret: $volume}]
      containers:
      - name: proxy
        image: $v2
        args: $args
        ports: [{name: postgres, containerPort: 5432}]
        ` + restrictedContainer + `
        volumeMounts: [{name: key, mountPath: /secrets, readOnly: true}]
---
apiVersion: v1
kind: Service
metadata: {name: $name}
spec: {selector: {app: $name}, ports: [{name: postgres, port: 5432, targetPort: postgres}]}`))
}

// said waits until the proxy has said something, which its node may have later than a client
// has felt it.
func (w *world) said(name, text string) {
	w.t.Helper()
	w.ns.Until("the proxy of "+name, 3*time.Minute, func() error {
		out, err := kubectl("", "logs", "-n", w.ns.Name, "deployment/"+name, "--tail=-1")
		if err == nil && !strings.Contains(out, text) {
			err = fmt.Errorf("it has not said %q: %s", text, out)
		}
		return err
	})
}

// listens waits until the proxy says that it is ready, which the faults of first
// connections do not prevent.
func (w *world) listens(name string) {
	w.t.Helper()
	w.said(name, "ready for new connections")
}

func refusesClients(w *world, name string) {
	w.t.Helper()
	w.listens(name)
	if out, err := kubectl("", w.psqlArgs(w.service(name), "select 1")...); err == nil {
		w.t.Errorf("a client gets through: %s", out)
	}
}

// failsClients is refusesClients, and the proxy's log has why.
func failsClients(w *world, name string) {
	w.t.Helper()
	refusesClients(w, name)
	w.said(name, "failed to connect to instance")
}

func serves(w *world, name string) {
	w.t.Helper()
	w.listens(name)
	w.ns.Running("app="+name, 1)
	if got := w.psql(w.service(name), "select 1"); got != "1" {
		w.t.Errorf("got %q", got)
	}
}

// ends waits until the proxy has ended by itself, and was started again.
func ends(w *world, name string) {
	w.t.Helper()
	w.ns.Until("the end of "+name, 3*time.Minute, func() error {
		code, err := kubectl("", "get", "pod", "-n", w.ns.Name, "-l", "app="+name,
			"-o", "jsonpath={.items[0].status.containerStatuses[0].lastState.terminated.exitCode}")
		if err == nil && strings.TrimSpace(code) != "1" {
			err = fmt.Errorf("exit code %q", code)
		}
		return err
	})
}

// isNotMounted waits for the kubelet's complaint.
func isNotMounted(w *world, name string) {
	w.t.Helper()
	w.ns.Until("the kubelet's complaint", 3*time.Minute, func() error {
		out, err := kubectl("", "get", "events", "-n", w.ns.Name, "--field-selector=reason=FailedMount", "-o", "jsonpath={.items[*].message}")
		if err == nil && !strings.Contains(out, "references non-existent secret key") {
			err = fmt.Errorf("events: %q", out)
		}
		return err
	})
}
