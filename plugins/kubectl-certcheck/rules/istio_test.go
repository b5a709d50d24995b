package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// a variant is a fixture with some of its text replaced.
type variant struct {
	name    string
	fixture string
	replace []string // old, new, old, new, …
	files   bool     // as of files, and not of a cluster
	change  func(*chain.Snapshot)
	want    string // ids of the Istio families
}

func (v *variant) snapshot(t *testing.T) *chain.Snapshot {
	t.Helper()
	all := fixtures(t)
	i := slices.IndexFunc(all, func(f fixture) bool { return f.name == v.fixture })
	if i < 0 {
		t.Fatalf("no fixture %s", v.fixture)
	}
	f := all[i]
	f.text = strings.ReplaceAll(f.text, "key=rsa2048", "key=p256") // which is made in no time
	for n := 0; n < len(v.replace); n += 2 {
		if !strings.Contains(f.text, v.replace[n]) {
			t.Fatalf("%s has no %q", v.fixture, v.replace[n])
		}
		f.text = strings.ReplaceAll(f.text, v.replace[n], v.replace[n+1])
	}
	if v.files {
		delete(f.opts, "cluster")
	}
	s := f.snapshot(t)
	if v.change != nil {
		v.change(s)
	}
	return s
}

func (v *variant) run(t *testing.T) {
	t.Helper()
	report, err := Check(v.snapshot(t), Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range report.Findings {
		if (strings.HasPrefix(f.ID, "GWF") || strings.HasPrefix(f.ID, "GWC")) && !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
		}
	}
	slices.Sort(ids)
	if got := strings.Join(ids, " "); got != v.want {
		t.Errorf("finds %q, want %q", got, v.want)
	}
}

func runVariants(t *testing.T, all []variant) {
	t.Helper()
	t.Parallel()
	for _, v := range all {
		t.Run(v.fixture+" "+v.name, func(t *testing.T) {
			t.Parallel()
			v.run(t)
		})
	}
}

func withUnread(kind, resource string) func(*chain.Snapshot) {
	return func(s *chain.Snapshot) { s.Missing = []chain.Missing{{Kind: kind, Resource: resource}} }
}

const (
	certsVolume = "{name: ingressgateway-certs, secret: {secretName: istio-ingressgateway-certs, optional: true}}"
	fuga        = "name: fuga-gateway, namespace: default, uid: 2018d7c1-0000-4000-8000-00000000000c, creationTimestamp: \"2026-10-20T08:00:00Z\"}\nspec:\n  selector: {istio: ingressgateway}\n  servers:\n  - port: {number: "
)

func warming(pod, secret string) func(*chain.Snapshot) {
	return func(s *chain.Snapshot) {
		s.Warming = map[chain.Name][]string{{Namespace: "istio-system", Name: pod}: {secret}}
	}
}

func review(account string, answer material.Answer) func(*chain.Snapshot) {
	return func(s *chain.Snapshot) {
		s.Reviews = map[chain.Name]material.Answer{{Namespace: "istio-system", Name: account}: answer}
	}
}

