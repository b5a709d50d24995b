//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"
)

// gatewayPod is Istio's gateway, on a simulated node.
const gatewayPod = `
apiVersion: v1
kind: Pod
metadata: {name: ingressgateway, namespace: $gw, labels: {istio: $gw}}
spec:
  nodeName: $node
  containers: [{name: istio-proxy, image: "istio/proxyv2:1.27.1", ports: [{containerPort: 8443, name: https}]}]
---
apiVersion: v1
kind: Service
metadata: {name: ingressgateway, namespace: $gw}
spec:
  selector: {istio: $gw}
  ports: [{name: https, port: 443, targetPort: 8443}]`

// sds lets the gateway have its Secrets.
const sds = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: istio-ingressgateway-sds, namespace: $gw}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get, watch, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: istio-ingressgateway-sds, namespace: $gw}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: istio-ingressgateway-sds}
subjects: [{kind: ServiceAccount, name: default, namespace: $gw}]`

const gateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: $shop}
spec:
  selector: {istio: $gw}
  servers:
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: [$host]
    tls: {mode: SIMPLE, credentialName: web-tls}`

const issuer = `
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: letsencrypt, namespace: $gw}
spec:
  acme:
    server: https://acme-v02.api.letsencrypt.org/directory
    email: ops@example.com
    privateKeySecretRef: {name: account}
    solvers:
    - dns01:
        route53:
          region: eu-central-1
          accessKeyIDSecretRef: {name: route53, key: access-key-id}
          secretAccessKeySecretRef: {name: route53, key: secret-access-key}
status:
  acme: {uri: "https://acme-v02.api.letsencrypt.org/acme/acct/1"}
  conditions: [{type: Ready, status: "True", reason: ACMEAccountRegistered, message: The ACME account was registered with the ACME server}]`

// certificate is a Certificate with a status.
func (w *world) certificate(namespace, status string) {
	w.t.Helper()
	w.apply(`
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: ` + namespace + `}
spec:
  secretName: web-tls
  dnsNames: [$host]
  issuerRef: {name: letsencrypt, kind: Issuer, group: cert-manager.io}
status:
` + status)
}

func ready(age, left time.Duration) string {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	return fmt.Sprintf(`
  revision: 1
  notBefore: %q
  notAfter: %q
  renewalTime: %q
  conditions:
  - {type: Ready, status: "True", reason: Ready, message: Certificate is up to date and has not expired, observedGeneration: 1, lastTransitionTime: %q}`,
		at(-age), at(left), at(left-(age+left)/3), at(-age))
}

// issued are the annotations of cert-manager's Secrets.
var issued = []string{
	"cert-manager.io/certificate-name=web", "cert-manager.io/issuer-name=letsencrypt", "cert-manager.io/issuer-kind=Issuer", "cert-manager.io/issuer-group=cert-manager.io",
}

// today makes the chain of today in good order.
func (w *world) today() {
	w.t.Helper()
	w.credentials(w.gw)
	w.apply(gatewayPod, sds, gateway, issuer)
	w.certificate(w.gw, ready(day, 89*day))
	w.secret(w.gw, "web-tls", w.ca.leaf(w.t, day, 89*day, w.host), issued...)
	w.ns.Kubectl("wait", "--for=condition=Ready", "pod/ingressgateway", "-n", w.gw, "--timeout=180s")
}

// authorized is how long the API server's authorizer may take to see a change.
const authorized = time.Second

func TestChain(t *testing.T) {
	w := newSimulatedWorld(t)
	w.today()
	w.check().exits(0).finds(door, "")
	w.check("-n", w.gw).exits(0) // the pods' namespace alone: no door, and nothing wrong

	for _, c := range []struct {
		name    string
		damage  func(w *world)
		root    string
		follows []string
	}{
		{"the gateway may not list Secrets", func(w *world) {
			w.ns.Kubectl("delete", "rolebinding", "istio-ingressgateway-sds", "-n", w.gw)
			time.Sleep(authorized)
		}, "GWC10", nil},
		{"expired", func(w *world) {
			w.apply(sds)
			time.Sleep(authorized)
			w.secret(w.gw, "web-tls", w.ca.leaf(w.t, 91*day, -day, w.host), issued...)
		}, "CRT18", []string{"SEC05"}},
		{"wrong key", func(w *world) {
			p := w.ca.leaf(w.t, day, 89*day, w.host)
			p.key = keyPEM(w.t, newKey(w.t))
			w.secret(w.gw, "web-tls", p, issued...)
		}, "SEC03", nil},
		{"wrong host", func(w *world) {
			w.secret(w.gw, "web-tls", w.ca.leaf(w.t, day, 89*day, "other."+w.host), issued...)
		}, "SEC10", []string{"GWC06"}},
		{"Secret deleted", func(w *world) { w.ns.Kubectl("delete", "secret", "web-tls", "-n", w.gw) }, "GWC02", nil},
		{"Secret in the Gateway's namespace", func(w *world) {
			w.ns.Kubectl("delete", "certificate.cert-manager.io/web", "-n", w.gw)
			w.secret(w.shop, "web-tls", w.ca.leaf(w.t, day, 89*day, w.host))
		}, "GWC02", nil},
		{"never issued", func(w *world) {
			w.ns.Kubectl("delete", "secret", "web-tls", "-n", w.shop)
			w.denied()
		}, "IAM02", []string{"CHAL01", "GWC02"}}, // CRT01 is a remark on a Certificate that is so young
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.in(t)
			c.damage(w)
			w.check().exits(3).finds(door, c.root, c.follows...)
		})
	}
}

