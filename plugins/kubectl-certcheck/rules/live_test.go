package rules

import (
	"encoding/base64"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// A liveCase is objects, and what their doors serve: no YAML holds that.
type liveCase struct {
	name string
	// edit are pairs of a text in the healthy objects, and what takes its place.
	edit []string
	// served makes the results; they are of the first Gateway.
	served func(t *testing.T) []Served
	dns    []served.Resolution
	want   string // ids
}

// secretWords make the certificate of the Secret in the healthy objects; earlierWords made
// one of the renewal before.
const (
	secretWords  = "dns=shop.example.com from=2026-10-26 until=2027-01-24"
	earlierWords = "dns=shop.example.com from=2026-08-27 until=2026-12-10 serial=99"
)

// liveObjects are the objects of ok-credential, a second pod, and an Ingress.
func liveObjects(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/ok-credential.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pod, rest, _ := strings.Cut(string(raw), "\n---\n")
	owned := "  labels: {istio: ingressgateway, pod-template-hash: 6d4f}\n" +
		"  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: ingressgateway-6d4f, uid: 1c8d7c1e-0000-4000-8000-000000000010, controller: true}]\n"
	pod = strings.Replace(pod, "  labels: {istio: ingressgateway}\n", owned, 1)
	second := strings.ReplaceAll(strings.ReplaceAll(pod, "name: ingressgateway-6d4f\n", "name: ingressgateway-6d4f-2\n"), "000001\n", "000011\n")
	return pod + "\n---\n" + second + "\n---\n" + rest + "\n---\n" + liveIngress
}

const liveIngress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: cart, namespace: shop, uid: 1c8d7c1e-0000-4000-8000-000000000012}
spec:
  ingressClassName: nginx
  tls: [{hosts: [cart.example.com], secretName: cart-tls}]
  rules: [{host: cart.example.com}]
