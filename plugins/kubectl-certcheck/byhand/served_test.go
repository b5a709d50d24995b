//go:build !windows

package byhand

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// handshakes is what does handshakes in a pod, and tells the names asked for.
func handshakes(i *issued, names chan<- string) kubetest.ForwardFunc {
	config := i.serve()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}
	return func(ctx context.Context, _, _ string, port int, conn io.ReadWriteCloser) error {
		if port != 8443 {
			return errors.New("connection refused")
		}
		here, there := net.Pipe()
		defer there.Close()
		go func() {
			_ = tls.Server(here, config).HandshakeContext(ctx)
			here.Close()
		}()
		go io.Copy(there, conn) //nolint:errcheck // it ends when either is done
		_, err := io.Copy(conn, there)
		return err
	}
}

// nothingForwarded waits until no port-forward is open.
func (w *world) nothingForwarded() {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); w.server.OpenPortForwards() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%d port-forwards are left", w.server.OpenPortForwards())
		}
	}
}

func TestServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf, old := mint(t, w.ca, "leaf", nil), mint(t, w.ca, "old", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	names := make(chan string, 10)
	ours, theirs := handshakes(leaf, names), handshakes(old, names)
	w.server.HandlePortForward(func(ctx context.Context, namespace, pod string, port int, conn io.ReadWriteCloser) error {
		if pod == "new-0" {
			return ours(ctx, namespace, pod, port, conn)
		}
		return theirs(ctx, namespace, pod, port, conn)
	})
	for _, name := range []string{"new-0", "old-0"} {
		w.must(w.server.Create(kubetest.Pod("istio", name)))
	}
	s := w.pair(leaf, "10.0.0.1", "*.shop.example")
	s.Pods = []Pod{{"istio", "new-0", 8443}, {"istio", "old-0", 8443}, {"istio", "new-0", 80}, {"istio", "gone", 8443}}
	gone := *s
	gone.Name, gone.Hosts, gone.Pods = "gone", nil, s.Pods[:1]
	w.plan.Chains[0].Secrets = append(w.plan.Chains[0].Secrets, gone)
	w.run(3)
	w.want(trusted, itsKey, "ok for 10.0.0.1", "ok for *.shop.example",
		"ok the certificate of the Secret",
		"NOT OK another certificate than the Secret's", "NOT OK expired",
		"NOT OK no certificate came within 15 seconds: ...",
		`NOT OK no port-forward within 15 seconds: Error from server (NotFound): pods "gone" not found`,
		`NOT OK it cannot be read: Error from server (NotFound): secrets "gone" not found`, "? the Secret has none to compare with")
	w.wantSaid("== what pod istio/new-0 serves on port 8443 for certcheck.shop.example\n", "subject=CN = old\n", "connection refused")
	w.nothingForwarded()
	close(names)
	var asked []string
	for name := range names {
		asked = append(asked, name)
	}
	if got := strings.Join(asked, ","); got != "certcheck.shop.example,certcheck.shop.example," {
		t.Errorf("the names asked for are %q", got)
	}
}

// A script that is ended in a handshake ends its port-forward, and leaves no files.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for signal, status := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		w := newWorld(t)
		began := make(chan struct{}, 1)
		w.server.HandlePortForward(func(ctx context.Context, _, _ string, _ int, _ io.ReadWriteCloser) error {
			began <- struct{}{}
			<-ctx.Done() // a server that says nothing
			return nil
		})
		w.must(w.server.Create(kubetest.Pod("istio", "mute-0")))
		w.pair(mint(t, w.ca, "leaf", nil), "shop.example").Pods = []Pod{{"istio", "mute-0", 8443}}
		cmd := w.start()
		select {
		case <-began:
		case <-time.After(2 * time.Minute):
			t.Fatal("it never comes to the handshake")
		}
		if files, err := filepath.Glob(filepath.Join(w.dir, "tmp", "*", "chain")); err != nil || len(files) != 1 {
			t.Errorf("its files are %v, %v", files, err)
		}
		w.must(cmd.Process.Signal(signal))
		w.end(cmd, status)
		w.nothingForwarded()
	}
}
