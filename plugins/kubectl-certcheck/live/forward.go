package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// ForwardPod connects to a port of a pod through the API server. Each connection
// is a port-forward of its own, so that one that is refused, which ends the
// port-forward, takes no other with it, and nothing is left when it is closed.
//
// Rights: create on pods/portforward, and for WebSocket on servers before 1.35
// get. Errors are a *served.Failure: Forbidden, NoPod, Refused, ForwardFailed.
func ForwardPod(cluster *kube.Cluster, namespace, pod string, port int) Dialer {
	return func(ctx context.Context) (net.Conn, error) {
		forwarding, stop := context.WithCancel(ctx)
		said := &reasons{}
		forward, err := cluster.PortForward(forwarding, namespace, pod, []string{fmt.Sprintf(":%d", port)}, said)
		if err != nil {
			stop()
			return nil, forwardFailure(ctx, err)
		}
		c := &podConn{stop: stop, done: forward.Done, said: said}
		c.Conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", forward.Local[0]))
		if err != nil {
			c.end()
			return nil, forwardFailure(ctx, err)
		}
		return c, nil
	}
}

// forwardFailure says why there is no port-forward. client-go keeps of the API
// server's error only the words.
func forwardFailure(ctx context.Context, err error) error {
	text := err.Error()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case strings.Contains(text, " is forbidden: "):
		return &served.Failure{Kind: served.Forbidden, Detail: text}
	case strings.Contains(text, "error dialing backend"): // the API server does not reach the node
		return &served.Failure{Kind: served.ForwardFailed, Detail: text}
	case strings.Contains(text, "i/o timeout"):
		return &served.Failure{Kind: served.ConnectTimeout, Detail: text}
	case strings.Contains(text, "not found"), strings.Contains(text, "not running"):
		return &served.Failure{Kind: served.NoPod, Detail: text}
	}
	return &served.Failure{Kind: served.ForwardFailed, Detail: text}
}

// podConn is a connection with its port-forward.
type podConn struct {
	net.Conn
	stop context.CancelFunc
	done <-chan error
	said *reasons
	once sync.Once
}

func (c *podConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.explain(err)
}

func (c *podConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.explain(err)
}

// explain returns why the pod's side failed, if that is known: on this side the
// connection is only closed. client-go tells the reason before it closes.
func (c *podConn) explain(err error) error {
	var network net.Error
	if err == nil || errors.As(err, &network) && network.Timeout() {
		return err
	}
	text := c.said.podSide()
	if text == "" {
		return err
	}
	kind := kindOfText(text)
	if kind == served.Other {
		kind = served.ForwardFailed
	}
	return &served.Failure{Kind: kind, Detail: text}
}

func (c *podConn) Close() error {
	err := c.Conn.Close()
	c.end()
	return err
}

// end stops the port-forward and waits for its end, though not for a network
// that is stuck.
func (c *podConn) end() {
	c.once.Do(func() {
		c.stop()
		select {
		case <-c.done:
		case <-time.After(time.Second):
		}
	})
}

// reasons are the lines that a port-forward reports, up to a limit.
type reasons struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const maxReasons = 4 << 10 // bytes

func (r *reasons) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.Write(p[:min(len(p), maxReasons-r.text.Len())])
	return len(p), nil
}

// podSide returns the line that says why a connection came to nothing at the
// other end. What else client-go reports, as a copy that broke off, only follows
// from how either end closed.
func (r *reasons) podSide() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(r.text.String()) {
		if strings.HasPrefix(line, "An error occurred forwarding") || strings.HasPrefix(line, "Error creating") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