func TestFilesThatAreWell(t *testing.T) {
	runVariants(t, []variant{
		{"Secrets may not be read", "GWF01", nil, false, withUnread("Secret", "secrets"), ""},
		{"only files", "GWF01", nil, true, nil, ""},
		{"of another's hosts", "GWF02", []string{"dns=hoge.com,*.hoge.com", "dns=fuga.com", "commonName: hoge.com", "commonName: fuga.com", "dnsNames: [hoge.com, \"*.hoge.com\"]", "dnsNames: [fuga.com]", "name: hoge-gateway, namespace: default", "name: hoge-gateway, namespace: shop"}, false, nil, "GWF01"},
		{"Secrets may not be read", "GWF02", []string{"kind: Secret", "kind: Ignored"}, false, withUnread("Secret", "secrets"), ""},
		{"below ..data", "ok-recipe-2018", []string{"certs/tls.crt", "certs/..data/tls.crt"}, false, nil, ""},
		{"of a ConfigMap", "ok-recipe-2018", []string{certsVolume, "{name: ingressgateway-certs, configMap: {name: certs}}"}, false, nil, ""},
		{"a file of the image is no key", "GWF03-mount", []string{"mode: SIMPLE", "mode: MUTUAL\n      caCertificates: /etc/ssl/certs/ca-certificates.crt", "/etc/istio/certs/", "/etc/istio/ingressgateway-certs/"}, false, nil, ""},
		{"the Secret is not readable", "GWF03", []string{"kind: Secret", "kind: Ignored"}, false, withUnread("Secret", "secrets"), ""},
		{"one pair in two Secrets", "GWF04-secrets", []string{" serial=7", ""}, false, nil, ""},
		{"a key in PEM that is none", "GWF04-secrets", []string{"${pair cn=hoge.com dns=hoge.com,*.hoge.com serial=7}", "{tls.key: TUlJ}"}, false, nil, "GWF04"},
		{"another path to the same file", "GWF07", []string{"/etc/istio/ingressgateway-certs/tls.crt\n      privateKey: /etc/istio/ingressgateway-certs/tls.key\n---\napiVersion: v1\nkind: Secret", "/etc/istio/ingressgateway-certs/..data/tls.crt\n      privateKey: /etc/istio/ingressgateway-certs/tls.key\n---\napiVersion: v1\nkind: Secret"}, false, nil, "GWF07"},
		{"names of ports do not count any more", "GWF07", []string{"proxyv2:0.8.0", "proxyv2:1.1.0"}, false, nil, "GWF07"},
		{"another port", "GWF07", []string{fuga + "443", fuga + "15443"}, false, nil, "GWC14"},
		{"the same host", "GWF07", []string{"fuga.hoge.com", "hoge.com"}, false, nil, "GWC09"},
		{"a CA file, and mode SIMPLE", "GWF08-mount", []string{"mode: MUTUAL", "mode: SIMPLE"}, false, nil, ""},
		{"the CA's Secret may not be read", "GWF08", nil, false, withUnread("Secret", "secrets"), ""},
		{"the CA is there", "GWF08", []string{"secretName: istio-ingressgateway-ca-certs", "secretName: letsencrypt-prod", "ca-chain.cert.pem", "tls.key"}, false, nil, ""},
		{"the CA under another name", "GWF08", []string{"secretName: istio-ingressgateway-ca-certs", "secretName: letsencrypt-prod"}, false, nil, "GWF08"},
		{"the whole folder", "GWF09-pod", []string{", subPath: tls.crt", "", ", subPath: tls.key", ""}, false, nil, ""},
		{"a Secret that is not for TLS", "GWF09-pod", []string{"secretName: api-tls", "secretName: other"}, false, nil, ""},
	})
}

