package kube

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/klog/v2"
	"k8s.io/streaming/pkg/httpstream"
)

// Forward is a set of local ports that lead to ports of a pod.
type Forward struct {
	// Local holds the local port for each of the requested ones, in order.
	Local []int
	// Done yields the error that ended the forwarding, nil after ctx has ended.
	Done <-chan error
}

// PortForward listens on 127.0.0.1 and forwards to the pod until ctx ends. Each
// of ports is REMOTE, LOCAL:REMOTE or :REMOTE (any free local port), as for
// kubectl. It returns when the ports are open. Why a connection failed is
// written to errOut; one that the pod refuses ends the forwarding, as with
// kubectl, and Done says so.
//
// Rights: create on pods/portforward, and for WebSocket on servers before 1.35 get.
func (c *Cluster) PortForward(ctx context.Context, namespace, pod string, ports []string, errOut io.Writer) (*Forward, error) {
	dialer, err := c.forwardDialer(ctx, namespace, pod)
	if err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	logged := klog.NewContext(ctx, logr.New(errorSink{errOut})) // client-go only logs the reasons
	forwarder, err := portforward.NewOnAddressesForStreamingWithContext(logged, dialer, []string{"127.0.0.1"}, ports, ready, io.Discard, errOut)
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- forwarder.ForwardPorts() }()
	select {
	case err := <-done:
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, err)
	case <-ctx.Done():
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, ctx.Err())
	case <-ready:
	}
	opened, err := forwarder.GetPorts()
	if err != nil {
		return nil, err
	}
	forward := &Forward{Done: done}
	for _, p := range opened {
		forward.Local = append(forward.Local, int(p.Local))
	}
	return forward, nil
}

// forwardDialer connects for as long as ctx lasts, which client-go's dialers do
// not know.
func (c *Cluster) forwardDialer(ctx context.Context, namespace, pod string) (httpstream.Dialer, error) {
	config := rest.CopyConfig(c.Config)
	config.Timeout = 0
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return withContext{ctx, next} })
	target := c.core.Post().Namespace(namespace).Resource("pods").Name(pod).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	overSPDY := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, "POST", target)
	if os.Getenv("KUBECTL_PORT_FORWARD_WEBSOCKETS") == "false" {
		return overSPDY, nil
	}
	overWebSocket, err := portforward.NewSPDYOverWebsocketDialerForStreaming(target, config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(overWebSocket, overSPDY, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

// withContext sends requests that end with a context.
type withContext struct {
	ctx  context.Context
	next http.RoundTripper
}

func (w withContext) RoundTrip(r *http.Request) (*http.Response, error) {
	return w.next.RoundTrip(r.WithContext(w.ctx))
}
