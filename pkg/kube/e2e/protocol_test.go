//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// The variables with which kubectl's users switch WebSocket off.
const (
	execSwitch    = "KUBECTL_REMOTE_COMMAND_WEBSOCKETS"
	forwardSwitch = "KUBECTL_PORT_FORWARD_WEBSOCKETS"
)

// protocol is a way to upgrade a connection; upgrade is the header's value.
type protocol struct{ name, upgrade, setting string }

func protocols() []protocol {
	return []protocol{{"WebSocket", "websocket", "true"}, {"SPDY", "SPDY/3.1", "false"}}
}

// set switches to the protocol for the rest of the test.
func (p protocol) set(t *testing.T) {
	t.Setenv(execSwitch, p.setting)
	t.Setenv(forwardSwitch, p.setting)
}

// eachProtocol runs the test over both protocols: once with the cluster reached
// directly, and once through a proxy which tells that it was this protocol, and
// not the fallback.
func eachProtocol(t *testing.T, ns *realcluster.Namespace, test func(*testing.T, *kube.Cluster)) {
	for _, p := range protocols() {
		t.Run(p.name, func(t *testing.T) {
			p.set(t)
			test(t, ns.Cluster)
		})
		t.Run(p.name+" seen by a proxy", func(t *testing.T) {
			p.set(t)
			cluster, upgrades := throughProxy(t, ns.Cluster)
			test(t, cluster)
			if got := upgrades(); len(got) == 0 || slices.ContainsFunc(got, func(u string) bool { return u != p.upgrade }) {
				t.Errorf("upgrades to %q, want %q alone", got, p.upgrade)
			}
		})
	}
}

// throughProxy returns the cluster behind a reverse proxy, and the protocols to
// which connections were upgraded.
func throughProxy(t *testing.T, direct *kube.Cluster) (*kube.Cluster, func() []string) {
	t.Helper()
	target, err := url.Parse(direct.Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	config := rest.CopyConfig(direct.Config)
	config.NextProtos = []string{"http/1.1"} // HTTP/2 has no upgrades
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var upgrades []string
	forward := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u := r.Header.Get("Upgrade"); u != "" {
			mu.Lock()
			upgrades = append(upgrades, u)
			mu.Unlock()
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	cluster, err := kube.NewCluster("", "default", &rest.Config{Host: proxy.URL})
	if err != nil {
		t.Fatal(err)
	}
	return cluster, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(upgrades)
	}
}
