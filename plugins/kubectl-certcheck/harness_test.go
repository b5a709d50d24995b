package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// world is a cluster with Istio and cert-manager: a scripted API server that serves
// their kinds.
type world struct {
	*kubetest.Server
	t *testing.T
}

// kindsServed are those of the world beside the built-in ones.
func kindsServed() []kubetest.Resource {
	return []kubetest.Resource{
		{Group: chain.IstioGroup, Version: "v1", Kind: "Gateway", Plural: "gateways", Short: []string{"gw"}, Namespaced: true},
		{Group: chain.IstioGroup, Version: "v1", Kind: "VirtualService", Plural: "virtualservices", Namespaced: true},
		{Group: chain.GatewayAPIGroup, Version: "v1", Kind: "Gateway", Plural: "gateways", Short: []string{"gtw"}, Namespaced: true},
		{Group: chain.Group, Version: "v1", Kind: "Certificate", Plural: "certificates", Short: []string{"cert", "certs"}, Namespaced: true},
		{Group: chain.Group, Version: "v1", Kind: "CertificateRequest", Plural: "certificaterequests", Namespaced: true},
		{Group: chain.Group, Version: "v1", Kind: "Issuer", Plural: "issuers", Namespaced: true},
		{Group: chain.Group, Version: "v1", Kind: "ClusterIssuer", Plural: "clusterissuers"},
		{Group: chain.ACMEGroup, Version: "v1", Kind: "Order", Plural: "orders", Namespaced: true},
		{Group: chain.ACMEGroup, Version: "v1", Kind: "Challenge", Plural: "challenges", Namespaced: true},
		{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingWebhookConfiguration", Plural: "validatingwebhookconfigurations"},
	}
}

func newWorld(t *testing.T, documents ...string) *world {
	t.Helper()
	w := &world{Server: kubetest.Start(t), t: t}
	w.AddResource(kindsServed()...)
	for _, namespace := range []string{"default", "shop", "bank", "istio-system", "cert-manager"} {
		w.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ` + namespace + `}}`)
	}
	w.apply(documents...)
	return w
}

// apply stores objects, given as YAML with --- between them.
func (w *world) apply(documents ...string) {
	w.t.Helper()
	for document := range strings.SplitSeq(strings.Join(documents, "\n---\n"), "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			w.t.Fatal(err)
		}
		if len(o.Object) > 0 {
			w.Must(w.Apply(o))
		}
	}
}

// controller is a cert-manager at work.
const controller = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: cert-manager, namespace: cert-manager, labels: {app.kubernetes.io/name: cert-manager, app.kubernetes.io/component: controller}},
 spec: {replicas: 1, template: {spec: {containers: [{name: c, image: "cert-manager-controller:v1.19.1", args: ["--cluster-resource-namespace=cert-manager"]}]}}}, status: {replicas: 1, availableReplicas: 1, readyReplicas: 1}}`

// issuerCA is a ClusterIssuer that signs by a CA, and its Secret.
func issuerCA(t testing.TB) string {
	t.Helper()
	ca, err := theCA()
	if err != nil {
		t.Fatal(err)
	}
	return pair{ca.pem, keyPEM(t, ca.key), ca.pem}.secret("cert-manager", "shop-ca", "") + `
---
{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: shop-ca}, spec: {ca: {secretName: shop-ca}}, status: {conditions: [{type: Ready, status: "True", reason: KeyPairVerified}]}}`
}

// certificate is a Certificate that is Ready for a pair.
func certificate(namespace, name, secret string, left time.Duration, hosts ...string) string {
	end := time.Now().Add(left).Truncate(time.Second).UTC()
	return fmt.Sprintf(`{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {namespace: %s, name: %s, generation: 1},
 spec: {secretName: %s, dnsNames: [%s], issuerRef: {name: shop-ca, kind: ClusterIssuer, group: cert-manager.io}},
 status: {revision: 1, notAfter: %q, renewalTime: %q, conditions: [{type: Ready, status: "True", reason: Ready, observedGeneration: 1}]}}`,
		namespace, name, secret, quoted(hosts), end.Format(time.RFC3339), end.Add(-30*day).Format(time.RFC3339))
}

func quoted(hosts []string) string { return `"` + strings.Join(hosts, `", "`) + `"` }

// ingress is an Ingress of a host.
func ingress(namespace, name, secret, host string) string {
	return fmt.Sprintf(`{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: %s, name: %s}, spec: {ingressClassName: nginx,
 rules: [{host: %q, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}], tls: [{hosts: [%q], secretName: %s}]}}`, namespace, name, host, host, secret)
}

// gateway is an Istio Gateway of a host.
func gateway(namespace, name, secret, host string) string {
	return fmt.Sprintf(`{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {namespace: %s, name: %s}, spec: {selector: {istio: ingressgateway}, servers: [
 {port: {number: 443, name: https, protocol: HTTPS}, hosts: [%q], tls: {mode: SIMPLE, credentialName: %s}}]}}`, namespace, name, host, secret)
}

// gatewayPod is a pod of Istio's gateway.
const gatewayPod = `{apiVersion: v1, kind: Pod, metadata: {namespace: istio-system, name: ingress-1, labels: {istio: ingressgateway}},
 spec: {containers: [{name: istio-proxy, image: "istio/proxyv2:1.27.1"}]}, status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}`

// webhook is what the API server calls by TLS.
func webhook(t testing.TB) string {
	t.Helper()
	ca, err := theCA()
	if err != nil {
		t.Fatal(err)
	}
	return `{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: hook}, webhooks: [
 {name: hook.example.com, clientConfig: {caBundle: ` + b64(ca.pem) + `, service: {name: hook, namespace: shop}}}]}`
}

// healthy is a shop whose Ingress has all that it needs.
func healthy(t testing.TB) []string {
	t.Helper()
	return []string{controller, issuerCA(t), ingress("shop", "cart", "cart-tls", "cart.example.com"), certificate("shop", "cart", "cart-tls", 60*day, "cart.example.com"),
		issue(t, 60*day, "cart.example.com").secret("shop", "cart-tls", issuedFor("cart"))}
}

// issuedFor are the annotations that cert-manager writes on a Secret.
func issuedFor(certificate string) string {
	return "cert-manager.io/certificate-name: " + certificate + ", cert-manager.io/issuer-name: shop-ca, cert-manager.io/issuer-kind: ClusterIssuer, cert-manager.io/issuer-group: cert-manager.io"
}

// start runs certcheck with args until its end or Stop.
func (w *world) start(args ...string) *clitest.Invocation {
	w.t.Helper()
	return clitest.Start(w.t, newCommand, "", append(slices.Clone(args), "--kubeconfig", w.KubeconfigFile(w.t))...)
}

// run runs certcheck to its end.
func (w *world) run(args ...string) (out, talk string, err error) {
	w.t.Helper()
	return w.start(args...).Run()
}

// offline runs certcheck without any cluster.
func offline(t *testing.T, stdin string, args ...string) (out, talk string, err error) {
	t.Helper()
	return clitest.Start(t, newCommand, stdin, append(slices.Clone(args), "--kubeconfig", filepath.Join(t.TempDir(), "none"))...).Run()
}

// check runs certcheck and returns what it found: "ID severity kind/name".
func (w *world) check(args ...string) (found []string, code int) {
	w.t.Helper()
	out, talk, err := w.run(append(slices.Clone(args), "-o", "json")...)
	if code = clitest.ExitCode(err); code == cli.CodeError {
		w.t.Fatalf("%v\n%s", err, talk)
	}
	return foundIn(w.t, out), code
}

func foundIn(t *testing.T, out string) []string {
	t.Helper()
	var report struct{ Findings []finding.Finding }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	found := []string{}
	for _, f := range report.Findings {
		found = append(found, fmt.Sprintf("%s %s %s/%s", f.ID, f.Severity, strings.ToLower(f.Object.Kind), f.Object.Name))
	}
	slices.Sort(found)
	return found
}

func expectFound(t *testing.T, found []string, want ...string) {
	t.Helper()
	if !slices.Equal(found, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}

// write makes a file in a folder.
func write(t testing.TB, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
