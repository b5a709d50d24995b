//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// server plays the gateway: two pods that serve the Secret web-tls, by the host's name.
func (w *world) server(args ...string) []corev1.Pod {
	w.t.Helper()
	flags := `"-host", "$host=/tls"`
	for _, a := range args {
		flags += fmt.Sprintf(", %q", a)
	}
	w.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingressgateway, namespace: $gw}
spec:
  replicas: 2
  selector: {matchLabels: {istio: $gw}}
  template:
    metadata: {labels: {istio: $gw}}
    spec:
      containers:
      - name: istio-proxy
        image: kubechores.local/tlsserver:dev
        args: [`+flags+`]
        ports: [{containerPort: 8443, name: https}]
        readinessProbe: {tcpSocket: {port: 8443}, periodSeconds: 1}
        volumeMounts: [{name: tls, mountPath: /tls, readOnly: true}]
      volumes: [{name: tls, secret: {secretName: web-tls}}]
---
apiVersion: v1
kind: Service
metadata: {name: ingressgateway, namespace: $gw}
spec:
  selector: {istio: $gw}
  ports: [{name: https, port: 443, targetPort: https}]`, sds, gateway)
	return w.ns.Running("istio="+w.gw, 2)
}

const door = "Gateway.networking.istio.io/web"

// names expects the findings of an id to name these pods, and not those.
func (r *report) names(id string, these, not []string) {
	r.t.Helper()
	text := ""
	for _, f := range r.has(id) {
		text += f.What + "\n"
		for _, e := range f.Evidence {
			text += e.Source + "\n"
		}
	}
	for _, name := range these {
		if !strings.Contains(text, name) {
			r.t.Errorf("%s does not name %s:\n%s", id, name, text)
		}
	}
	for _, name := range not {
		if strings.Contains(text, name) {
			r.t.Errorf("%s names %s:\n%s", id, name, text)
		}
	}
}

// age makes a Secret of the gateway's namespace as if it was written earlier.
func (w *world) age(name string, by time.Duration) {
	w.t.Helper()
	secrets := w.objects("v1", "Secret", w.gw)
	o, err := secrets.Get(w.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	managers := o.GetManagedFields()
	for i := range managers {
		managers[i].Time = &metav1.Time{Time: managers[i].Time.Add(-by)}
	}
	o.SetManagedFields(managers)
	o.SetLabels(map[string]string{"aged": "yes"}) // times alone are not taken
	if _, err := secrets.Update(w.t.Context(), o, metav1.UpdateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// What is served, by pods that read their files once.
func TestLive(t *testing.T) {
	w := newWorld(t)
	w.secret(w.gw, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	pods := w.server()
	w.check("gateway/web", "--live").exits(0).finds(door, "")

	w.secret(w.gw, "web-tls", w.ca.leaf(t, time.Hour, 90*day, w.host))
	w.check("gateway/web").exits(0).finds(door, "")                             // the API tells nothing
	w.check("gateway/web", "--live").exits(0).finds(door, "").remarks("LIVE02") // pods take some minutes
	w.age("web-tls", 10*time.Minute)
	r := w.check("gateway/web", "--live").exits(0).finds(door, "LIVE02")
	r.names("LIVE02", []string{pods[0].Name, pods[1].Name}, nil)

	w.ns.Kubectl("delete", "pod", pods[0].Name, "-n", w.gw)
	fresh := w.ns.Running("istio="+w.gw, 2)
	started := fresh[0].Name
	if started == pods[1].Name {
		started = fresh[1].Name
	}
	r = w.check("gateway/web", "--live", "--fail-on", "warning").exits(3).finds(door, "LIVE02", "LIVE03")
	r.names("LIVE02", []string{pods[1].Name}, []string{started})

	w.ns.Kubectl("delete", "pod", pods[1].Name, "-n", w.gw)
	w.ns.Running("istio="+w.gw, 2)
	w.check("gateway/web", "--live").exits(0).finds(door, "")

	// Another host, for which the pods have no certificate of their own.
	w.secret(w.gw, "other-tls", w.ca.leaf(t, day, 89*day, "other."+w.host))
	w.apply(gateway + `
  - port: {number: 443, name: https-other, protocol: HTTPS}
    hosts: [other.$host]
    tls: {mode: SIMPLE, credentialName: other-tls}`)
	w.check("gateway/web").exits(0).finds(door, "")
	w.check("gateway/web", "--live").exits(3).finds(door, "LIVE04")
}

// Pods that read their files at every handshake, and speak old TLS.
func TestLiveReload(t *testing.T) {
	w := newWorld(t)
	w.secret(w.gw, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	pods := w.server("-reload", "-old-tls")
	w.check("gateway/web", "--live").exits(0).finds(door, "LIVE06")
	w.secret(w.gw, "web-tls", w.ca.leaf(t, time.Minute, 90*day, w.host))
	for _, p := range pods { // a pod that changes is looked at, and its volumes with it
		w.ns.Kubectl("annotate", "pod", p.Name, "-n", w.gw, "certcheck.example.com/renewed=yes")
	}
	w.ns.Until("the new certificate on all pods", 2*time.Minute, func() error {
		if r := w.check("gateway/web", "--live"); len(r.has("LIVE02")) > 0 {
			return fmt.Errorf("LIVE02 is still found")
		}
		return nil
	})
	w.check("gateway/web", "--live").exits(0).finds(door, "LIVE06")
}
