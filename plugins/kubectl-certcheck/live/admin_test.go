package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// The present form; of the Envoys of old there are a day that is negative and a
// time past 2038.
const presentCerts = `{
 "certificates": [
  {
   "ca_cert": [{"path": "<inline>", "serial_number": "116DB900F6BB", "subject_alt_names": [],
    "days_until_expiration": "36196", "valid_from": "2018-04-25T21:11:33Z", "expiration_time": "1982-03-19T15:43:17Z"}],
   "cert_chain": [{"path": "<inline>", "serial_number": "0287be20", "subject_alt_names":
     [{"dns": "a.example"}, {"dns": "b.example"}, {"uri": "spiffe://cluster.local/ns/shop/sa/web"}, {"ip_address": "10.0.0.1"}],
    "days_until_expiration": "18446744073709551614", "valid_from": "2019-03-18T22:43:59Z", "expiration_time": "2019-03-19T22:48:59.5Z",
    "ocsp_details": {"valid_from": "2019-03-18T22:43:59Z"}}]
  },
  {"ca_cert": [], "cert_chain": []},
  {"ca_cert": {}, "cert_chain": {"path": "/etc/certs/cert-chain.pem", "serial_number": "5", "days_until_expiration": 89}}
 ]
}`

// The form of 2018: objects one after the other.
const oldCerts = `{
	"ca_cert": "",
	"cert_chain": "Certificate Path: /etc/istio/ingressgateway-certs/tls.crt, Serial Number: 03A1, Days until Expiration: 70"
}
{
	"ca_cert": "Certificate Path: /etc/certs/root, old.pem, Serial Number: 9bf286, Days until Expiration: -355",
	"cert_chain": "Certificate Path: /etc/certs/cert-chain.pem, Serial Number: 12, Days until Expiration: 2147483647"
}
`

// lines are what is loaded, one line each.
func lines(loaded []served.Loaded) (out []string) {
	for _, l := range loaded {
		days := "?"
		if l.Days != nil {
			days = fmt.Sprint(*l.Days)
		}
		span := func(at time.Time) string {
			if at.IsZero() {
				return "?"
			}
			return at.Format("2006-01-02")
		}
		out = append(out, fmt.Sprintf("%s %s %s %s..%s %s days %v %v %v", l.Use, l.Path, l.Serial,
			span(l.NotBefore), span(l.NotAfter), days, l.DNSNames, l.URIs, l.Addresses))
	}
	return out
}

func TestParseAdminCertificates(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   []string
	}{
		"present": {presentCerts, []string{
			"ca_cert <inline> 116db900f6bb 2018-04-25..? 36196 days [] [] []",
			"cert_chain <inline> 0287be20 2019-03-18..2019-03-19 -2 days [a.example b.example] [spiffe://cluster.local/ns/shop/sa/web] [10.0.0.1]",
			"cert_chain /etc/certs/cert-chain.pem 05 ?..? 89 days [] [] []",
		}},
		"old": {oldCerts, []string{
			"cert_chain /etc/istio/ingressgateway-certs/tls.crt 03a1 ?..? 70 days [] [] []",
			"ca_cert /etc/certs/root, old.pem 9bf286 ?..? -355 days [] [] []",
			"cert_chain /etc/certs/cert-chain.pem 12 ?..? ? days [] [] []",
		}},
		"old, not quoted": {strings.ReplaceAll(oldCerts, "/etc/certs/", `C:\certs "here"\`), []string{
			"cert_chain /etc/istio/ingressgateway-certs/tls.crt 03a1 ?..? 70 days [] [] []",
			`ca_cert C:\certs "here"\root, old.pem 9bf286 ?..? -355 days [] [] []`,
			`cert_chain C:\certs "here"\cert-chain.pem 12 ?..? ? days [] [] []`,
		}},
		"fields of other types": {`{"certificates":[{"cert_chain":[{"path":7,"serial_number":"00ff","days_until_expiration":"soon","valid_from":5}, 7, [[]], null]}]}`, []string{
			"cert_chain  ff ?..? ? days [] [] []",
		}},
		"none":      {`{"certificates": []}`, nil},
		"none, old": {"\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			loaded, err := ParseAdminCertificates([]byte(c.answer))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Join(lines(loaded), "\n"), strings.Join(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	for _, answer := range []string{"<html>", "{}", `{"a": 1}`, "[]", `{"certificates": []} trailing`, "Certificate Path: a, Serial Number: b"} {
		if loaded, err := ParseAdminCertificates([]byte(answer)); err == nil {
			t.Errorf("%q is %v", answer, loaded)
		}
	}
}

func FuzzParseAdminCertificates(f *testing.F) {
	for _, seed := range []string{presentCerts, oldCerts, strings.ReplaceAll(oldCerts, "root", `"\`), "", "{}", `{"certificates":null}`, "Certificate Path: "} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		loaded, err := ParseAdminCertificates(answer)
		if err != nil && loaded != nil {
			t.Errorf("both an error and %v", loaded)
		}
		for _, l := range loaded {
			if l.Use != served.UseServing && l.Use != served.UseTrust {
				t.Errorf("use %q", l.Use)
			}
			if len(l.Serial)%2 != 0 || strings.HasPrefix(l.Serial, "00") {
				t.Errorf("serial %q", l.Serial)
			}
			if !l.NotAfter.IsZero() && l.NotAfter.Before(l.NotBefore) {
				t.Errorf("from %v to %v", l.NotBefore, l.NotAfter)
			}
		}
	})
}

