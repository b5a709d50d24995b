package live

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// listen runs a server on the loopback and returns how to connect to it. Handlers
// are waited for at the end of the test.
func listen(t testing.TB, handle func(net.Conn)) Dialer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // a test that hangs fails otherwise
				handle(conn)
			})
		}
	})
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { listener.Close() })
	dial, err := TCP(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return dial
}

// tlsServer is a server that reads until the client is done.
func tlsServer(t testing.TB, config *tls.Config) Dialer {
	t.Helper()
	return listen(t, func(conn net.Conn) { speakTLS(conn, config) })
}

func speakTLS(conn net.Conn, config *tls.Config) {
	server := tls.Server(conn, config)
	defer server.Close()
	if server.Handshake() == nil {
		io.Copy(io.Discard, server) //nolint:errcheck // the client is done
	}
}

// closedPort is an address where nothing listens.
func closedPort(t testing.TB) Dialer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	dial, err := TCP(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return dial
}

// probeOne probes one endpoint.
func probeOne(t testing.TB, dial Dialer, hosts ...string) served.Result {
	t.Helper()
	return Probe(t.Context(), []Endpoint{{Name: "it", Dial: dial, Hosts: hosts}}, Options{Timeout: 10 * time.Second})[0]
}
