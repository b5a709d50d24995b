package live

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// testTimeout is for servers that do not answer.
const testTimeout = 2 * time.Second

// reset closes with RST.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) //nolint:errcheck // the test sees that there was no reset
	}
}

// answer reads the hello, so that closing is no reset, and says something.
func answer(text string) func(net.Conn) {
	return func(conn net.Conn) {
		conn.Read(make([]byte, 64<<10)) //nolint:errcheck // the client is there or not
		io.WriteString(conn, text)      //nolint:errcheck // the client is there or not
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handle   func(net.Conn)
		want     served.Kind
		alert    string
		received int64
	}{
		"plain HTTP":        {answer("HTTP/1.1 400 Bad Request\r\n\r\n"), served.PlainHTTP, "", 28},
		"mail":              {answer("220 mail.example ESMTP\r\n"), served.NotTLS, "", 24},
		"closed":            {answer(""), served.Closed, "", 0},
		"closed in between": {answer("\x16\x03\x03"), served.Closed, "", 3},
		"reset":             {func(conn net.Conn) { answer("")(conn); reset(conn) }, served.Reset, "", 0},
		"silent":            {func(conn net.Conn) { answer("")(conn); conn.Read(make([]byte, 1)) }, served.Timeout, "", 0},
		"stuck": {func(conn net.Conn) {
			answer("\x16\x03\x03\x40\x00 the rest does not come")(conn)
			conn.Read(make([]byte, 1)) //nolint:errcheck // until the client gives up
		}, served.Timeout, "", 28},
		"handshake_failure": {answer("\x15\x03\x03\x00\x02\x02\x28"), served.Alert, "handshake_failure", 7},
		"alert of no name":  {answer("\x15\x03\x03\x00\x02\x02\xfa"), served.Alert, "250", 7},
		"SSL 3.0": {answer("\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00" + strings.Repeat("r", 32) + "\x00\x00\x2f\x00"),
			served.NoCommonVersion, "", 47},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Probe(t.Context(), []Endpoint{{Dial: listen(t, c.handle), Hosts: []string{"a.example"}}}, Options{Timeout: testTimeout})[0]
			if r.Failure != nil || len(r.Versions) != 0 {
				t.Fatalf("%+v", r)
			}
			for _, h := range []*served.Handshake{&r.Hosts[0], r.NoSNI, r.UnknownSNI} {
				f := h.Failure
				if f == nil || f.Kind != c.want || f.Alert != c.alert || f.Received != c.received || h.Chain != nil {
					t.Errorf("%q: %+v", h.ServerName, f)
				}
			}
		})
	}
}

// What keeps the first handshake from connecting is tried once.
func TestUnreached(t *testing.T) {
	t.Parallel()
	fail := func(err error) Dialer {
		return func(context.Context) (net.Conn, error) { return nil, &net.OpError{Op: "dial", Err: err} }
	}
	for name, c := range map[string]struct {
		dial Dialer
		want served.Kind
	}{
		"nothing listens":  {closedPort(t), served.Refused},
		"no such host":     {fail(&net.DNSError{Err: "no such host", IsNotFound: true}), served.NoSuchHost},
		"no name server":   {fail(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), served.LookupFailed},
		"no route":         {fail(syscall.EHOSTUNREACH), served.Unreachable},
		"no network":       {fail(syscall.ENETUNREACH), served.Unreachable},
		"refused, Windows": {fail(errors.New("No connection could be made because the target machine actively refused it.")), served.Refused},
		"no answer": {func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, served.ConnectTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tried := 0
			counted := func(ctx context.Context) (net.Conn, error) { tried++; return c.dial(ctx) }
			r := Probe(t.Context(), []Endpoint{{Dial: counted, Hosts: []string{"a.example", "b.example"}}}, Options{Timeout: 100 * time.Millisecond})[0]
			if r.Failure == nil || r.Failure.Kind != c.want || !r.Failure.Kind.Unreached() || tried != 1 || r.Hosts != nil {
				t.Errorf("after %d tries: %+v", tried, r)
			}
		})
	}
}

func TestTCPAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"a.example:443": true, "[2001:db8::1]:8443": true, "10.0.0.1:1": true,
		"a.example": false, ":443": false, "a.example:https": false, "a.example:0": false, "a.example:65536": false, "2001:db8::1:443": false, "": false,
	} {
		if _, err := TCP(address); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		} else if err != nil && !strings.Contains(err.Error(), "HOST:PORT") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// Each alert that crypto/tls can send has a name.
func TestAlertNames(t *testing.T) {
	for number := range 256 {
		_, known := strings.CutPrefix(tls.AlertError(number).Error(), "tls: alert(")
		if name := alertName(uint8(number)); !known && name == fmt.Sprint(number) && number != 0 {
			t.Errorf("alert %d, %v, has no name", number, tls.AlertError(number))
		}
	}
}