// envoy is an admin interface in a pod.
func envoy(t *testing.T, status int, body string) Dialer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if known := []string{"/certs", "/config_dump?resource=dynamic_warming_secrets"}; r.Method != "GET" || !slices.Contains(known, r.URL.RequestURI()) {
			status = http.StatusTeapot
		}
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the client sees it
	})}
	go server.Serve(listener)            //nolint:errcheck // it is closed
	t.Cleanup(func() { server.Close() }) //nolint:errcheck // the test is over
	dial, err := TCP(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return dial
}

// A server that does not expect TLS takes the hello for a request.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	h := probeOne(t, envoy(t, http.StatusOK, ""), "a.example").Hosts[0]
	if h.Failure == nil || h.Failure.Kind != served.PlainHTTP {
		t.Errorf("%+v", h.Failure)
	}
}

func TestAdminCertificates(t *testing.T) {
	t.Parallel()
	server, cluster := world(t)
	admin := envoy(t, http.StatusOK, oldCerts)
	server.HandlePortForward(func(ctx context.Context, _, pod string, port int, conn io.ReadWriteCloser) error {
		if port != AdminPort || pod != "web-0" {
			return errors.New("dial tcp4 127.0.0.1:15000: connect: connection refused")
		}
		return toPod(ctx, admin, conn)
	})
	loaded, err := AdminCertificates(t.Context(), ForwardPod(cluster, "shop", "web-0", AdminPort))
	if err != nil || len(loaded) != 3 || loaded[0].Serial != "03a1" {
		t.Errorf("%v, %v", loaded, err)
	}
	nothingForwarded(t, server)

	var failure *served.Failure
	if _, err := AdminCertificates(t.Context(), ForwardPod(cluster, "shop", "web-1", AdminPort)); !errors.As(err, &failure) || failure.Kind != served.Refused {
		t.Errorf("where nothing listens: %v", err)
	}
	nothingForwarded(t, server)
	if _, err := AdminCertificates(t.Context(), ForwardPod(cluster, "shop", "web-9", AdminPort)); !errors.As(err, &failure) || failure.Kind != served.NoPod {
		t.Errorf("without a pod: %v", err)
	}
	if _, err := AdminCertificates(t.Context(), envoy(t, http.StatusNotFound, "")); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("not found: %v", err)
	}
	if _, err := AdminCertificates(t.Context(), envoy(t, http.StatusOK, strings.Repeat(" ", maxAdmin+1))); err == nil || !strings.Contains(err.Error(), "more than 32 MiB") {
		t.Errorf("too much: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := AdminCertificates(ctx, admin); !errors.As(err, &failure) || failure.Kind != served.Canceled {
		t.Errorf("after the end: %v", err)
	}
}

func TestAdminWarming(t *testing.T) {
	t.Parallel()
	const dump = `{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.SecretsConfigDump.DynamicSecret","name":"kubernetes://web-tls","secret":{"name":"kubernetes://web-tls","tls_certificate":{"private_key":{"inline_bytes":"W3JlZGFjdGVkXQ=="}}}},{"version_info":"x"}]}`
	if names, err := AdminWarming(t.Context(), envoy(t, http.StatusOK, dump)); err != nil || !slices.Equal(names, []string{"kubernetes://web-tls"}) {
		t.Errorf("%q, %v", names, err)
	}
	if names, err := AdminWarming(t.Context(), envoy(t, http.StatusOK, "{}")); err != nil || len(names) != 0 {
		t.Errorf("none: %q, %v", names, err)
	}
	for _, body := range []string{"", "hello", `{"configs": "x"}`} {
		if _, err := AdminWarming(t.Context(), envoy(t, http.StatusOK, body)); err == nil || !strings.Contains(err.Error(), "not the JSON") {
			t.Errorf("%q: %v", body, err)
		}
	}
}
