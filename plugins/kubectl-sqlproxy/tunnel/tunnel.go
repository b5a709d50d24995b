package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Say tells the user of a change, one line at a time.
type Say func(format string, args ...any)

// Options are how a tunnel behaves; zero values stand for what is said here.
type Options struct {
	// Local is the port on 127.0.0.1; 0 is any that is free.
	Local int
	// Patience is how long a connection waits for a ready pod; 1 minute.
	Patience time.Duration
	Say      Say
}

// maxConnections is how many connections there may be at a time; further ones wait to be
// accepted.
const maxConnections = 512

// PortError says that the local port cannot be had.
type PortError struct {
	Port int
	Err  error
}

func (e *PortError) Error() string { return fmt.Sprintf("local port %d: %v", e.Port, e.Err) }

// Unwrap returns the network's error.
func (e *PortError) Unwrap() error { return e.Err }

// Tunnel is a local port that leads to a target's ready pods.
type Tunnel struct {
	cluster  *kube.Cluster
	target   Target
	opts     Options
	listener net.Listener
	stop     context.CancelFunc
	serving  sync.WaitGroup

	mu      sync.Mutex
	current string // the pod that new connections go to
	said    string
}

// Open listens on 127.0.0.1 until ctx ends or Close. It fails where no pod is ready, and
// says why, or where none can be reached. Errors are of the API, a *PortError, or a
// *Failure.
func Open(ctx context.Context, cluster *kube.Cluster, target Target, opts Options) (*Tunnel, error) {
	if opts.Patience == 0 {
		opts.Patience = time.Minute
	}
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	t := &Tunnel{cluster: cluster, target: target, opts: opts}
	if err := t.first(ctx); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", opts.Local))
	if err != nil {
		return nil, &PortError{opts.Local, err}
	}
	t.listener = listener
	ctx, t.stop = context.WithCancel(ctx)
	t.serving.Go(func() { t.accept(ctx) })
	context.AfterFunc(ctx, func() { listener.Close() })
	return t, nil
}

// Port is the local port.
func (t *Tunnel) Port() int { return t.listener.Addr().(*net.TCPAddr).Port }

// Pod is the pod that new connections go to.
func (t *Tunnel) Pod() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current
}

// Close ends all connections and frees the port.
func (t *Tunnel) Close() {
	t.stop()
	t.listener.Close() //nolint:errcheck // it may be closed already
	t.serving.Wait()
}

// first finds a pod that can be reached.
func (t *Tunnel) first(ctx context.Context) error {
	ready, why, err := t.target.pods(ctx, t.cluster)
	if err != nil {
		return err
	}
	if len(ready) == 0 {
		return fmt.Errorf("no pod of %s in namespace %s is ready: %s", t.target.Name, t.target.Namespace, why)
	}
	var failures []string
	for _, pod := range ready[:min(len(ready), 3)] {
		forward, err := open(ctx, t.cluster, t.target.Namespace, pod, t.target.Port)
		if err == nil {
			forward.stop()
			t.current = pod
			return nil
		}
		var failure *Failure
		if !errors.As(err, &failure) || failure.Forbidden {
			return err
		}
		failures = append(failures, err.Error())
	}
	return fmt.Errorf("no ready pod of %s can be reached: %s", t.target.Name, strings.Join(failures, "; "))
}

func (t *Tunnel) accept(ctx context.Context) {
	slots := make(chan struct{}, maxConnections)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		client, err := t.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				client.Close()
			}
			return
		case err != nil: // no file descriptors are left, say
			<-slots
			t.say("accepting a connection: %v", err)
			pause(ctx, time.Second)
			continue
		}
		t.serving.Go(func() {
			defer func() { <-slots }()
			t.serve(ctx, client)
		})
	}
}

// serve leads a client to a pod, to another one where that cannot be reached, and waits
// for one where there is none.
func (t *Tunnel) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	defer context.AfterFunc(ctx, func() { client.Close() })()
	r := &relay{client: client}
	tried := map[string]bool{}
	deadline, wait := time.Now().Add(t.opts.Patience), 250*time.Millisecond
	for ctx.Err() == nil {
		pod, why := t.choose(ctx, tried)
		if pod == "" {
			if time.Now().After(deadline) {
				t.say("gave a connection up after %s: %s", t.opts.Patience, why)
				return
			}
			t.say("%s; a connection waits", why)
			pause(ctx, wait)
			wait = min(2*wait, 5*time.Second)
			clear(tried)
			continue
		}
		again, err := t.lead(ctx, r, pod)
		var failure *Failure
		if errors.As(err, &failure) && ctx.Err() == nil {
			t.say("%v", failure)
		}
		if !again {
			return
		}
		tried[pod] = true
	}
}

// lead leads a client to one pod; again says that nothing of the client's is lost.
func (t *Tunnel) lead(ctx context.Context, r *relay, pod string) (again bool, err error) {
	conn, err := Dial(ctx, t.cluster, t.target.Namespace, pod, t.target.Port)
	if err != nil {
		return true, err
	}
	return r.run(conn.(*podConn))
}

// choose returns the pod that a connection goes to: the one that others go to, if it is
// ready and not tried in vain, or else another. Where there is none it says why.
func (t *Tunnel) choose(ctx context.Context, tried map[string]bool) (pod, why string) {
	ready, why, err := t.target.pods(ctx, t.cluster)
	if err != nil {
		return "", err.Error()
	}
	if len(ready) == 0 {
		return "", fmt.Sprintf("no pod of %s is ready: %s", t.target.Name, why)
	}
	ready = slices.DeleteFunc(ready, func(name string) bool { return tried[name] })
	if len(ready) == 0 {
		return "", fmt.Sprintf("no ready pod of %s can be reached", t.target.Name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.Contains(ready, t.current) {
		return t.current, ""
	}
	before := t.current
	t.current = ready[0]
	t.said = ""
	t.opts.Say("new connections go to pod %s, no more to %s", t.current, before)
	return t.current, ""
}

// say tells of a change, once where many connections meet it.
func (t *Tunnel) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	if text != t.said {
		t.said = text
		t.opts.Say("%s", text)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
