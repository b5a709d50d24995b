//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestGatewayAPI(t *testing.T) {
	w := newWorld(t)
	const door = "Gateway.gateway.networking.k8s.io/web"
	w.secret(w.gw, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	w.apply(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: $shop}
spec:
  gatewayClassName: certcheck-e2e
  listeners:
  - name: https
    hostname: $host
    port: 443
    protocol: HTTPS
    tls: {mode: Terminate, certificateRefs: [{name: web-tls, namespace: $gw}]}`)
	w.check().exits(3).finds(door, "GWA02")
	w.apply(`
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: shop, namespace: $gw}
spec:
  from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: $shop}]
  to: [{group: "", kind: Secret}]`)
	w.check().exits(0).finds(door, "")
}

const ingress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: $shop}
spec:
  ingressClassName: certcheck-e2e
  tls: [{hosts: [$host], secretName: web-tls}]
  rules: [{host: $host, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]`

func TestIngress(t *testing.T) {
	w := newWorld(t)
	w.apply(ingress)
	w.check().exits(3).finds("Ingress.networking.k8s.io/web", "ING01")
	w.secret(w.shop, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	w.check().exits(0).finds("Ingress.networking.k8s.io/web", "")
	w.check(w.host).exits(0).finds("Ingress.networking.k8s.io/web", "") // by its host
}

// mountingPod mounts the Secret web-tls.
const mountingPod = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: $shop}
spec:
  containers: [{name: web, image: ` + realcluster.BusyboxImage + `, command: [sleep, "3600"], volumeMounts: [{name: tls, mountPath: /tls}]}]
  volumes: [{name: tls, secret: {secretName: web-tls}}]
  terminationGracePeriodSeconds: 0`

func TestPod(t *testing.T) {
	w := newWorld(t)
	w.ns.Kubectl("wait", "--for=create", "serviceaccount/default", "-n", w.shop, "--timeout=180s")
	w.apply(mountingPod)
	w.ns.Until("the kubelet's complaint", 2*time.Minute, func() error {
		if w.ns.Kubectl("get", "events", "-n", w.shop, "--field-selector=reason=FailedMount", "-o", "name") == "" {
			return fmt.Errorf("no event FailedMount")
		}
		return nil
	})
	r := w.check("pod/web").exits(3).finds("Pod/web", "POD02")
	if all := r.has("POD02"); len(all) == 0 || !hasEvidence(&all[0], "event FailedMount") {
		t.Errorf("POD02 does not quote the kubelet\n%s", r.text())
	}
	w.ns.Kubectl("delete", "pod", "web", "-n", w.shop)
	w.secret(w.shop, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	w.apply(mountingPod)
	w.ns.Kubectl("wait", "--for=condition=Ready", "pod/web", "-n", w.shop, "--timeout=180s")
	w.check().exits(0).finds("Pod/web", "")
	w.secret(w.shop, "web-tls", w.ca.leaf(t, 91*day, -day, w.host))
	w.check().exits(3).finds("Pod/web", "SEC05")
}

func hasEvidence(f *finding.Finding, source string) bool {
	for _, e := range f.Evidence {
		if e.Source == source {
			return true
		}
	}
	return false
}

// The CA of a webhook that nothing calls.
func TestWebhook(t *testing.T) {
	w := newWorld(t)
	t.Cleanup(func() {
		w.ns.Kubectl("delete", "validatingwebhookconfiguration", w.gw, "--ignore-not-found")
	})
	apply := func(left time.Duration) {
		template, key := caTemplate("webhook CA"), newKey(t)
		template.NotAfter = time.Now().Add(left)
		bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sign(t, template, template, key, key)})
		w.apply(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: $gw}
webhooks:
- name: check.certcheck.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  rules: [{apiGroups: [nothing.example.com], apiVersions: [v1], resources: [nothings], operations: [CREATE]}]
  clientConfig:
    service: {namespace: $gw, name: webhook}
    caBundle: ` + base64.StdEncoding.EncodeToString(bundle))
	}
	apply(-day)
	w.check("-A").exits(3).finds("ValidatingWebhookConfiguration.admissionregistration.k8s.io/"+w.gw, "CAB02")
	apply(900 * day)
	if r := w.check("-A"); len(r.own()) > 0 {
		t.Errorf("found in order:\n%s", r.text())
	}
}
