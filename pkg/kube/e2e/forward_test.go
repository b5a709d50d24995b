//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

const pageSize = 3 << 20 // bytes

func TestPortForward(t *testing.T) {
	ns := realcluster.NewSerial(t)
	ns.Apply(realcluster.Pod("box", realcluster.Shell("app", fmt.Sprintf(
		`mkdir /tmp/www; head -c %d /dev/zero >/tmp/www/page; httpd -p 8080 -h /tmp/www; exec nc -ll -p 9000 -e cat`, pageSize))))
	ns.Running("", 1)
	ns.Until("somebody listens on port 9000", time.Minute, func() error {
		if ns.Kubectl("exec", "-n", ns.Name, "box", "--", "sh", "-c", "grep -qi :2328 /proc/net/tcp* && echo yes || true") == "" {
			return errors.New("nobody does yet") // a container runs before its program does
		}
		return nil
	})
	eachProtocol(t, ns, func(t *testing.T, c *kube.Cluster) {
		t.Run("two ports", func(t *testing.T) { forwardTwoPorts(t, c, ns.Name) })
		t.Run("nobody listens there", func(t *testing.T) { forwardToNobody(t, c, ns.Name) })
	})
	t.Run("no such pod", func(t *testing.T) {
		if _, err := ns.Cluster.PortForward(t.Context(), ns.Name, "ghost", []string{":8080"}, io.Discard); err == nil {
			t.Error("no error for a pod that does not exist")
		}
	})
}

// forwardTwoPorts fetches pages and echoes at the same time, then closes.
func forwardTwoPorts(t *testing.T, c *kube.Cluster, namespace string) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	forward, err := c.PortForward(ctx, namespace, "box", []string{":8080", ":9000"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { fetch(t, forward.Local[0]) })
		wg.Go(func() { echo(t, forward.Local[1]) })
	}
	wg.Wait()
	cancel()
	select {
	case err := <-forward.Done:
		if err != nil {
			t.Errorf("forwarding ended with %v, want nil after the context's end", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("forwarding did not end with its context")
	}
	if conn, err := net.Dial("tcp", address(forward.Local[0])); err == nil {
		conn.Close()
		t.Error("the local port is still open")
	}
}

func fetch(t *testing.T, port int) {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + address(port) + "/page")
	if err != nil {
		t.Error(err)
		return
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n != pageSize || err != nil {
		t.Errorf("fetched %d bytes of %d: %v", n, pageSize, err)
	}
}

func echo(t *testing.T, port int) {
	conn, err := net.Dial("tcp", address(port))
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Error(err)
	}
	sent := bytes.Repeat([]byte("ping pong\n"), 100)
	if _, err := conn.Write(sent); err != nil {
		t.Error(err)
	}
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("the echo is not what was sent: %v", err)
	}
}

// forwardToNobody: the connection is closed at once, errOut says why, and since
// client-go gives the whole forwarding up, Done says that.
func forwardToNobody(t *testing.T, c *kube.Cluster, namespace string) {
	said := &lockedBuffer{}
	forward, err := c.PortForward(t.Context(), namespace, "box", []string{":7"}, said)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address(forward.Local[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Error(err)
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || isTimeout(err) {
		t.Errorf("read %d bytes, error %v, want a closed connection", n, err)
	}
	select {
	case err := <-forward.Done:
		t.Logf("forwarding ended: %v", err)
		if err == nil {
			t.Error("forwarding ended without an error and before its context")
		}
	case <-time.After(30 * time.Second):
		t.Error("a connection was refused, and neither its end nor an error is heard of")
	}
	if !bytes.Contains(said.bytes(), []byte("refused")) {
		t.Errorf("errOut does not say that the connection was refused: %q", said.bytes())
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// lockedBuffer is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}
