//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// oldPod is the gateway of Istio 0.8, which mounts a Secret that need not be there.
const oldPod = `
apiVersion: v1
kind: Pod
metadata: {name: ingressgateway, namespace: $gw, labels: {istio: $gw}}
spec:
  nodeName: $node
  containers:
  - name: ingressgateway
    image: istio/proxyv2:0.8.0
    ports: [{containerPort: 443}]
    volumeMounts: [{name: ingressgateway-certs, mountPath: /etc/istio/ingressgateway-certs, readOnly: true}]
  volumes: [{name: ingressgateway-certs, secret: {secretName: istio-ingressgateway-certs, optional: true}}]
---
apiVersion: v1
kind: Service
metadata: {name: ingressgateway, namespace: $gw}
spec:
  selector: {istio: $gw}
  ports: [{name: https, port: 443, targetPort: 443}]`

const oldGateway = `
apiVersion: networking.istio.io/v1alpha3
kind: Gateway
metadata: {name: web, namespace: $shop}
spec:
  selector: {istio: $gw}
  servers:
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: [$host]
    tls: {mode: SIMPLE, serverCertificate: /etc/istio/ingressgateway-certs/tls.crt, privateKey: /etc/istio/ingressgateway-certs/tls.key}`

const oldIssuer = `
apiVersion: certmanager.k8s.io/v1alpha1
kind: Issuer
metadata: {name: letsencrypt, namespace: $gw}
spec:
  acme:
    server: https://acme-v02.api.letsencrypt.org/directory
    email: ops@example.com
    privateKeySecretRef: {name: account}
    dns01:
      providers:
      - name: dns
        route53:
          region: eu-central-1
          accessKeyID: AKIAABCDEFGHIJKLMNOP
          secretAccessKeySecretRef: {name: route53, key: secret-access-key}
status:
  acme: {uri: "https://acme-v02.api.letsencrypt.org/acme/acct/1"}
  conditions: [{type: Ready, status: "True", reason: ACMEAccountRegistered, message: The ACME account was registered with the ACME server, lastTransitionTime: "2018-07-01T08:00:00Z"}]`

// oldCertificate is a Certificate with the condition Ready.
func (w *world) oldCertificate(provider, ready string) {
	w.t.Helper()
	w.apply(fmt.Sprintf(`
apiVersion: certmanager.k8s.io/v1alpha1
kind: Certificate
metadata: {name: web, namespace: $gw}
spec:
  secretName: istio-ingressgateway-certs
  issuerRef: {name: letsencrypt, kind: Issuer}
  commonName: $host
  dnsNames: [$host]
  acme: {config: [{dns01: {provider: %s}, domains: [$host]}]}
status:
  conditions: [{type: Ready, %s, lastTransitionTime: %q}]`, provider, ready, time.Now().UTC().Format(time.RFC3339)))
}

const oldReady = `status: "True", reason: CertIssued, message: Certificate issued successfully`

// The set-up of 2018: Istio 0.8 with files, cert-manager v0.3.
func TestOldChain(t *testing.T) {
	w := newSimulatedWorld(t)
	const name = "istio-ingressgateway-certs"
	annotations := []string{"certmanager.k8s.io/common-name=" + w.host, "certmanager.k8s.io/alt-names=" + w.host, "certmanager.k8s.io/issuer-name=letsencrypt", "certmanager.k8s.io/issuer-kind=Issuer"}
	w.credentials(w.gw)
	w.secret(w.gw, name, w.ca.leaf(t, day, 89*day, w.host), annotations...)
	w.apply(oldPod, oldGateway, oldIssuer)
	w.oldCertificate("dns", oldReady)
	w.ns.Kubectl("wait", "--for=condition=Ready", "pod/ingressgateway", "-n", w.gw, "--timeout=180s")
	w.check().exits(0).finds(door, "")

	for _, c := range []struct {
		name    string
		damage  func(w *world)
		code    int
		root    string
		follows []string
	}{
		{"renewed under the pod", func(w *world) {
			w.secret(w.gw, name, w.ca.leaf(w.t, -time.Second, 90*day, w.host), annotations...)
			time.Sleep(2 * time.Second) // until it is valid
		}, 0, "GWF06", nil},
		{"wrong path", func(w *world) {
			w.secret(w.gw, name, w.ca.leaf(w.t, day, 89*day, w.host), annotations...)
			w.apply(strings.Replace(oldGateway, "certs/tls.crt", "certs/tls.cert", 1))
		}, 3, "GWF03", nil},
		{"a provider that the issuer does not have", func(w *world) {
			w.apply(oldGateway)
			w.ns.Kubectl("delete", "secret", name, "-n", w.gw)
			w.oldCertificate("route53", `status: "False", reason: ValidateError, message: 'no dns provider config specified for provider "route53"'`)
		}, 3, "CRT09", []string{"GWF01"}},
		{"Secret in another namespace", func(w *world) {
			w.ns.Kubectl("delete", "certificates.certmanager.k8s.io", "web", "-n", w.gw)
			w.secret(w.shop, name, w.ca.leaf(w.t, day, 89*day, w.host), annotations...)
		}, 3, "GWF02", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.in(t)
			c.damage(w)
			w.check().exits(c.code).finds(door, c.root, c.follows...)
		})
	}
}
