package kube

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

const (
	// wideStreams is how many concurrent log streams get a large receive
	// window. The windows bound what a stopped reader makes us hold:
	// wideStreams x wideWindow + the others x narrowWindow.
	wideStreams  = 16
	wideWindow   = 1 << 20   // bytes: a long history from a far cluster at line speed
	narrowWindow = 64 << 10  // bytes: the HTTP/2 minimum, so 1,000 streams hold 64 MB at most
	connWindow   = 1 << 30   // bytes: never the limit, or one unread stream would stall its neighbours
	maxFrame     = 256 << 10 // bytes of one DATA frame: fewer, larger reads
)

// logClients are two connections pools that differ in their receive windows.
type logClients struct {
	wide, narrow rest.Interface
	open         atomic.Int64
}

func newLogClients(config *rest.Config, w wire) (*logClients, error) {
	clients := &logClients{}
	for _, pool := range []struct {
		client *rest.Interface
		window int
	}{{&clients.wide, wideWindow}, {&clients.narrow, narrowWindow}} {
		rt, err := streamTransport(config, pool.window)
		if err != nil {
			return nil, err
		}
		if *pool.client, err = w.restClient(config, &http.Client{Transport: rt}); err != nil {
			return nil, err
		}
	}
	return clients, nil
}

// streamTransport is client-go's transport with bounded HTTP/2 windows: the
// default of 4 MiB a stream lets a thousand unread streams hold 4 GB.
func streamTransport(config *rest.Config, window int) (http.RoundTripper, error) {
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
	dial := (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	if tc.DialHolder != nil {
		dial = tc.DialHolder.Dial
	}
	proxy := http.ProxyFromEnvironment
	if tc.Proxy != nil {
		proxy = tc.Proxy
	}
	return transport.HTTPWrappersForConfig(tc, &http.Transport{
		Proxy:               proxy,
		DialContext:         dial,
		TLSClientConfig:     tlsConfig,
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true, // a compressor may sit on a line until the next one comes
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream:     window,
			MaxReceiveBufferPerConnection: connWindow,
			MaxReadFrameSize:              maxFrame,
			SendPingTimeout:               30 * time.Second, // a half-open connection is noticed within 45 s
			PingTimeout:                   15 * time.Second,
		},
	})
}

// OpenLog opens the log of one container. The error is an API status where the
// server sent one. The stream ends cleanly both when the container has ended
// and when a server between gave up: only the pod's status tells which.
func (c *Cluster) OpenLog(ctx context.Context, namespace, pod string, opts *corev1.PodLogOptions) (io.ReadCloser, error) {
	client := c.logs.wide
	if c.logs.open.Add(1) > wideStreams {
		client = c.logs.narrow
	}
	body, err := client.Get().Namespace(namespace).Resource("pods").Name(pod).SubResource("log").
		VersionedParams(opts, c.wire.params).Stream(ctx)
	if err != nil {
		c.logs.open.Add(-1)
		return nil, err
	}
	return &countedStream{ReadCloser: body, open: &c.logs.open}, nil
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
