package kube

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

const (
	// ownConnections is how many concurrent log streams get a connection each,
	// over HTTP/1.1: the kernel's buffers are then the only ones, which is
	// quicker and smaller than HTTP/2 for a few streams and too dear for many.
	ownConnections = 16
	// The other streams share connections over HTTP/2. The windows bound what a
	// stopped reader makes us hold; client-go's 4 MiB a stream would be 4 GB for
	// a thousand streams.
	streamWindow = 64 << 10  // bytes of a stream; the least that HTTP/2 allows
	connWindow   = 1 << 30   // bytes of a connection: never the limit, or an unread stream would stall its neighbours
	maxFrame     = 256 << 10 // bytes of a DATA frame
	// openAtOnce is how many requests may wait for a connection at once. Without
	// this, a thousand streams that start together dial a connection each, of
	// which all but a few are thrown away.
	openAtOnce = 4
	// A peer that has vanished is noticed within silence + 3 x probe.
	silence = 30 * time.Second
	probe   = 5 * time.Second
)

// logClients open log streams.
type logClients struct {
	own, shared rest.Interface
	open        atomic.Int64
	connecting  chan struct{}
}

func newLogClients(config *rest.Config, w wire) (*logClients, error) {
	own, err := logTransport(config, false)
	if err != nil {
		return nil, err
	}
	shared, err := logTransport(config, true)
	if err != nil {
		return nil, err
	}
	clients := &logClients{connecting: make(chan struct{}, openAtOnce)}
	if clients.own, err = w.restClient(config, &http.Client{Transport: own}); err != nil {
		return nil, err
	}
	clients.shared, err = w.restClient(config, &http.Client{Transport: shared})
	return clients, err
}

// logTransport is client-go's transport but for its buffers.
func logTransport(config *rest.Config, http2 bool) (http.RoundTripper, error) {
	if config.Transport != nil {
		return rest.TransportFor(config)
	}
	tc, err := config.TransportConfig()
	if err != nil {
		return nil, err
	}
	tlsConfig, err := transport.TLSConfigFor(tc)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer().DialContext,
		TLSClientConfig:     tlsConfig,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true, // a compressor may sit on a line until the next one comes
	}
	if tc.DialHolder != nil {
		t.DialContext = tc.DialHolder.Dial
	}
	if tc.Proxy != nil {
		t.Proxy = tc.Proxy
	}
	t.Protocols = &http.Protocols{}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(http2)
	t.HTTP2 = &http.HTTP2Config{
		MaxReceiveBufferPerStream:     streamWindow,
		MaxReceiveBufferPerConnection: connWindow,
		MaxReadFrameSize:              maxFrame,
		SendPingTimeout:               silence,
		PingTimeout:                   3 * probe,
	}
	return transport.HTTPWrappersForConfig(tc, t)
}

// dialer notices a peer that has vanished.
func dialer() *net.Dialer {
	return &net.Dialer{
		Timeout:         30 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silence, Interval: probe, Count: 3},
	}
}

// OpenLog opens the log of one container. The error is an API status where the
// server sent one. The stream ends cleanly both when the container has ended
// and when a server between gave up: only the pod's status tells which.
func (c *Cluster) OpenLog(ctx context.Context, namespace, pod string, opts *corev1.PodLogOptions) (io.ReadCloser, error) {
	client := c.logs.own
	if c.logs.open.Add(1) > ownConnections {
		client = c.logs.shared
	}
	body, err := c.logs.stream(ctx, client.Get().Namespace(namespace).Resource("pods").Name(pod).SubResource("log").
		VersionedParams(opts, c.wire.params))
	if err != nil {
		c.logs.open.Add(-1)
		return nil, err
	}
	return &countedStream{ReadCloser: body, open: &c.logs.open}, nil
}

// stream sends the request when it is its turn to connect. The turn ends when
// the request has its connection, not with the answer: of a container that has
// said nothing, the answer may come with its first line.
func (l *logClients) stream(ctx context.Context, request *rest.Request) (io.ReadCloser, error) {
	select {
	case l.connecting <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	connected := sync.OnceFunc(func() { <-l.connecting })
	defer connected() // where no connection was had
	return request.Stream(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected() },
	}))
}

type countedStream struct {
	io.ReadCloser
	open   *atomic.Int64
	closed atomic.Bool
}

func (s *countedStream) Close() error {
	if s.closed.CompareAndSwap(false, true) {
		s.open.Add(-1)
	}
	return s.ReadCloser.Close()
}