func TestPodsThatHaveReadTheirFiles(t *testing.T) {
	writtenTo := func(data bool) func(*chain.Snapshot) {
		return func(s *chain.Snapshot) {
			for _, o := range s.Secrets {
				o.Managers = append(o.Managers, chain.Manager{Manager: "cert-manager", Data: data, Time: time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)})
			}
		}
	}
	written := writtenTo(true)
	within := []string{"from=2026-10-26", "from=2026-11-20T07:45:00Z"}
	runVariants(t, []variant{
		{"Istio watches", "GWF05", []string{"proxyv2:0.8.0", "proxyv2:1.7.0"}, false, nil, ""},
		{"no version", "GWF05", []string{"proxyv2:0.8.0", "proxyv2:latest"}, false, nil, ""},
		{"started after", "GWF05", []string{"startedAt: \"2026-11-20", "startedAt: \"2026-11-23"}, false, nil, ""},
		{"renewed since", "GWF05", []string{"creationTimestamp: \"2026-11-22T12:00:00Z\"", "creationTimestamp: \"2026-11-21T12:00:00Z\""}, false, nil, "GWF06"},
		{"Istio watches", "GWF06", []string{"proxyv2:0.8.0", "proxyv2:1.27.1"}, false, nil, ""},
		{"the last that does not", "GWF06", []string{"proxyv2:0.8.0", "proxyv2:1.6.14"}, false, nil, "GWF06"},
		{"the container was restarted", "GWF06", []string{"startedAt: \"2026-09-01", "startedAt: \"2026-10-27"}, false, nil, ""},
		{"dated back, and nobody knows when it was written", "ok-recipe-2018", within, false, nil, ""},
		{"dated back, and written after the start", "ok-recipe-2018", within, false, written, "GWF06"},
		{"only its labels were written after the start", "ok-recipe-2018", within, false, writtenTo(false), ""},
		{"written after the start, by somebody else", "ok-recipe-2018", nil, false, written, ""},
	})
}

func TestCredentialsThatAreWell(t *testing.T) {
	runVariants(t, []variant{
		{"pods may not be read", "GWC01", nil, false, withUnread("Pod", "pods"), ""},
		{"only files", "GWC01", nil, true, nil, ""},
		{"no TLS", "GWC01", []string{"protocol: HTTPS", "protocol: HTTP", "    tls: {mode: SIMPLE, credentialName: web-tls}\n", ""}, false, nil, ""},
		{"the pod is on its way", "GWC02", []string{"phase: Running", "phase: Pending", "credentialName: web-tls", "credentialName: \"configmap://web\""}, false, nil, ""},
		{"Secrets may not be read", "GWC02", nil, false, withUnread("Secret", "secrets"), ""},
		{"only files", "GWC02", nil, true, nil, ""},
		{"only files, and a Certificate for it", "GWC02-manifests", []string{"name: web, namespace: shop}\nspec:\n  secretName", "name: web, namespace: istio-system}\nspec:\n  secretName"}, true, nil, ""},
		{"one certificate in both", "GWC03", []string{" serial=7 from=2026-10-01 until=2026-12-30", ""}, false, nil, ""},
		{"generic keys", "GWC04", []string{`{server.crt: "TUlJ", server.key: "TUlJ"}`, "${pair dns=shop.example.com names=generic}"}, false, nil, ""},
		{"a Secret of a ServiceAccount", "GWC14", []string{"type: kubernetes.io/tls", "type: kubernetes.io/service-account-token", "number: 9443", "number: 443"}, false, nil, "GWC04"},
		{"no second certificate", "GWC05", []string{"${two", "${pair"}, false, nil, ""},
		{"the ServiceAccount may", "GWC10", nil, false, review("ingressgateway", material.Yes), ""},
		{"another ServiceAccount", "GWC10", nil, false, review("other", material.No), ""},
		{"a Secret from elsewhere", "GWC10", []string{"credentialName: web-tls", "credentialName: \"kubernetes-gateway://shop/web-tls\"", "name: web-tls, namespace: istio-system", "name: web-tls, namespace: shop"}, false, nil, ""},
		{"Istio gives what is asked for", "GWC11", []string{"TLSV1_0", "TLSV1_2", "8080, name: plain, protocol: HTTP}", "8080, name: plain, protocol: HTTPS}", "tls: {credentialName: web-tls}", "tls: {mode: PASSTHROUGH}", "{number: 8445, name: bare, protocol: HTTPS}", "{number: 8445, name: bare, protocol: TLS}"}, false, nil, ""},
		{"Istio does not know credentials yet", "GWC14", []string{"number: 9443", "number: 443", "proxyv2:1.27.1", "proxyv2:1.0.5"}, false, nil, "GWC11"},
		{"the first Istio that knows credentials", "GWC14", []string{"number: 9443", "number: 443", "proxyv2:1.27.1", "proxyv2:1.1.0"}, false, nil, ""},
		{"HTTP that redirects", "GWC11", []string{"TLSV1_0", "TLSV1_2", "protocol: HTTP}\n    hosts: [\"a.example.com\"]\n    tls: {mode: SIMPLE, credentialName: web-tls}", "protocol: HTTP}\n    hosts: [\"a.example.com\"]\n    tls: {httpsRedirect: true}", "tls: {credentialName: web-tls}", "tls: {mode: PASSTHROUGH}", "{number: 8445, name: bare, protocol: HTTPS}", "{number: 8445, name: bare, protocol: TLS}"}, false, nil, ""},
		{"the CA is beside the certificate", "GWC12", []string{"${pair dns=shop.example.com from=2026-10-26 until=2027-01-24}", "${pair dns=shop.example.com with=ca}"}, false, nil, ""},
		{"no client certificates", "GWC12", []string{"mode: MUTUAL", "mode: SIMPLE"}, false, nil, ""},
		{"only files", "GWC12", []string{"\n  uid: ", "\n  other: ", ", uid: ", ", other: "}, true, nil, ""},
		{"the CA is in its own Secret", "GWC12-secret", []string{"{ca.pem:", "{ca.crt:"}, false, nil, ""},
		{"by the name", "GWC12-secret", []string{"{ca.pem:", "{cacert:", "name: clients", "name: web-tls-cacert", ", caCertCredentialName: clients", ""}, false, nil, ""},
		{"Envoy waits for another", "GWC13", nil, false, warming("ingressgateway-6d4f", "kubernetes://web"), ""},
		{"another pod waits", "GWC13", nil, false, warming("other", "kubernetes://web-tls"), ""},
		{"Envoy waits for what is not there", "GWC13", []string{"name: web-tls, namespace", "name: web, namespace"}, false, nil, "GWC02"},
		{"Envoy waits for the CA", "GWC13", nil, false, warming("ingressgateway-6d4f", "kubernetes-gateway://istio-system/web-tls-cacert"), "GWC13"},
		{"the pod's port", "GWC14", []string{"number: 9443", "number: 8443"}, false, nil, ""},
		{"the pod's port by name", "GWC14", []string{"number: 9443", "number: 8443", "targetPort: 8443", "targetPort: https"}, false, nil, ""},
		{"a Service of others", "GWC14", []string{"  selector: {istio: ingressgateway}\n  ports", "  selector: {app: other}\n  ports"}, false, nil, ""},
		{"Services may not be read", "GWC14", nil, false, withUnread("Service", "services"), ""},
	})
}

