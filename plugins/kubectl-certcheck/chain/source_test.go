package chain

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// snapshotOf reads documents of YAML, as of a cluster.
func snapshotOf(t *testing.T, text string) *Snapshot {
	t.Helper()
	s := &Snapshot{}
	for document := range strings.SplitSeq(text, "\n---\n") {
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(raw, Place{})
	}
	for _, p := range s.Problems {
		t.Fatalf("%v: %s %s", p.Object, p.What, p.Text)
	}
	s.Close()
	return s
}

const mountingPod = `
apiVersion: v1
kind: Pod
metadata: {name: gw-1, namespace: istio-system, labels: {istio: ingressgateway}}
spec:
  containers:
  - name: metrics
    image: exporter:1
    volumeMounts: [{name: other, mountPath: /etc/istio/ingressgateway-certs}]
  - name: ingressgateway
    image: istio/proxyv2:0.8.0
    args: [proxy, router]
    volumeMounts:
    - {name: certs, mountPath: /etc/istio/ingressgateway-certs/}
    - {name: items, mountPath: /etc/istio/items}
    - {name: file, mountPath: /etc/istio/one/tls.crt, subPath: tls.crt}
    - {name: both, mountPath: /etc/istio/both}
    - {name: config, mountPath: /etc/istio/ingressgateway-certs/config}
    - {name: outer, mountPath: /etc/istio}
  volumes:
  - {name: certs, secret: {secretName: istio-ingressgateway-certs, optional: true}}
  - {name: other, secret: {secretName: other}}
  - {name: outer, secret: {secretName: outer}}
  - {name: items, secret: {secretName: hoge-tls, items: [{key: tls.crt, path: pair/cert.pem}]}}
  - {name: file, secret: {secretName: web}}
  - {name: config, configMap: {name: c}}
  - name: both
    projected:
      sources:
      - secret: {name: a}
      - secret: {name: b, items: [{key: tls.crt, path: b.crt}]}
---
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: istio-system}
data: {a.crt: ""}
`

func fileGateway(path string) string {
	return `---
apiVersion: networking.istio.io/v1alpha3
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: [shop.example.com]
    tls: {mode: SIMPLE, serverCertificate: "` + path + `"}
`
}

func TestPathsAreResolvedToSecrets(t *testing.T) {
	for path, want := range map[string]struct {
		secret, key string
		mounted     bool
		subPath     bool
	}{
		"/etc/istio/ingressgateway-certs/tls.crt":        {secret: "istio-ingressgateway-certs", key: "tls.crt", mounted: true},
		"/etc/istio//ingressgateway-certs/./tls.crt":     {secret: "istio-ingressgateway-certs", key: "tls.crt", mounted: true},
		"/etc/istio/ingressgateway-certs/..data/tls.crt": {secret: "istio-ingressgateway-certs", key: "tls.crt", mounted: true},
		"/etc/istio/ingressgateway-certs":                {secret: "istio-ingressgateway-certs", key: "", mounted: true},
		"/etc/istio/ingressgateway-certs-2/tls.crt":      {secret: "outer", key: "ingressgateway-certs-2/tls.crt", mounted: true},
		"/etc/istio/items/pair/cert.pem":                 {secret: "hoge-tls", key: "tls.crt", mounted: true},
		"/etc/istio/items/tls.crt":                       {secret: "hoge-tls", key: "", mounted: true},
		"/etc/istio/one/tls.crt":                         {secret: "web", key: "tls.crt", mounted: true, subPath: true},
		"/etc/istio/both/a.crt":                          {secret: "a", key: "a.crt", mounted: true},
		"/etc/istio/both/b.crt":                          {secret: "b", key: "tls.crt", mounted: true},
		"/etc/istio/ingressgateway-certs/config/tls.crt": {mounted: true}, // a ConfigMap lies over it
		"/etc/tls/tls.crt":                               {},
	} {
		s := snapshotOf(t, mountingPod+fileGateway(path))
		sources := s.Sources(s.IstioGateways[0], 0)
		if len(sources) != 1 {
			t.Fatalf("%s: %d sources", path, len(sources))
		}
		got := sources[0]
		if got.Secret.Name != want.secret || got.Key != want.key || (got.Mount != nil) != want.mounted || got.SubPath != want.subPath {
			t.Errorf("%s is key %q of Secret %q (mounted: %v, subPath: %v), want %+v", path, got.Key, got.Secret.Name, got.Mount != nil, got.SubPath, want)
		}
		if got.Secret.Name != "" && (got.Secret.Namespace != "istio-system" || got.Volume == nil) {
			t.Errorf("%s is of %v, volume %v", path, got.Secret, got.Volume)
		}
	}
}

// In a rollout, old and new pods may mount different Secrets.
func TestPodsThatDifferAreSourcesOfTheirOwn(t *testing.T) {
	second := strings.Replace(mountingPod, "gw-1", "gw-2", 1)
	third := strings.NewReplacer("gw-1", "gw-3", "secretName: istio-ingressgateway-certs", "secretName: hoge-tls").Replace(mountingPod)
	s := snapshotOf(t, mountingPod+"---"+second+"---"+third+fileGateway("/etc/istio/ingressgateway-certs/tls.crt"))
	var got []string
	for _, source := range s.Sources(s.IstioGateways[0], 0) {
		for _, p := range source.Pods {
			got = append(got, source.Secret.Name+" of "+p.Name)
		}
	}
	want := []string{"istio-ingressgateway-certs of gw-1", "istio-ingressgateway-certs of gw-2", "hoge-tls of gw-3"}
	if !slices.Equal(got, want) {
		t.Errorf("sources %v, want %v", got, want)
	}
}

