package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/live"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// doorsToProbe are an Istio Gateway with two pods and an Ingress.
func doorsToProbe(t *testing.T) *chain.Snapshot {
	t.Helper()
	s := &chain.Snapshot{}
	pod := func(name string) string {
		return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `, namespace: istio-system, labels: {istio: ingressgateway}},
 spec: {containers: [{name: istio-proxy, image: "istio/proxyv2:1.27.1"}]}, status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}`
	}
	for _, document := range []string{pod("gw-1"), pod("gw-2"), `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - {port: {number: 8443, name: https, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: a}}
  - {port: {number: 8443, name: https-2, protocol: HTTPS}, hosts: ["*.b.example.com"], tls: {mode: SIMPLE, credentialName: b}}
  - {port: {number: 8443, name: https-3, protocol: HTTPS}, hosts: [c.example.com], tls: {mode: SIMPLE, credentialName: a}}
`, `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: cart, namespace: shop}
spec: {tls: [{hosts: [d.example.com], secretName: d}, {hosts: [e.example.com]}]}
status: {loadBalancer: {ingress: [{ip: "::1"}]}}
`} {
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(raw, chain.Place{})
	}
	s.Close()
	return s
}

func selfSigned(t *testing.T) *tls.Config {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"a.example.com"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// listenTLS serves TLS until the test is over, and returns its address.
func listenTLS(t *testing.T) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", selfSigned(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() {
				defer conn.Close()
				conn.Read(make([]byte, 1)) //nolint:errcheck // the handshake is all that is wanted
			}()
		}
	}()
	return listener.Addr().String()
}

// answer is the pods' side: TLS on 8443 and an Envoy's admin port in gw-1, nothing in gw-2.
func answer(address string) func(context.Context, string, string, int, io.ReadWriteCloser) error {
	return func(ctx context.Context, _, pod string, port int, conn io.ReadWriteCloser) error {
		switch {
		case pod != "gw-1":
			return errors.New("dial tcp4 127.0.0.1:8443: connect: connection refused")
		case port == live.AdminPort:
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
				return err
			}
			const body = `{"certificates": [{"cert_chain": [{"path": "<inline>", "serial_number": "7"}]}]}`
			_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"+body)
			return err
		}
		to, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer to.Close()
		go io.Copy(to, conn) //nolint:errcheck // it ends when either is done
		io.Copy(conn, to)    //nolint:errcheck // it ends when either is done
		return nil
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	server := kubetest.Start(t)
	for _, name := range []string{"gw-1", "gw-2"} {
		server.Must(server.Create(kubetest.Pod("istio-system", name)))
	}
	cluster, err := kube.NewCluster("test", "shop", server.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	server.HandlePortForward(answer(listenTLS(t)))
	s := doorsToProbe(t)
	doors := slices.DeleteFunc(s.Consumers(), func(c chain.Consumer) bool { return c.Kind != "Gateway" })
	all, names, err := (&options{}).probe(t.Context(), cluster, s, doors)
	if err != nil || len(names) != 0 {
		t.Fatal(err, names)
	}
	var got []string
	for _, one := range all {
		text := one.Endpoint
		for _, n := range one.Secrets {
			text += " " + n.Name
		}
		for _, h := range one.Result.Hosts {
			text += " " + h.Host + "=" + h.Leaf().Serial
		}
		for _, l := range one.Loaded {
			text += " loaded " + l.Serial
		}
		if one.Result.Failure != nil {
			text += " " + string(one.Result.Failure.Kind)
		}
		got = append(got, text)
	}
	want := []string{
		"istio-system/gw-1:8443 a a.example.com=07 c.example.com=07 loaded 07",
		"istio-system/gw-2:8443 a refused",
		"istio-system/gw-1:8443 b *.b.example.com=07 loaded 07",
		"istio-system/gw-2:8443 b refused",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}

func TestProbeConnect(t *testing.T) {
	t.Parallel()
	s := doorsToProbe(t)
	doors := slices.DeleteFunc(s.Consumers(), func(c chain.Consumer) bool { return c.Kind != "Ingress" })
	doors[0].Hosts = []string{"*.d.example.com", "*.e.example.com"} // DNS is asked for no wildcard
	doors[0].Uses[0].Hosts = doors[0].Hosts[:1]
	o := &options{connect: []string{listenTLS(t)}}
	all, names, err := o.probe(t.Context(), nil, s, doors)
	if err != nil || len(names) != 0 || len(all) != 2 {
		t.Fatal(err, names, all)
	}
	if first := all[0]; first.Pod.Name != "" || len(first.Secrets) != 1 || first.Result.Hosts[0].Leaf() == nil || first.Result.Hosts[0].Host != "*.d.example.com" {
		t.Errorf("%+v", first)
	}
	if second := all[1]; len(second.Secrets) != 0 || second.Result.Hosts[0].Host != "*.e.example.com" {
		t.Errorf("%+v", second)
	}
	if places, err := (&options{}).placesOf(nil, s, &doors[0]); err != nil || len(places) != 2 || places[0].Endpoint != "[::1]:443" {
		t.Errorf("%v %+v", err, places)
	}
	o.connect = []string{"here"}
	if _, _, err := o.probe(t.Context(), nil, s, doors); err == nil {
		t.Error("an address without a port is taken")
	}
}

// TestProbeIsBounded: what is not asked is said.
func TestProbeIsBounded(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	o := &options{connect: slices.Repeat([]string{address}, maxEndpoints+3)}
	doors := []chain.Consumer{{Hosts: []string{"*.a.example.com"}}}
	all, _, err := o.probe(t.Context(), nil, &chain.Snapshot{}, doors)
	if err != nil || len(all) != maxEndpoints+3 {
		t.Fatal(err, len(all))
	}
	for i, want := range map[int]served.Kind{0: served.Refused, maxEndpoints - 1: served.Refused, maxEndpoints: served.NotAsked, maxEndpoints + 2: served.NotAsked} {
		if f := all[i].Result.Failure; f == nil || f.Kind != want {
			t.Errorf("%d: %v", i, f)
		}
	}
}
