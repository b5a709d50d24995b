package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Failure is why a pod's port cannot be reached, or a connection to it broke.
type Failure struct {
	Namespace, Pod string
	// Text is the API server's, or the kubelet's.
	Text string
	// Refused says that nothing hears on the port. Forbidden says that port-forward is not
	// allowed. Lost says that the pod is gone, or the way to it.
	Refused, Forbidden, Lost bool
}

func (f *Failure) Error() string { return fmt.Sprintf("pod %s/%s: %s", f.Namespace, f.Pod, f.Text) }

// openPatience is how long the API server may take to reach a pod: of a node that is gone
// it finds out only after half a minute.
const openPatience = 10 * time.Second

// Dial connects to a port of a pod, by a port-forward that lasts as long as the
// connection and ctx. An error, of Dial or later of Read, is a *Failure or that of ctx;
// where the program behind the port ends the connection, or resets it, Read returns the
// end as of any connection.
//
// Rights: create on pods/portforward, and for WebSocket on servers before 1.35 get.
func Dial(ctx context.Context, cluster *kube.Cluster, namespace, pod string, port int) (net.Conn, error) {
	c, err := open(ctx, cluster, namespace, pod, port)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", c.local))
	if err != nil {
		c.stop()
		return nil, c.openFailure(ctx, err)
	}
	c.TCPConn = conn.(*net.TCPConn)
	return c, nil
}

// open opens a port-forward, and no connection yet: the port in the pod sees nothing.
func open(ctx context.Context, cluster *kube.Cluster, namespace, pod string, port int) (*podConn, error) {
	forwarding, stop := context.WithCancel(ctx)
	c := &podConn{namespace: namespace, pod: pod, stop: stop, ended: make(chan struct{})}
	late := time.AfterFunc(openPatience, stop)
	forward, err := cluster.PortForward(forwarding, namespace, pod, []string{fmt.Sprintf(":%d", port)}, &c.said)
	inTime := late.Stop()
	if err == nil && inTime {
		c.local = forward.Local[0]
		go func() {
			defer close(c.ended)
			c.end = <-forward.Done
		}()
		return c, nil
	}
	stop()
	if !inTime && ctx.Err() == nil {
		err = fmt.Errorf("no port-forward within %s", openPatience)
	}
	return nil, c.openFailure(ctx, err)
}

// podConn is a connection with its port-forward.
type podConn struct {
	*net.TCPConn
	namespace, pod string
	local          int // the port of the port-forward
	stop           context.CancelFunc
	said           reasons
	ended          chan struct{} // closed when the port-forward is over
	end            error         // of the port-forward, then
}

// openFailure says why there is no port-forward. Of the API server's error client-go
// keeps only the words.
func (c *podConn) openFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	text := err.Error()
	return &Failure{
		Namespace: c.namespace, Pod: c.pod, Text: strings.TrimPrefix(text, fmt.Sprintf("port-forward to pod %s/%s: ", c.namespace, c.pod)),
		Forbidden: strings.Contains(text, " is forbidden: "),
		Lost:      strings.Contains(text, "not found") || strings.Contains(text, "not running") || strings.Contains(text, "error dialing backend") || strings.Contains(text, "no port-forward within"),
	}
}

func (c *podConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	return n, c.explain(err)
}

// explain says why the pod's side ended, if that is known: on this side the connection
// is only closed. client-go tells the reason before it closes.
func (c *podConn) explain(err error) error {
	var network net.Error
	if err == nil || errors.As(err, &network) && network.Timeout() {
		return err
	}
	failure := &Failure{Namespace: c.namespace, Pod: c.pod, Text: c.said.podSide()}
	switch {
	case strings.Contains(failure.Text, "connection refused"):
		failure.Refused = true
		return failure
	case isReset(failure.Text):
		return err
	case failure.Text != "":
		return failure
	}
	select {
	case <-c.ended:
		if c.end != nil {
			failure.Lost, failure.Text = true, c.end.Error()
			return failure
		}
	case <-time.After(lossPatience):
	}
	return err
}

// lossPatience is how long after the end of a connection its port-forward may end: then
// it was the reason.
const lossPatience = 100 * time.Millisecond

// isReset reports whether a reason is only that the program in the pod went away without
// reading all that was sent to it.
func isReset(text string) bool {
	return strings.Contains(text, "connection reset by peer") || strings.Contains(text, "broken pipe")
}

// Close ends the connection and its port-forward.
func (c *podConn) Close() error {
	err := c.TCPConn.Close()
	c.stop()
	select {
	case <-c.ended:
	case <-time.After(time.Second): // a network that is stuck
	}
	return err
}

// reasons are the lines that a port-forward reports, up to a limit.
type reasons struct {
	mu   sync.Mutex
	text []byte
}

const maxReasons = 4 << 10 // bytes

func (r *reasons) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text = append(r.text, p[:min(len(p), maxReasons-len(r.text))]...)
	return len(p), nil
}

// podSide returns why a connection came to nothing at the other end. What else client-go
// reports, as a copy that broke off, only follows from how either end closed.
func (r *reasons) podSide() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(string(r.text)) {
		for _, start := range []string{"An error occurred forwarding: ", "Error creating forwarding stream: ", "Error creating error stream: "} {
			if reason, ok := strings.CutPrefix(line, start); ok {
				return strings.TrimSpace(reason)
			}
		}
	}
	return ""
}
