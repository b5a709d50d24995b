package kubetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// dialers make a port-forward's connection to shop/web-0 by protocol.
func dialers(t *testing.T, s *Server) map[string]httpstream.Dialer {
	t.Helper()
	url := client(t, s).CoreV1().RESTClient().Post().Namespace("shop").Resource("pods").Name("web-0").SubResource("portforward").URL()
	rt, upgrader, err := spdy.RoundTripperFor(s.RESTConfig())
	s.Must(err)
	tunnel, err := portforward.NewSPDYOverWebsocketDialerForStreaming(url, s.RESTConfig())
	s.Must(err)
	return map[string]httpstream.Dialer{
		"spdy":      spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: rt}, "POST", url),
		"websocket": tunnel,
	}
}

func TestPortForward(t *testing.T) {
	s, _ := web0(t)
	s.HandlePortForward(func(_ context.Context, namespace, pod string, port int, conn io.ReadWriteCloser) error {
		line, err := bufio.NewReader(conn).ReadString('\n')
		fmt.Fprintf(conn, "%s/%s:%d got %s", namespace, pod, port, line)
		return err
	})
	for name, dialer := range dialers(t, s) {
		t.Run(name, func(t *testing.T) {
			stop, ready, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			f, err := portforward.NewForStreaming(dialer, []string{"0:5432"}, stop, ready, io.Discard, io.Discard)
			s.Must(err)
			go func() { ended <- f.ForwardPorts() }()
			select {
			case <-ready:
			case err := <-ended:
				t.Fatalf("it ended: %v", err)
			}
			ports, err := f.GetPorts()
			s.Must(err)
			for range 3 {
				conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[0].Local))
				s.Must(err)
				io.WriteString(conn, "hello\n")
				got, err := io.ReadAll(conn)
				if string(got) != "shop/web-0:5432 got hello\n" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				conn.Close()
			}
			if n := s.CutPortForwards(); n != 1 {
				t.Errorf("cut %d", n)
			}
			if err := <-ended; err == nil || !strings.Contains(err.Error(), "lost connection to pod") {
				t.Errorf("after the cut: %v", err)
			}
		})
	}
}

func TestPortForwardToNothing(t *testing.T) {
	s, _ := web0(t)
	stop, ready := make(chan struct{}), make(chan struct{})
	var told strings.Builder
	f, err := portforward.NewForStreaming(dialers(t, s)["spdy"], []string{"0:80"}, stop, ready, io.Discard, &told)
	s.Must(err)
	ended := make(chan error, 1)
	go func() { ended <- f.ForwardPorts() }()
	<-ready
	ports, err := f.GetPorts()
	s.Must(err)
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[0].Local))
	s.Must(err)
	if got, err := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
	conn.Close()
	if err := <-ended; err == nil || !strings.Contains(told.String()+err.Error(), "lost connection to pod") {
		t.Errorf("it ended with %v, %q", err, &told)
	}
}
