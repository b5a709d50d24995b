package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// testCluster is a Cluster on a scripted server with one pod, shop/web-0.
func testCluster(t *testing.T) (*kubetest.Server, *Cluster) {
	t.Helper()
	srv := kubetest.Start(t)
	if err := srv.Create(kubetest.Pod("shop", "web-0", kubetest.WithContainers("app"))); err != nil {
		t.Fatal(err)
	}
	c, err := NewCluster("test", "shop", srv.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return srv, c
}

// transports runs a test over WebSocket and, where a server in between does not
// let that through, over SPDY.
func transports(t *testing.T, test func(*testing.T, *kubetest.Server, *Cluster)) {
	t.Run("WebSocket", func(t *testing.T) {
		srv, c := testCluster(t)
		test(t, srv, c)
		if n := srv.CountRequests(func(r kubetest.RequestRecord) bool { return r.Method == "POST" }); n != 0 {
			t.Errorf("%d requests fell back to SPDY", n)
		}
	})
	t.Run("SPDY", func(t *testing.T) {
		srv, c := testCluster(t)
		srv.DisableWebSocket()
		test(t, srv, c)
		if n := srv.CountRequests(func(r kubetest.RequestRecord) bool { return r.Method == "POST" }); n == 0 {
			t.Error("nothing went over SPDY")
		}
	})
}

func TestExec(t *testing.T) {
	transports(t, func(t *testing.T, srv *kubetest.Server, c *Cluster) {
		srv.HandleExec(func(_ context.Context, r kubetest.ExecRequest, stdin io.Reader, stdout, stderr io.Writer) int {
			in, _ := io.ReadAll(stdin)
			fmt.Fprintf(stdout, "%s in %s/%s/%s got %d bytes", strings.Join(r.Command, "|"), r.Namespace, r.Pod, r.Container, len(in))
			fmt.Fprint(stderr, "careful")
			return 7
		})
		var stdout, stderr bytes.Buffer
		input := strings.Repeat("x", 100_000)
		err := c.Exec(t.Context(), "shop", "web-0", &corev1.PodExecOptions{Container: "app", Command: []string{"wc", "a b;c"}},
			remotecommand.StreamOptions{Stdin: strings.NewReader(input), Stdout: &stdout, Stderr: &stderr})
		var exit exec.CodeExitError
		if !errors.As(err, &exit) || exit.Code != 7 {
			t.Errorf("the exit code 7 came as %v", err)
		}
		if got, want := stdout.String(), "wc|a b;c in shop/web-0/app got 100000 bytes"; got != want {
			t.Errorf("stdout is %q, want %q", got, want)
		}
		if stderr.String() != "careful" {
			t.Errorf("stderr is %q", stderr.String())
		}
	})
}

func TestPortForward(t *testing.T) {
	transports(t, func(t *testing.T, srv *kubetest.Server, c *Cluster) {
		srv.HandlePortForward(func(_ context.Context, _, pod string, port int, conn io.ReadWriteCloser) error {
			defer conn.Close()
			question := make([]byte, 4)
			if port == 7 {
				return errors.New("connect: connection refused")
			}
			if _, err := io.ReadFull(conn, question); err != nil {
				return err
			}
			_, err := fmt.Fprintf(conn, "%s:%d answers %s", pod, port, question)
			return err
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		forward, err := c.PortForward(ctx, "shop", "web-0", []string{":80", ":443"}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		for i, port := range []int{80, 443} {
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", forward.Local[i]))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(conn, "ping")
			answer, _ := io.ReadAll(conn)
			conn.Close()
			if want := fmt.Sprintf("web-0:%d answers ping", port); string(answer) != want {
				t.Errorf("got %q, want %q", answer, want)
			}
		}
		cancel()
		select {
		case err := <-forward.Done:
			if err != nil {
				t.Errorf("after cancel: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("the forwarding did not end with its context")
		}
		refused(t, c)
	})
}

// A server that does not answer cannot hold a port-forward past its context.
func TestPortForwardEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for protocol, method := range map[string]string{"WebSocket": "GET", "SPDY": "POST"} {
		t.Run(protocol, func(t *testing.T) {
			srv, c := testCluster(t)
			if protocol == "SPDY" {
				srv.DisableWebSocket()
			}
			silent := srv.Fault(kubetest.Fault{Delay: 30 * time.Second, Match: func(r *http.Request) bool { return r.Method == method }})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(500*time.Millisecond, cancel)
			start := time.Now()
			if _, err := c.PortForward(ctx, "shop", "web-0", []string{":80"}, io.Discard); !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
			if took := time.Since(start); took > 10*time.Second || silent.Count() != 1 {
				t.Errorf("it took %v and %d requests", took, silent.Count())
			}
		})
	}
}

// refused: the reason why a connection failed is said, not only logged.
func refused(t *testing.T, c *Cluster) {
	t.Helper()
	said, say := io.Pipe()
	forward, err := c.PortForward(t.Context(), "shop", "web-0", []string{":7"}, say)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", forward.Local[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reason := make([]byte, 1000)
	n, _ := said.Read(reason)
	if !strings.Contains(string(reason[:n]), "connection refused") {
		t.Errorf("the reason is not said: %q", reason[:n])
	}
	go io.Copy(io.Discard, said)
}

// A thousand logs that are opened together take a few connections, and each
// gets its own lines.
func TestOpenManyLogs(t *testing.T) {
	srv := kubetest.Start(t)
	var dials atomic.Int64
	config := srv.RESTConfig()
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	c, err := NewCluster("test", "shop", config)
	if err != nil {
		t.Fatal(err)
	}
	const logs = 300
	bodies := make(chan error, logs)
	for i := range logs {
		name := fmt.Sprintf("many-%d", i)
		if err := srv.Create(kubetest.Pod("shop", name, kubetest.WithContainers("app"))); err != nil {
			t.Fatal(err)
		}
		srv.Container("shop", name, "app").Write("hello of " + name)
		go func() {
			body, err := c.OpenLog(t.Context(), "shop", name, &corev1.PodLogOptions{})
			if err != nil {
				bodies <- err
				return
			}
			defer body.Close()
			text, err := io.ReadAll(body)
			if err == nil && string(text) != "hello of "+name+"\n" {
				err = fmt.Errorf("%s said %q", name, text)
			}
			bodies <- err
		}()
	}
	for range logs {
		if err := <-bodies; err != nil {
			t.Error(err)
		}
	}
	// Some are dialled in vain, because they finish after another became free.
	if n := dials.Load(); n > logs/3 {
		t.Errorf("%d connections were dialled for %d logs", n, logs)
	}
}
