package rules

import (
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

const (
	pod1, pod2 = "ingressgateway-6d4f", "ingressgateway-6d4f-2"
	shop       = "shop.example.com"
	cart       = "cart.example.com"
	cartWords  = "dns=cart.example.com from=2026-10-26 until=2027-01-24"
)

// asFiles makes the Gateway of old: the Secret is mounted as files.
func asFiles() []string {
	return []string{
		"tls: {mode: SIMPLE, credentialName: web-tls}", "tls: {mode: SIMPLE, serverCertificate: /etc/istio/web/tls.crt, privateKey: /etc/istio/web/tls.key}",
		"  serviceAccountName: ingressgateway\n", "  serviceAccountName: ingressgateway\n  volumes: [{name: web, secret: {secretName: web-tls}}]\n",
		"    ports: [{containerPort: 8443, name: https}]\n", "    ports: [{containerPort: 8443, name: https}]\n    volumeMounts: [{name: web, mountPath: /etc/istio/web}]\n",
		"istio/proxyv2:1.27.1", "istio/proxyv2:1.5.10",
		`"2026-11-20T08:00:00Z"`, `"2026-09-01T08:00:00Z"`, `"2026-11-20T08:00:05Z"`, `"2026-09-01T08:00:05Z"`,
	}
}

func liveCases() []liveCase {
	pods := func(words ...string) func(*testing.T) []Served {
		return func(t *testing.T) (all []Served) {
			for i, w := range words {
				all = append(all, fromPod([]string{pod1, pod2}[i], handshakeOf(t, shop, w)))
			}
			return all
		}
	}
	return []liveCase{
		{name: "LIVE-ok", served: func(t *testing.T) []Served {
			all := pods(secretWords, secretWords)(t)
			all = append(all, fromIngress(handshakeOf(t, cart, cartWords), handshakeOf(t, "", "self=yes issuer=Kubernetes_Ingress_Controller_Fake_Certificate org=Acme_Co")))
			for i := range all {
				all[i].Loaded = []served.Loaded{{Use: served.UseServing, Path: "<inline>", Serial: "64"}}
			}
			return all
		}, dns: []served.Resolution{{Host: shop, Name: shop, Addresses: addressesOf("203.0.113.10")}}},
		{name: "LIVE01-reset", want: "LIVE01", served: func(*testing.T) []Served {
			return []Served{fromPod(pod1, failed(shop, served.Reset, broken)), fromPod(pod2, failed(shop, served.Reset, broken))}
		}},
		{name: "LIVE01-refused", want: "LIVE01", served: func(*testing.T) []Served {
			return []Served{unreached(pod1, served.Refused, "An error occurred forwarding 41000 -> 8443: dial tcp4 127.0.0.1:8443: connect: connection refused")}
		}},
		{name: "LIVE01-plain", want: "LIVE01", served: func(*testing.T) []Served {
			return []Served{fromIngress(failed(cart, served.PlainHTTP, "tls: first record does not look like a TLS handshake"), failed("", served.PlainHTTP, ""))}
		}},
		{name: "LIVE01-forbidden", want: "LIVE01", served: func(*testing.T) []Served {
			text := `pods "ingressgateway-6d4f" is forbidden: User "dev" cannot create resource "pods/portforward" in API group "" in the namespace "istio-system"`
			return []Served{unreached(pod1, served.Forbidden, text), unreached(pod2, served.Forbidden, text)}
		}},
		{name: "LIVE01-notasked", want: "LIVE01", served: func(*testing.T) []Served {
			return []Served{unreached(pod1, served.NotAsked, "at most 200 endpoints are asked"), unreached(pod2, served.NoPod, `pods "ingressgateway-6d4f-2" not found`)}
		}},
		{name: "LIVE02-files", edit: asFiles(), want: "LIVE02", served: pods(earlierWords, earlierWords)},
		{name: "LIVE02-name", want: "LIVE02", served: pods(earlierWords)},
		{name: "LIVE02-foreign", want: "LIVE02", served: func(t *testing.T) []Served {
			other := handshakeOf(t, cart, "dns=cart.example.com,sni.cdn.example from=2026-11-01 until=2027-01-30 issuer=WE1 org=Google_Trust_Services serial=77")
			return []Served{fromIngress(other, other)}
		}},
		{name: "LIVE02-newer", want: "LIVE02", served: pods("dns=shop.example.com from=2026-11-24 until=2027-02-22 serial=101")},
		{name: "LIVE03", edit: asFiles(), want: "LIVE02 LIVE03", served: pods(earlierWords, secretWords)},
		{name: "LIVE04-reset", edit: []string{`hosts: ["shop.example.com"]`, `hosts: ["shop.example.com", "www.example.com"]`}, want: "LIVE04", served: func(t *testing.T) []Served {
			return []Served{fromPod(pod1, handshakeOf(t, shop, secretWords), failed("www.example.com", served.Closed, "EOF"))}
		}},
		{name: "LIVE04-default", want: "LIVE04", served: func(t *testing.T) []Served {
			other := "dns=intranet.example.com from=2026-10-26 until=2027-01-24 serial=5"
			return []Served{fromIngress(handshakeOf(t, cart, other), handshakeOf(t, "", other))}
		}},
		{name: "LIVE05-missing", want: "LIVE05", served: pods(secretWords + " chain=leaf")},
		{name: "LIVE05-expired", want: "LIVE05", served: func(t *testing.T) []Served {
			s := fromIngress(handshakeOf(t, cart, cartWords+" int-until=2026-11-01"), handshakeOf(t, "", cartWords))
			return []Served{s}
		}},
		{name: "LIVE06", want: "LIVE06", served: func(t *testing.T) []Served {
			all := pods(secretWords, secretWords)(t)
			all[0].Result.Versions = versionsOf(material.Yes, material.Yes, material.Yes, material.Yes)
			all[1].Result.Versions = versionsOf(material.Yes, material.No, material.No, material.No)
			return all
		}},
		{name: "LIVE07", want: "LIVE07", dns: []served.Resolution{
			{Host: shop, Name: shop, Addresses: addressesOf("192.0.2.44")},
			{Host: cart, Name: cart, Failure: &served.Failure{Kind: served.NoSuchHost, Detail: "lookup cart.example.com.: no such host"}},
		}},
		{name: "LIVE07-cdn", want: "LIVE07", dns: []served.Resolution{
			{Host: shop, Name: shop, Addresses: addressesOf("104.18.1.1")},
			{Host: cart, Name: cart, Addresses: addressesOf("203.0.113.10")},
		}},
		{name: "LIVE08-expired", edit: asFiles(), want: "LIVE02 LIVE08", served: pods("dns=shop.example.com from=2026-08-20 until=2026-11-18 serial=99")},
		{name: "LIVE08-staging", want: "LIVE02 LIVE08", served: pods("dns=shop.example.com from=2026-10-20 until=2027-01-18 issuer=(STAGING)_Wannabe_Watercress_R11 serial=98")},
		{name: "LIVE08-fake", want: "LIVE08", served: func(t *testing.T) []Served {
			fake := handshakeOf(t, cart, "self=yes dns=ingress.local issuer=Kubernetes_Ingress_Controller_Fake_Certificate serial=6")
			unknown := fake
			unknown.Host = ""
			return []Served{fromIngress(fake, unknown)}
		}},
		{name: "LIVE09", want: "LIVE02 LIVE09", served: func(t *testing.T) []Served {
			all := pods(earlierWords)(t)
			all[0].Loaded = []served.Loaded{
				{Use: served.UseTrust, Path: "<inline>", Serial: "01"},
				{Use: served.UseServing, Path: "<inline>", Serial: "63", DNSNames: []string{shop}, NotAfter: at("2026-12-10")},
				{Use: served.UseServing, Path: "<inline>", Serial: "aa", URIs: []string{"spiffe://cluster.local/ns/istio-system/sa/ingressgateway"}, Days: daysLeft(1)},
			}
			return all
		}},
	}
}

// versionsOf is what is accepted of TLS 1.0 to 1.3.
func versionsOf(accepted ...material.Answer) (all []served.VersionSupport) {
	for i, one := range accepted {
		all = append(all, served.VersionSupport{ServerName: shop, Version: []string{"TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}[i], Accepted: one})
	}
	return all
}