status: {loadBalancer: {ingress: [{ip: 198.51.100.7}]}}
---
apiVersion: v1
kind: Secret
metadata: {name: cart-tls, namespace: shop, uid: 1c8d7c1e-0000-4000-8000-000000000013, creationTimestamp: "2026-10-26T12:00:00Z"}
type: kubernetes.io/tls
data: ${pair dns=cart.example.com from=2026-10-26 until=2027-01-24}
`

// chainOf is the chain of a ${pair …}.
func chainOf(t *testing.T, words string) *material.Chain {
	t.Helper()
	var data map[string]string
	if err := yaml.Unmarshal([]byte(expand(t, "${pair "+words+"}")), &data); err != nil {
		t.Fatal(err)
	}
	crt, err := base64.StdEncoding.DecodeString(data["tls.crt"])
	if err != nil {
		t.Fatal(err)
	}
	return material.ParsePair(crt, nil).Chain
}

func handshakeOf(t *testing.T, host, words string) served.Handshake {
	return served.Handshake{Host: host, ServerName: served.ServerName(host), Version: "TLS 1.3", Chain: chainOf(t, words)}
}

func failed(host string, kind served.Kind, detail string) served.Handshake {
	return served.Handshake{Host: host, ServerName: served.ServerName(host), Failure: &served.Failure{Kind: kind, Detail: detail}}
}

const broken = "read tcp 127.0.0.1:40000->127.0.0.1:41000: read: connection reset by peer"

// fromPod is what a pod of the Gateway serves: without a name and for unknown ones it
// breaks the connection, as Envoy does.
func fromPod(name string, hosts ...served.Handshake) Served {
	none, unknown := failed("", served.Reset, broken), failed("", served.Reset, broken)
	return Served{
		Endpoint: "istio-system/" + name + ":8443", Pod: chain.Name{Namespace: "istio-system", Name: name},
		Secrets: []chain.Name{{Namespace: "istio-system", Name: "web-tls"}},
		Result:  served.Result{Hosts: hosts, NoSNI: &none, UnknownSNI: &unknown},
	}
}

func unreached(name string, kind served.Kind, detail string) Served {
	s := fromPod(name)
	s.Result = served.Result{Failure: &served.Failure{Kind: kind, Detail: detail}}
	return s
}

// fromIngress is what the address of the Ingress serves; by is its default.
func fromIngress(host, by served.Handshake) Served {
	return Served{
		Door: finding.Object{Kind: "Ingress"}, Endpoint: "198.51.100.7:443", Secrets: []chain.Name{{Namespace: "shop", Name: "cart-tls"}},
		Result: served.Result{Hosts: []served.Handshake{host}, NoSNI: &by, UnknownSNI: &by},
	}
}

func (l *liveCase) check(t *testing.T) (*chain.Snapshot, Options) {
	t.Helper()
	text := liveObjects(t)
	for i := 0; i+1 < len(l.edit); i += 2 {
		if !strings.Contains(text, l.edit[i]) {
			t.Fatalf("%s: there is no %s", l.name, l.edit[i])
		}
		text = strings.ReplaceAll(text, l.edit[i], l.edit[i+1])
	}
	f := fixture{name: l.name, text: text, opts: map[string]string{"cluster": ""}}
	s := f.snapshot(t)
	o := Options{Now: noon, Resolutions: l.dns}
	if l.served != nil {
		o.Served = l.served(t)
	}
	for i := range o.Served {
		if o.Served[i].Door.Kind == "Ingress" {
			o.Served[i].Door = s.Ingresses[0].Object
		} else {
			o.Served[i].Door = s.IstioGateways[0].Object
		}
	}
	return s, o
}

// report is that of the family alone: what others find in the objects is theirs.
func (l *liveCase) report(t *testing.T) *finding.Report {
	t.Helper()
	r, err := Check(l.check(t))
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	r.Findings = slices.DeleteFunc(r.Findings, func(f finding.Finding) bool { return !strings.HasPrefix(f.ID, "LIVE") })
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Because != nil && !strings.HasPrefix(f.Because.ID, "LIVE") {
			f.Because = nil
		}
	}
	return r
}

func TestLive(t *testing.T) {
	t.Parallel()
	for _, l := range liveCases() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			report := l.report(t)
			if err := Catalogue().Check(report); err != nil {
				t.Error(err)
			}
			if got := idsOf(report); !slices.Equal(got, strings.Fields(l.want)) {
				t.Errorf("finds %v, want %v", got, l.want)
			}
			if l.want != "" {
				golden(t, l.name+".tree", report, finding.Tree)
			}
		})
	}
}

func idsOf(r *finding.Report) []string {
	ids := map[string]bool{}
	for _, f := range r.Findings {
		ids[f.ID] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

func liveReports(t *testing.T) (all []*finding.Report) {
	for _, l := range liveCases() {
		all = append(all, l.report(t))
	}
	return all
}

// TestLiveFollows: what is broken for want of a Secret follows from that, what is broken
// with a good Secret does not follow from a renewal that fails.
func TestLiveFollows(t *testing.T) {
	t.Parallel()
	reset := func(*testing.T) []Served {
		return []Served{fromPod("ingressgateway-6d4f", failed("shop.example.com", served.Reset, broken))}
	}
	for name, test := range map[string]struct {
		edit    []string
		blocks  string
		follows bool
	}{
		"Secret gone":    {[]string{"name: web-tls\n", "name: web-tls-2\n"}, "CRT", true},
		"Secret good":    {nil, "CRT", false},
		"Gateway broken": {nil, "GWC", true},
	} {
		l := liveCase{name: name, edit: test.edit, served: reset}
		s, o := l.check(t)
		c := newChecker(s, o)
		if err := c.choose(); err != nil {
			t.Fatal(err)
		}
		about := s.Certificates[0].Object
		if test.blocks == "GWC" {
			about = s.IstioGateways[0].Object
		}
		c.add(blocks, finding.Finding{ID: test.blocks + "01", Severity: finding.Error, Object: about})
		c.checkLive()
		c.rank()
		for _, f := range c.found {
			if f.ID == "LIVE01" && (f.Because != nil) != test.follows {
				t.Errorf("%s: because %v", name, f.Because)
			}
		}
		if !c.has("LIVE01", s.IstioGateways[0].Object) {
			t.Errorf("%s: no LIVE01", name)
		}
	}
}

// TestLiveSuspicion: what was suspected of a pod that started before the renewal follows
// from what was seen, or is dropped where that is good.
func TestLiveSuspicion(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{earlierWords: "LIVE02", secretWords: "dropped"} {
		l := liveCase{served: func(t *testing.T) []Served {
			return []Served{fromPod("ingressgateway-6d4f", handshakeOf(t, "shop.example.com", words))}
		}}
		s, o := l.check(t)
		c := newChecker(s, o)
		if err := c.choose(); err != nil {
			t.Fatal(err)
		}
		c.add(aside, finding.Finding{ID: "GWF06", Severity: finding.Warning, Object: s.IstioGateways[0].Object})
		c.checkLive()
		got := "dropped"
		if c.has("GWF06", s.IstioGateways[0].Object) {
			got = "kept"
			if because := c.found[0].Because; because != nil {
				got = because.ID
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
}

func addressesOf(texts ...string) (all []netip.Addr) {
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// daysLeft is what Envoy tells of the days until a certificate ends.
func daysLeft(n int64) *int64 { return &n }

func at(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{} // the golden output shows it
	}
	return t
}
