package kubetest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// door is the server's address. It accepts connections and hands them to the
// HTTP server of the moment, so that the listener can go away and come back,
// and a new HTTP server can take over, while the address stays.
type door struct {
	mu       sync.Mutex
	addr     string
	free     func()       // gives the reserved port back
	listener net.Listener // nil while down
	current  *handoff
	server   *http.Server
	retired  []*http.Server // earlier servers that still have connections
	conns    map[*doorConn]struct{}
	closed   bool
}

func openDoor(addr string) (*door, error) {
	addr, free, err := reserve(addr)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		free()
		return nil, err
	}
	return &door{addr: l.Addr().String(), free: free, listener: l, conns: map[*doorConn]struct{}{}}, nil
}

// newHTTPServer makes the server for serve. maxStreams limits the open
// requests of one HTTP/2 connection.
func newHTTPServer(h http.Handler, id *identity, http2 bool, maxStreams int) *http.Server {
	protocols := []string{"h2", "http/1.1"}
	if !http2 {
		protocols = protocols[1:]
	}
	s := &http.Server{
		Handler:           h,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{id.leaf}, NextProtos: protocols, MinVersion: tls.VersionTLS12},
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	if !http2 {
		s.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	return s
}

// serve makes s take all connections that come from now on. Connections that
// are open stay with the server that has them.
func (d *door) serve(s *http.Server) {
	h := &handoff{addr: d.listenAddr(), conns: make(chan net.Conn), done: make(chan struct{})}
	d.mu.Lock()
	old := d.current
	if d.server != nil {
		d.retired = append(d.retired, d.server)
	}
	d.current, d.server = h, s
	listener := d.listener
	d.mu.Unlock()
	go s.ServeTLS(h, "", "") //nolint:errcheck // it ends when the hand-over closes
	if old != nil {
		old.Close()
		return
	}
	go d.accept(listener)
}

// retire makes s take new connections and tells the others to end: HTTP/2 ones
// get GOAWAY, go on with what they have open, and close after it.
func (d *door) retire(ctx context.Context, s *http.Server) {
	d.mu.Lock()
	old := d.server
	d.mu.Unlock()
	d.serve(s)
	go old.Shutdown(ctx) //nolint:errcheck // ends with ctx at the latest
}

func (d *door) listenAddr() net.Addr {
	a, err := net.ResolveTCPAddr("tcp", d.addr)
	if err != nil {
		return &net.TCPAddr{}
	}
	return a
}

func (d *door) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		dc := &doorConn{Conn: c, door: d}
		d.mu.Lock()
		// A connection that was accepted while the door closed is dropped
		// like the others.
		if d.listener != l {
			d.mu.Unlock()
			c.Close()
			continue
		}
		d.conns[dc] = struct{}{}
		h := d.current
		d.mu.Unlock()
		go h.give(dc)
	}
}

// down closes the address and drops all connections. New ones are refused.
func (d *door) down() {
	d.mu.Lock()
	if d.listener != nil {
		d.listener.Close()
		d.listener = nil
	}
	conns := make([]*doorConn, 0, len(d.conns))
	for c := range d.conns {
		conns = append(conns, c)
	}
	d.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// up opens the address again after down.
func (d *door) up() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errors.New("kubetest: the server is closed")
	}
	if d.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", d.addr)
	if err != nil {
		return err
	}
	d.listener = l
	go d.accept(l)
	return nil
}

// close ends everything for good.
func (d *door) close() {
	d.mu.Lock()
	first := !d.closed
	d.closed = true
	servers := append(d.retired, d.server)
	d.mu.Unlock()
	d.down()
	for _, s := range servers {
		if s != nil {
			s.Close()
		}
	}
	if first {
		d.free()
	}
}

// doorConn is a connection that the door can drop, hijacked or not.
type doorConn struct {
	net.Conn
	door *door
}

func (c *doorConn) Close() error {
	c.door.mu.Lock()
	delete(c.door.conns, c)
	c.door.mu.Unlock()
	return c.Conn.Close()
}

// handoff is the net.Listener through which one HTTP server gets connections.
type handoff struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (h *handoff) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done:
		c.Close()
	}
}

func (h *handoff) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handoff) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handoff) Addr() net.Addr { return h.addr }
