package live

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// world is a scripted API server with the pods shop/web-0 and shop/web-1.
func world(t *testing.T) (*kubetest.Server, *kube.Cluster) {
	t.Helper()
	server := kubetest.Start(t)
	for _, name := range []string{"web-0", "web-1"} {
		server.Must(server.Create(kubetest.Pod("shop", name)))
	}
	cluster, err := kube.NewCluster("test", "shop", server.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return server, cluster
}

// toPod leads a connection to what listens in a pod, until either is done.
func toPod(ctx context.Context, dial Dialer, conn io.ReadWriteCloser) error {
	pod, err := dial(ctx)
	if err != nil {
		return err
	}
	defer pod.Close()
	go func() {
		io.Copy(pod, conn)              //nolint:errcheck // it ends when either is done
		pod.(*net.TCPConn).CloseWrite() //nolint:errcheck // it ends when either is done
	}()
	io.Copy(conn, pod) //nolint:errcheck // it ends when either is done
	return nil
}

// nothingForwarded waits until no port-forward is open.
func nothingForwarded(t *testing.T, server *kubetest.Server) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); server.OpenPortForwards() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d port-forwards are left", server.OpenPortForwards())
		}
	}
}

// Two pods of which one has not got the new certificate.
func TestForwardPod(t *testing.T) {
	t.Parallel()
	for protocol, websocket := range map[string]bool{"WebSocket": true, "SPDY": false} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			server, cluster := world(t)
			if !websocket {
				server.DisableWebSocket()
			}
			old, renewed := mint(t, nil, "old", "a.example"), mint(t, nil, "new", "a.example")
			pods := map[string]Dialer{
				"web-0": tlsServer(t, &tls.Config{Certificates: []tls.Certificate{*serve(old, old)}}),
				"web-1": tlsServer(t, &tls.Config{Certificates: []tls.Certificate{*serve(renewed, renewed)}}),
			}
			server.HandlePortForward(func(ctx context.Context, _, pod string, port int, conn io.ReadWriteCloser) error {
				if port != 8443 {
					return errors.New("this is another port")
				}
				return toPod(ctx, pods[pod], conn)
			})
			var endpoints []Endpoint
			for _, pod := range []string{"web-0", "web-1"} {
				endpoints = append(endpoints, Endpoint{Name: pod, Dial: ForwardPod(cluster, "shop", pod, 8443), Hosts: []string{"a.example"}})
			}
			results := Probe(t.Context(), endpoints, Options{Timeout: 20 * time.Second})
			for i, want := range []string{"old", "new"} {
				if r := results[i]; r.Failure != nil || leafName(&r.Hosts[0]) != want || support(r.Versions) != "1.0 no, 1.1 no, 1.2 yes, 1.3 yes" {
					t.Errorf("%+v", r)
				}
			}
			nothingForwarded(t, server)
		})
	}
}

func TestForwardPodFailures(t *testing.T) {
	t.Parallel()
	kubelet := "error forwarding port 8443 to pod 1b2c, uid : failed to execute portforward in network namespace: "
	for name, c := range map[string]struct {
		pod   string
		setUp func(*kubetest.Server)
		want  served.Kind
		says  string
	}{
		"nothing listens": {"web-0", func(*kubetest.Server) {}, served.Refused, "connect: connection refused"},
		"another reason": {"web-0", func(s *kubetest.Server) { s.HandlePortForward(failing(kubelet + "no such network namespace")) },
			served.ForwardFailed, "no such network namespace"},
		"forbidden": {"web-0", func(s *kubetest.Server) { s.Forbid("create", "pods/portforward"); s.Forbid("get", "pods/portforward") },
			served.Forbidden, `cannot create resource "pods/portforward"`},
		"no such pod": {"web-9", func(*kubetest.Server) {}, served.NoPod, `pods "web-9" not found`},
		"broken": {"web-0", func(s *kubetest.Server) {
			s.Fault(kubetest.Fault{Match: kubetest.PortForwardsTo("shop", "web-0"), Status: http.StatusInternalServerError, Message: "no agent available"})
		}, served.ForwardFailed, "no agent available"},
		"silent": {"web-0", func(s *kubetest.Server) {
			s.Fault(kubetest.Fault{Match: kubetest.PortForwardsTo("shop", "web-0"), Delay: 20 * time.Second})
		}, served.ConnectTimeout, ""},
		"node not reached": {"web-0", func(s *kubetest.Server) {
			s.Fault(kubetest.Fault{Match: kubetest.PortForwardsTo("shop", "web-0"), Status: http.StatusInternalServerError,
				Message: "error dialing backend: dial tcp 10.0.0.1:10250: i/o timeout"})
		}, served.ForwardFailed, "error dialing backend"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, cluster := world(t)
			c.setUp(server)
			e := Endpoint{Dial: ForwardPod(cluster, "shop", c.pod, 8443), Hosts: []string{"a.example", "b.example"}}
			r := Probe(t.Context(), []Endpoint{e}, Options{Timeout: 3 * time.Second})[0]
			if r.Failure == nil || r.Failure.Kind != c.want || !strings.Contains(r.Failure.Detail, c.says) || r.Hosts != nil {
				t.Errorf("%+v", r.Failure)
			}
			nothingForwarded(t, server)
		})
	}
}

func failing(text string) kubetest.ForwardFunc {
	return func(context.Context, string, string, int, io.ReadWriteCloser) error { return errors.New(text) }
}

// A pod that hangs up is no failure of the port-forward.
func TestForwardPodHangsUp(t *testing.T) {
	t.Parallel()
	server, cluster := world(t)
	server.HandlePortForward(func(_ context.Context, _, _ string, _ int, conn io.ReadWriteCloser) error {
		conn.Read(make([]byte, 64<<10)) //nolint:errcheck // the hello
		return nil
	})
	r := probeOne(t, ForwardPod(cluster, "shop", "web-0", 8443), "a.example")
	if r.Failure != nil || r.Hosts[0].Failure == nil || r.Hosts[0].Failure.Kind != served.Closed && r.Hosts[0].Failure.Kind != served.Reset {
		t.Errorf("%+v", r)
	}
	nothingForwarded(t, server)
	conn, err := ForwardPod(cluster, "shop", "web-0", 8443)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	nothingForwarded(t, server) // though the context goes on
}

func TestForwardPodCancel(t *testing.T) {
	t.Parallel()
	server, cluster := world(t)
	server.HandlePortForward(func(ctx context.Context, _, _ string, _ int, _ io.ReadWriteCloser) error {
		<-ctx.Done()
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(500*time.Millisecond, cancel)
	start := time.Now()
	r := Probe(ctx, []Endpoint{{Dial: ForwardPod(cluster, "shop", "web-0", 8443)}}, Options{Timeout: time.Minute})[0]
	if r.Failure == nil || r.Failure.Kind != served.Canceled || time.Since(start) > 10*time.Second {
		t.Errorf("after %v: %+v", time.Since(start), r.Failure)
	}
	nothingForwarded(t, server)
}
