package rules

import (
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// TestLiveNearMisses: what must not be found, or only mildly. Want has "ID severity".
func TestLiveNearMisses(t *testing.T) {
	t.Parallel()
	one := func(h func(*testing.T) served.Handshake) func(*testing.T) []Served {
		return func(t *testing.T) []Served { return []Served{fromPod(pod1, h(t))} }
	}
	plain := func(host, words string) func(*testing.T) []Served {
		return one(func(t *testing.T) served.Handshake { return handshakeOf(t, host, words) })
	}
	// It is from before the Secret's, and has long to live: an error only where it is
	// taken for another one.
	const early = "dns=shop.example.com from=2026-08-27 until=2027-02-24 serial=99"
	gone := []string{"name: web-tls\n", "name: web-tls-2\n"}
	fresh := []string{"  annotations:\n    cert-manager.io/certificate-name", "  managedFields: [{manager: cert-manager-certificates-issuing, operation: Update, time: \"2026-11-25T11:58:00Z\", fieldsType: FieldsV1, fieldsV1: {\"f:data\": {\"f:tls.crt\": {}}}}]\n  annotations:\n    cert-manager.io/certificate-name"}
	some := func(words string) func(*testing.T) []Served {
		return func(t *testing.T) []Served {
			return []Served{fromPod(pod1, handshakeOf(t, shop, words)), fromPod(pod2, handshakeOf(t, shop, secretWords))}
		}
	}
	elb := []string{"ingress: [{ip: 203.0.113.10}]", "ingress: [{hostname: a1.elb.example.net}]"}
	for _, l := range []liveCase{
		{name: "client certificate wanted", served: one(func(t *testing.T) served.Handshake {
			h := handshakeOf(t, shop, secretWords)
			h.ClientAuth, h.Failure = served.ClientAuthRequired, &served.Failure{Kind: served.Alert, Alert: "certificate_required"}
			return h
		})},
		{name: "broken after the certificate", want: "LIVE01 error", served: one(func(t *testing.T) served.Handshake {
			h := handshakeOf(t, shop, secretWords)
			h.Failure = &served.Failure{Kind: served.Alert, Alert: "internal_error"}
			return h
		})},
		{name: "any host", edit: gone, served: plain("*", secretWords)},
		{name: "wildcard host, one name below", edit: gone, served: plain("*.example.com", secretWords)},
		{name: "another intermediate of the same CA", want: "LIVE02 warning", served: plain(shop, early+" issuer=E7")},
		{name: "other CA, pod is younger than the Secret", want: "LIVE02 error", served: plain(shop, early+" org=Corp issuer=Corp_CA")},
		{name: "other CA, pod is older than the Secret", edit: []string{`startTime: "2026-11-20`, `startTime: "2026-09-20`}, want: "LIVE02 warning", served: plain(shop, early+" org=Corp issuer=Corp_CA")},
		{name: "renewed just now", edit: fresh, want: "LIVE02 info", served: plain(shop, earlierWords)},
		{name: "renewed just now, one pod has it", edit: fresh, want: "LIVE02 info, LIVE03 info", served: some(earlierWords)},
		{name: "one pod has the renewal, the others have time", want: "LIVE02 warning, LIVE03 warning", served: some(early)},
		{name: "another host, Secret not there", edit: gone, want: "LIVE08 error", served: plain("www.example.com", earlierWords)},
		{name: "Secret not there", edit: gone, served: plain(shop, earlierWords)},
		{name: "two Secrets, neither is kin", served: func(t *testing.T) []Served {
			s := fromPod(pod1, handshakeOf(t, "", "dns=hook.svc serial=8"))
			s.Secrets = append(s.Secrets, chain.Name{Namespace: "shop", Name: "cart-tls"})
			return []Served{s}
		}},
		{name: "a good leaf while another pod is gone", want: "LIVE01 skipped", served: func(t *testing.T) []Served {
			return []Served{fromPod(pod1, handshakeOf(t, shop, secretWords)), unreached(pod2, served.NoPod, "")}
		}},
		{name: "the API server does not get through", want: "LIVE01 skipped", served: func(*testing.T) []Served {
			return []Served{unreached(pod1, served.ConnectTimeout, "dial tcp: i/o timeout")}
		}},
		{name: "TLS 1.0 not known", served: func(t *testing.T) []Served {
			s := fromPod(pod1, handshakeOf(t, shop, secretWords))
			s.Result.Versions = versionsOf(material.Unknown, material.No, material.Yes, material.Unknown)
			return []Served{s}
		}},
		{name: "alias of the load balancer", edit: elb, dns: []served.Resolution{{Host: shop, Name: shop, CNAME: "a1.elb.example.net", Addresses: addressesOf("192.0.2.1")}}},
		{name: "addresses of the load balancer", edit: elb, dns: []served.Resolution{
			{Host: shop, Name: shop, Addresses: addressesOf("192.0.2.1", "192.0.2.2")}, {Host: "a1.elb.example.net", Addresses: addressesOf("192.0.2.2", "192.0.2.3")}}},
		{name: "load balancer not looked up", edit: elb, dns: []served.Resolution{{Host: shop, Name: shop, Addresses: addressesOf("192.0.2.1")}}},
		{name: "private address behind a router", edit: []string{"203.0.113.10", "10.1.2.3"}, want: "LIVE07 info", dns: []served.Resolution{{Host: shop, Name: shop, Addresses: addressesOf("192.0.2.1")}}},
		{name: "no address yet", edit: []string{"ingress: [{ip: 203.0.113.10}]", "ingress: []"}, dns: []served.Resolution{{Host: shop, Name: shop, Addresses: addressesOf("192.0.2.1")}}},
		{name: "DNS does not answer", want: "LIVE07 skipped", dns: []served.Resolution{{Host: shop, Name: shop, Failure: &served.Failure{Kind: served.LookupFailed}}}},
	} {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range l.report(t).Findings {
				got = append(got, f.ID+" "+string(f.Severity))
			}
			if strings.Join(got, ", ") != l.want {
				t.Errorf("finds %v, want %v", got, l.want)
			}
		})
	}
}