func TestHostsThatAreWell(t *testing.T) {
	second := func(s *chain.Snapshot) { // for the Gateway that is alone in its pods
		s.Pods[0].Labels = map[string]string{"istio": "ingressgateway"}
	}
	runVariants(t, []variant{
		{"any host", "GWC06", []string{"[shop.example.com, example.com]", "[\"*\"]"}, false, nil, ""},
		{"of one namespace", "GWC06", []string{"[shop.example.com, example.com]", "[shop/shop.example.com]"}, false, nil, ""},
		{"below a wildcard", "GWC06", []string{"[shop.example.com, example.com]", "[a.shop.example.com]"}, false, nil, "GWC06"},
		{"for the mesh as well", "GWC07", []string{"gateways: [shop/web]", "gateways: [shop/web, mesh]", "pay.", "api."}, false, nil, ""},
		{"by another Gateway that nobody knows", "GWC07", []string{"gateways: [shop/web]", "gateways: [shop/web, edge]", "pay.", "api."}, false, nil, ""},
		{"a Service's name", "GWC07", []string{"hosts: [example.com]", "hosts: [web]", "pay.", "api."}, false, nil, ""},
		{"of the namespace", "GWC07", []string{"\"*.example.com\"", "\"shop/*.example.com\"", "hosts: [example.com]", "hosts: [api.example.com]", "pay.", "api."}, false, nil, "GWC07"},
		{"as of 0.8", "GWC07", []string{"gateways: [shop/web]", "gateways: [web.shop.svc.cluster.local]", "pay.", "api."}, false, nil, "GWC07"},
		{"asked for already", "GWC06-asked", []string{"[shop.example.com, pay.example.com]\n    tls", "[\"*\"]\n    tls"}, false, func(s *chain.Snapshot) {
			s.VirtualServices = []*chain.VirtualService{{Meta: chain.Meta{Object: finding.Object{Kind: "VirtualService", Namespace: "shop", Name: "web"}}, Hosts: []string{"pay.example.com"}, Gateways: []string{"web"}}}
		}, "GWC07"},
		{"not bound", "GWC07", []string{"gateways: [shop/web]", "gateways: [shop/other]", "gateways: [web]", "gateways: [mesh]"}, false, nil, ""},
		{"a server of its own is nearer", "GWC07", []string{"    tls: {mode: SIMPLE, credentialName: web-tls}\n", "    tls: {mode: SIMPLE, credentialName: web-tls}\n  - port: {number: 443, name: pay, protocol: HTTPS}\n    hosts: [pay.example.com]\n    tls: {mode: PASSTHROUGH}\n", "gateways: [shop/web]", "gateways: [shop/other]"}, false, nil, "GWC07"},
		{"another port", "GWC08", []string{"name: api, namespace: shop, uid: 1c8d7c1e-0000-4000-8000-00000000000c, creationTimestamp: \"2026-11-02T08:00:00Z\"}\nspec:\n  selector: {istio: ingressgateway}\n  servers:\n  - port: {number: 443", "name: api, namespace: shop}\nspec:\n  selector: {istio: ingressgateway}\n  servers:\n  - port: {number: 8443"}, false, nil, ""},
		{"other pods", "GWC08", []string{"name: api, namespace: shop, uid: 1c8d7c1e-0000-4000-8000-00000000000c, creationTimestamp: \"2026-11-02T08:00:00Z\"}\nspec:\n  selector: {istio: ingressgateway}", "name: api, namespace: shop}\nspec:\n  selector: {istio: other}"}, false, second, "GWC01"},
		{"the elder does not lose", "GWC09", []string{"2026-11-02T08", "2026-10-02T08"}, false, nil, "GWC09"},
		{"another address", "GWC09", []string{"https, protocol: HTTPS}\n    hosts: [api.example.com, shop.example.com]", "https, protocol: HTTPS}\n    bind: 10.0.0.1\n    hosts: [api.example.com, shop.example.com]"}, false, nil, "GWC08"},
		{"another host", "GWC09", []string{"[api.example.com, shop.example.com]", "[api.example.com, pay.example.com]"}, false, nil, "GWC08"},
		{"HTTP", "GWC09", []string{"name: https, protocol: HTTPS}\n    hosts: [api.example.com, shop.example.com]\n    tls: {mode: SIMPLE, credentialName: web-tls}", "name: https, protocol: HTTP}\n    hosts: [api.example.com, shop.example.com]"}, false, nil, ""},
		{"one Gateway twice", "GWC14", []string{"number: 9443", "number: 443", "credentialName: web-tls}\n", "credentialName: web-tls}\n  - port: {number: 443, name: https2, protocol: HTTPS}\n    hosts: [shop.example.com]\n    tls: {mode: SIMPLE, credentialName: web-tls}\n"}, false, nil, "GWC09"},
	})
}

