package kubetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/gorilla/websocket"
	corev1 "k8s.io/api/core/v1"
	portforwardproto "k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// ForwardFunc plays what listens on a pod's port, for one connection. When it
// returns, the connection is closed; an error is told to the client, which
// prints it and closes its side, as when nothing listens.
type ForwardFunc func(ctx context.Context, namespace, pod string, port int, conn io.ReadWriteCloser) error

// HandlePortForward sets what runs for the connections of port-forwards.
// Without it every port refuses.
func (s *Server) HandlePortForward(f ForwardFunc) {
	s.session.mu.Lock()
	defer s.session.mu.Unlock()
	s.session.forward = f
}

// CutPortForwards drops every open port-forward and says how many that were.
func (s *Server) CutPortForwards() int { return s.streams.stop(errCutReset, forwardStream) }

// OpenPortForwards counts the port-forward requests that are being served.
func (s *Server) OpenPortForwards() int { return s.streams.count(forwardStream) }

// servePortForward speaks portforward.k8s.io over SPDY, or over SPDY inside
// WebSocket.
func (s *Server) servePortForward(w http.ResponseWriter, r *http.Request, c call, t *table) {
	if _, err := s.reachable(r, c, t); err != nil {
		writeError(w, err)
		return
	}
	if fw, ok := w.(*faultWriter); ok {
		w = fw.ResponseWriter
	}
	st := s.streams.begin(forwardStream, w, r)
	defer st.finish()
	ctx, cancel := context.WithCancel(st.ctx)
	defer cancel()
	f := &forwarding{server: s, call: c, ctx: ctx, pairs: map[string]*forwardPair{}}
	conn := s.forwardConnection(w, r, f.add)
	if conn == nil {
		return
	}
	defer conn.Close()
	select {
	case <-conn.CloseChan():
	case <-st.ctx.Done():
	case <-s.closed:
	}
}

// forwardConnection upgrades; nil: that failed and the client knows.
func (s *Server) forwardConnection(w http.ResponseWriter, r *http.Request, add httpstream.NewStreamHandler) httpstream.Connection {
	if !isWebSocket(r) {
		if _, err := httpstream.Handshake(r, w, []string{portforwardproto.PortForwardV1Name}); err != nil {
			return nil
		}
		return spdy.NewResponseUpgrader().UpgradeResponse(w, r, add)
	}
	up := websocket.Upgrader{
		Subprotocols: []string{portforwardproto.WebsocketsSPDYTunnelingPortForwardV1},
		CheckOrigin:  func(*http.Request) bool { return true },
	}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return nil
	}
	conn, err := spdy.NewServerConnection(portforward.NewTunnelingConnection("server", ws), add)
	if err != nil {
		ws.Close()
		return nil
	}
	return conn
}

// forwarding pairs the data and error streams of one port-forward's
// connections by their request ID.
type forwarding struct {
	server *Server
	call   call
	ctx    context.Context
	mu     sync.Mutex
	pairs  map[string]*forwardPair
}

type forwardPair struct {
	port       int
	data, fail httpstream.Stream
}

func (f *forwarding) add(stream httpstream.Stream, reply <-chan struct{}) error {
	h := stream.Headers()
	port, err := strconv.Atoi(h.Get(corev1.PortHeader))
	if err != nil || port < 1 || port > 65535 {
		return errors.New(sprintf("%q is not a port", h.Get(corev1.PortHeader)))
	}
	id := h.Get(corev1.PortForwardRequestIDHeader)
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.pairs[id]
	if p == nil {
		p = &forwardPair{port: port}
		f.pairs[id] = p
	}
	if h.Get(corev1.StreamType) == corev1.StreamTypeError {
		p.fail = stream
	} else {
		p.data = stream
	}
	if p.data != nil && p.fail != nil {
		delete(f.pairs, id)
		go func() {
			<-reply
			f.run(p)
		}()
	}
	return nil
}

func (f *forwarding) run(p *forwardPair) {
	f.server.session.mu.Lock()
	handler := f.server.session.forward
	f.server.session.mu.Unlock()
	err := error(errRefused{f.call, p.port})
	if handler != nil {
		err = handler(f.ctx, f.call.namespace, f.call.name, p.port, p.data)
	}
	if err != nil {
		io.WriteString(p.fail, err.Error()) //nolint:errcheck // the client is gone
	}
	p.fail.Close() //nolint:errcheck
	p.data.Close() //nolint:errcheck
}

// errRefused is what the kubelet reports when nothing listens on a port.
type errRefused struct {
	call
	port int
}

func (e errRefused) Error() string {
	return sprintf("error forwarding port %d to pod %s, uid : failed to execute portforward in network namespace: failed to connect to localhost:%d "+
		"inside namespace, IPv4: dial tcp4 127.0.0.1:%d: connect: connection refused", e.port, e.name, e.port, e.port)
}