// TestLivePod: what is behind a pod's port is a guess by its name, and so is that it
// serves what it mounts.
func TestLivePod(t *testing.T) {
	t.Parallel()
	const pod = `
---
apiVersion: v1
kind: Pod
metadata: {name: hook-0, namespace: shop, uid: 1c8d7c1e-0000-4000-8000-000000000020, creationTimestamp: "2026-09-01T08:00:00Z", ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: hook}]}
spec:
  volumes: [{name: tls, secret: {secretName: cart-tls}}]
  containers:
  - {name: hook, image: hook:1, ports: [{containerPort: 8443}], volumeMounts: [{name: tls, mountPath: /tls/tls.crt, subPath: tls.crt}]}
status: {phase: Running, startTime: "2026-09-01T08:00:00Z", conditions: [{type: Ready, status: "True"}]}
`
	f := fixture{name: "pod", text: liveObjects(t) + pod, opts: map[string]string{"cluster": ""}}
	s := f.snapshot(t)
	var door finding.Object
	for _, c := range s.Consumers() {
		if c.Kind == "Pod" {
			door = c.Object
		}
	}
	for words, want := range map[string]string{
		"dns=hook.shop.svc issuer=own": "",
		cartWords:                      "",
		"dns=cart.example.com from=2026-08-27 until=2026-11-25 serial=3": "LIVE02 error: The Secret is mounted by subPath, which the kubelet never updates: the pod has what was there when it started. kubectl -n shop rollout restart statefulset hook",
	} {
		h := handshakeOf(t, "", words)
		one := Served{Door: door, Endpoint: "shop/hook-0:8443", Pod: chain.Name{Namespace: "shop", Name: "hook-0"}, Secrets: []chain.Name{{Namespace: "shop", Name: "cart-tls"}},
			Result: served.Result{NoSNI: &h, UnknownSNI: &h}}
		r, err := Check(s, Options{Now: noon, Served: []Served{one}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range r.Findings {
			if f.ID == "LIVE02" {
				got += f.ID + " " + string(f.Severity) + ": " + f.Cause + " " + f.Fix[0].Run
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	refused := Served{Door: door, Endpoint: "shop/hook-0:8443", Pod: chain.Name{Namespace: "shop", Name: "hook-0"}, Result: served.Result{Failure: &served.Failure{Kind: served.Refused}}}
	r, err := Check(s, Options{Now: noon, Served: []Served{refused}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.ID == "LIVE01" && f.Severity != finding.Warning {
			t.Errorf("%s %s", f.Severity, f.What)
		}
	}
}