func TestPathsWithoutPodsAreAsInTheCharts(t *testing.T) {
	s := snapshotOf(t, strings.TrimPrefix(fileGateway("/etc/istio/ingressgateway-certs/tls.crt"), "---\n"))
	got := s.Sources(s.IstioGateways[0], 0)[0]
	if got.Secret != (Name{"istio-system", "istio-ingressgateway-certs"}) || got.Key != "tls.crt" || len(got.Pods) != 0 {
		t.Errorf("%+v", got)
	}
	s = snapshotOf(t, strings.TrimPrefix(fileGateway("/opt/tls.crt"), "---\n"))
	if got := s.Sources(s.IstioGateways[0], 0)[0]; got.Secret.Name != "" {
		t.Errorf("%+v", got)
	}
}

const twoNamespaces = `
apiVersion: v1
kind: Pod
metadata: {name: gw, namespace: edge, labels: {istio: ingressgateway}}
spec:
  containers: [{name: istio-proxy, image: "istio/proxyv2:1.27.1", args: [proxy, router]}]
---
apiVersion: v1
kind: Pod
metadata: {name: gw, namespace: istio-system, labels: {istio: ingressgateway}}
spec:
  containers: [{name: istio-proxy, image: "istio/proxyv2:1.27.1", args: [proxy, router]}]
---
apiVersion: v1
kind: Pod
metadata: {name: gone, namespace: late, labels: {istio: ingressgateway}}
spec:
  containers: [{name: istio-proxy, image: "istio/proxyv2:1.27.1", args: [proxy, router]}]
status: {phase: Failed}
---
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop, labels: {app: web}}
spec:
  containers: [{name: istio-proxy, image: "istio/proxyv2:1.27.1", args: [proxy, sidecar]}]
`

func TestCredentialsAreInTheNamespaceOfThePods(t *testing.T) {
	gateway := func(selector, tls string) string {
		return "\n---\n" + `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  selector: ` + selector + `
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.example.com], tls: ` + tls + `}]`
	}
	for _, c := range []struct {
		selector, tls string
		want          []string
	}{
		{"{istio: ingressgateway}", "{mode: SIMPLE, credentialName: web}", []string{"edge/web", "istio-system/web"}},
		{"{}", "{mode: SIMPLE, credentialName: web}", []string{"edge/web", "istio-system/web"}}, // and not the sidecar's
		{"{istio: other}", "{mode: SIMPLE, credentialName: web}", []string{"istio-system/web"}},
		{"{istio: other}", "{mode: SIMPLE, credentialName: \"kubernetes://web\"}", []string{"istio-system/web"}},
		{"{istio: other}", "{mode: SIMPLE, credentialName: \"kubernetes://edge/web\"}", []string{"edge/web"}},
		{"{istio: other}", "{mode: SIMPLE, credentialName: \"kubernetes-gateway://shop/web\"}", []string{"shop/web"}},
		{"{istio: other}", "{mode: SIMPLE, credentialName: \"configmap://web\"}", nil},
		{"{istio: other}", "{mode: SIMPLE, credentialNames: [a, b]}", []string{"istio-system/a", "istio-system/b"}},
		{"{istio: other}", "{mode: MUTUAL, credentialName: a, caCertCredentialName: b}", []string{"istio-system/a", "istio-system/b CA"}},
		{"{istio: other}", "{mode: SIMPLE, credentialName: a, serverCertificate: /etc/istio/x/tls.crt}", []string{"istio-system/a"}},
		{"{istio: other}", "{mode: MUTUAL, serverCertificate: /etc/istio/x/tls.crt, privateKey: /etc/istio/x/tls.key, caCertificates: /etc/istio/y/ca.pem}",
			[]string{"istio-system/istio-x", "istio-system/istio-x key", "istio-system/istio-y CA"}},
		{"{istio: other}", "{mode: SIMPLE, tlsCertificates: [{serverCertificate: /etc/istio/x/a.crt, privateKey: /etc/istio/x/a.key}]}", []string{"istio-system/istio-x", "istio-system/istio-x key"}},
	} {
		s := snapshotOf(t, twoNamespaces+gateway(c.selector, c.tls))
		var got []string
		for _, source := range s.Sources(s.IstioGateways[0], 0) {
			text := source.Secret.String()
			if source.CA {
				text += " CA"
			}
			if source.PrivateKey {
				text += " key"
			}
			got = append(got, text)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("selector %s, tls %s: %q, want %q", c.selector, c.tls, got, c.want)
		}
	}
}

// Of several credentials, each is a field of its own, which a patch can name.
func TestFieldsOfCredentials(t *testing.T) {
	text := strings.Replace(fileGateway("/x"), "serverCertificate: \"/x\"", "credentialNames: [a, b]", 1)
	s := snapshotOf(t, strings.TrimPrefix(text, "---\n"))
	var got []string
	for _, source := range s.Sources(s.IstioGateways[0], 0) {
		got = append(got, source.Field)
	}
	if want := []string{"spec.servers[0].tls.credentialNames[0]", "spec.servers[0].tls.credentialNames[1]"}; !slices.Equal(got, want) {
		t.Errorf("fields %q, want %q", got, want)
	}
}

func TestOnlyCertificatesHaveToCoverHosts(t *testing.T) {
	text := strings.Replace(fileGateway("/etc/istio/x/tls.crt"), "serverCertificate:", "privateKey: /etc/istio/x/tls.key, caCertificates: /etc/istio/x/ca.crt, serverCertificate:", 1)
	s := snapshotOf(t, strings.TrimPrefix(text, "---\n"))
	for _, use := range s.Consumers()[0].Uses {
		if cert := use.Field == "spec.servers[0].tls.serverCertificate"; cert != (len(use.Hosts) == 1) {
			t.Errorf("%s is for the hosts %q", use.Field, use.Hosts)
		}
	}
}