// TestTheElderGatewayWins: istiod leaves out the younger one, whatever their names are.
func TestTheElderGatewayWins(t *testing.T) {
	t.Parallel()
	for created, loser := range map[string]string{"2026-11-02T08": "api", "2026-10-02T08": "web"} {
		v := variant{fixture: "GWC09", replace: []string{"2026-11-02T08", created}}
		report, err := Check(v.snapshot(t), Options{Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings {
			if f.ID == "GWC09" && f.Object.Name != loser {
				t.Errorf("created %s: %s is left out, want %s", created, f.Object.Name, loser)
			}
		}
	}
}

// TestIstioFindingsFollow: what follows from a Certificate that is not issued, and what
// does not.
func TestIstioFindingsFollow(t *testing.T) {
	t.Parallel()
	for name, follows := range map[string]bool{
		"GWF01-issuing": true, "GWC02-issuing": true, "GWC06-asked": true,
		"GWC06": false, "GWC05": false, "GWF03": true, "GWF06": false, "GWC12": false,
	} {
		v := variant{fixture: name}
		c := newChecker(v.snapshot(t), Options{Now: noon})
		if err := c.choose(); err != nil {
			t.Fatal(err)
		}
		c.checkIstioFiles()
		c.checkIstioCredentials()
		certificate := c.Certificates[0].Object
		c.add(blocks, finding.Finding{ID: "CRT06", Severity: finding.Error, Object: certificate, What: "It is not issued."})
		c.rank()
		for _, f := range c.found {
			if f.ID == "CRT06" {
				continue
			}
			if got := f.Because != nil && f.Because.Object == certificate; got != follows {
				t.Errorf("%s: %s follows from the Certificate: %v, want %v", name, f.ID, got, follows)
			}
		}
	}
}

// TestTheRightOfTheGatewayExplainsWarming: both are of one family.
func TestTheRightOfTheGatewayExplainsWarming(t *testing.T) {
	t.Parallel()
	v := variant{fixture: "GWC13", change: review("ingressgateway", material.No)}
	report, err := Check(v.snapshot(t), Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.ID == "GWC13" && (f.Because == nil || f.Because.ID != "GWC10") {
			t.Errorf("GWC13 follows from %v", f.Because)
		}
	}
}

// TestElsewhereIsNotAnyNamespace: a namesake that has to do with neither the Gateway nor
// its hosts is not pointed at.
func TestElsewhereIsNotAnyNamespace(t *testing.T) {
	t.Parallel()
	v := variant{fixture: "GWC02-namespace", replace: []string{"namespace: shop, uid: 1c8d7c1e-0000-4000-8000-000000000004", "namespace: team, uid: s", "dns=shop.example.com", "dns=team.example.com",
		"namespace: shop, uid: 1c8d7c1e-0000-4000-8000-000000000005", "namespace: team, uid: c", "dnsNames: [shop.example.com]", "dnsNames: [team.example.com]"}}
	report, err := Check(v.snapshot(t), Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range report.Findings {
		if f.ID == "GWC02" {
			found = true
			if strings.Contains(f.What, "team") {
				t.Errorf("%s", f.What)
			}
		}
	}
	if !found {
		t.Error("GWC02 is not found")
	}
}

// TestTheRightPathHasTheFile: the Secret of the mesh is mounted as well, and has no
// tls.crt.
func TestTheRightPathHasTheFile(t *testing.T) {
	t.Parallel()
	v := variant{fixture: "GWF03-mount", replace: []string{"---\napiVersion: extensions/v1beta1", `---
apiVersion: v1
kind: Secret
metadata: {name: istio.default, namespace: istio-system, uid: m}
type: istio.io/key-and-cert
data: {cert-chain.pem: TUlJ, key.pem: TUlJ}
---
apiVersion: extensions/v1beta1`}}
	report, err := Check(v.snapshot(t), Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range report.Findings {
		if f.ID == "GWF03" {
			found = true
			if len(f.Fix) == 0 || !strings.Contains(f.Fix[0].Run, `"value":"/etc/istio/ingressgateway-certs/tls.`) {
				t.Errorf("the fix is %+v", f.Fix)
			}
		}
	}
	if !found {
		t.Error("GWF03 is not found")
	}
}
