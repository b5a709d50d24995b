package chain

import "testing"

func TestIstioVersion(t *testing.T) {
	for image, want := range map[string]struct {
		major, minor int
		ok           bool
	}{
		"istio/proxyv2:0.8.0":                          {0, 8, true},
		"registry.example.com:5000/mesh/proxyv2:1.6-x": {1, 6, true},
		"istio/proxyv2:v1.27.1-distroless":             {1, 27, true},
		"istio/proxyv2:1.27.1@sha256:abc":              {1, 27, true},
		"istio/proxyv2@sha256:abc":                     {0, 0, false},
		"istio/proxyv2:release-1.4-latest-daily":       {0, 0, false},
		"nginx:1.2":                                    {0, 0, false},
		"istio/proxyv2:latest":                         {0, 0, false},
	} {
		p := &Pod{Containers: []Container{{Name: "app", Image: "app:9.9"}, {Name: "ingressgateway", Image: image}}}
		if major, minor, ok := p.IstioVersion(); ok != want.ok || (ok && (major != want.major || minor != want.minor)) {
			t.Errorf("%s is %d.%d (%v), want %+v", image, major, minor, ok, want)
		}
	}
}