// denied makes a first issuance that AWS refuses, as cert-manager 1.21 shows it: the text
// is in the event alone.
func (w *world) denied() {
	w.t.Helper()
	ago := func(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }
	w.certificate(w.gw, fmt.Sprintf(`
  nextPrivateKeySecretName: web-x7k2p
  conditions:
  - {type: Issuing, status: "True", reason: DoesNotExist, message: Issuing certificate as Secret does not exist, observedGeneration: 1, lastTransitionTime: %[1]q}
  - {type: Ready, status: "False", reason: DoesNotExist, message: Issuing certificate as Secret does not exist, observedGeneration: 1, lastTransitionTime: %[1]q}`, ago(30*time.Minute)))
	w.apply(`
apiVersion: cert-manager.io/v1
kind: CertificateRequest
metadata:
  name: web-1
  namespace: $gw
  annotations: {cert-manager.io/certificate-name: web, cert-manager.io/certificate-revision: "1"}
  ownerReferences: [{apiVersion: cert-manager.io/v1, kind: Certificate, name: web, controller: true}]
spec: {issuerRef: {name: letsencrypt, kind: Issuer, group: cert-manager.io}, request: bm90IGxvb2tlZCBhdA==}
status:
  conditions:
  - {type: Approved, status: "True", reason: cert-manager.io, message: Certificate request has been approved by cert-manager.io}
  - {type: Ready, status: "False", reason: Pending, message: 'Waiting on certificate issuance from order $gw/web-1-31: "pending"'}`)
	w.apply(`
apiVersion: acme.cert-manager.io/v1
kind: Order
metadata:
  name: web-1-31
  namespace: $gw
  annotations: {cert-manager.io/certificate-name: web}
  ownerReferences: [{apiVersion: cert-manager.io/v1, kind: CertificateRequest, name: web-1, controller: true}]
spec: {dnsNames: [$host], issuerRef: {name: letsencrypt, kind: Issuer}, request: bm90IGxvb2tlZCBhdA==}
status: {state: pending, url: "https://acme-v02.api.letsencrypt.org/acme/order/1/2"}`)
	w.apply(`
apiVersion: acme.cert-manager.io/v1
kind: Challenge
metadata:
  name: web-1-31-27
  namespace: $gw
  ownerReferences: [{apiVersion: acme.cert-manager.io/v1, kind: Order, name: web-1-31, controller: true}]
spec:
  type: DNS-01
  dnsName: $host
  url: https://acme-v02.api.letsencrypt.org/acme/chall/1/2/3
  authorizationURL: https://acme-v02.api.letsencrypt.org/acme/authz/1/2
  key: not-looked-at
  token: not-looked-at
  issuerRef: {name: letsencrypt, kind: Issuer}
  solver:
    dns01:
      route53:
        region: eu-central-1
        accessKeyIDSecretRef: {name: route53, key: access-key-id}
        secretAccessKeySecretRef: {name: route53, key: secret-access-key}
status:
  processing: true
  presented: false
  state: pending
  reason: "failed to change Route 53 record set: operation error Route 53: ChangeResourceRecordSets, <redacted AWS SDK error: http.ResponseError: see events and logs for details>"`)
	w.apply(fmt.Sprintf(`
apiVersion: v1
kind: Event
metadata: {name: web-1-31-27.1, namespace: $gw}
involvedObject: {apiVersion: acme.cert-manager.io/v1, kind: Challenge, name: web-1-31-27, namespace: $gw}
type: Warning
reason: PresentError
message: "Error presenting challenge: failed to change Route 53 record set: operation error Route 53: ChangeResourceRecordSets, https response error StatusCode: 403, RequestID: 5f8b7b1e-0d2c-4a3e-9f10-0123456789ab, api error AccessDenied: User: arn:aws:iam::123456789012:user/cert-manager is not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws:route53:::hostedzone/Z0123456789ABC because no identity-based policy allows the route53:ChangeResourceRecordSets action"
count: 6
firstTimestamp: %[1]q
lastTimestamp: %[1]q`, ago(0)))
}
