package rules

import (
	"net/netip"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// liveCDN recognizes what may stand in front of a door: by the name that the host is an
// alias of, and Cloudflare, which gives no alias, by its addresses.
func liveCDN(r *served.Resolution) string {
	for _, known := range []struct{ suffix, name string }{
		{".cloudfront.net", "Amazon CloudFront"},
		{".awsglobalaccelerator.com", "AWS Global Accelerator"},
		{".cdn.cloudflare.net", "Cloudflare"},
		{".akamaiedge.net", "Akamai"},
		{".akamai.net", "Akamai"},
		{".edgekey.net", "Akamai"},
		{".edgesuite.net", "Akamai"},
		{".fastly.net", "Fastly"},
		{".fastlylb.net", "Fastly"},
		{".azureedge.net", "Azure CDN"},
		{".azurefd.net", "Azure Front Door"},
		{".t-msedge.net", "Azure Front Door"},
		{".b-cdn.net", "bunny.net"},
		{".incapdns.net", "Imperva"},
	} {
		if strings.HasSuffix(r.CNAME, known.suffix) {
			return known.name
		}
	}
	for _, text := range cloudflareNetworks() {
		network, err := netip.ParsePrefix(text)
		for _, ip := range r.Addresses {
			if err == nil && network.Contains(ip) {
				return "Cloudflare"
			}
		}
	}
	return ""
}

// cloudflareNetworks are those that Cloudflare publishes as the addresses of its proxies.
func cloudflareNetworks() []string {
	return []string{
		"173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18",
		"190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13",
		"104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
		"2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32",
	}
}
