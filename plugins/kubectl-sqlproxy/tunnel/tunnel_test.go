package tunnel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

const kubelet = "error forwarding port 5432 to pod 1b2c, uid : failed to execute portforward in network namespace: "

// world is a scripted API server with the ready pods shop/sql-0 and shop/sql-1.
type world struct {
	*kubetest.Server
	t       *testing.T
	cluster *kube.Cluster

	mu   sync.Mutex
	said []string
	play map[string]kubetest.ForwardFunc // in place of an echo, by pod
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Server: kubetest.Start(t), t: t, play: map[string]kubetest.ForwardFunc{}}
	for _, name := range []string{"sql-0", "sql-1", "other"} {
		app := strings.Split(name, "-")[0]
		w.Must(w.Create(kubetest.Pod("shop", name, kubetest.WithLabels("app", app))))
	}
	var err error
	if w.cluster, err = kube.NewCluster("test", "shop", w.RESTConfig()); err != nil {
		t.Fatal(err)
	}
	w.HandlePortForward(func(ctx context.Context, namespace, pod string, port int, conn io.ReadWriteCloser) error {
		w.mu.Lock()
		play := w.play[pod]
		w.mu.Unlock()
		if play == nil {
			play = echo
		}
		return play(ctx, namespace, pod, port, conn)
	})
	return w
}

// echo answers each line with the pod's name in front.
func echo(_ context.Context, _, pod string, port int, conn io.ReadWriteCloser) error {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		fmt.Fprintf(conn, "%s:%d %s\n", pod, port, lines.Text()) //nolint:errcheck // the test sees it
	}
	return nil
}

func failing(text string) kubetest.ForwardFunc {
	return func(context.Context, string, string, int, io.ReadWriteCloser) error { return errors.New(text) }
}

func (w *world) plays(pod string, f kubetest.ForwardFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.play[pod] = f
}

func (w *world) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *world) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.said, "\n")
}

// ready sets whether a pod is.
func (w *world) ready(pod string, is corev1.ConditionStatus) {
	w.t.Helper()
	w.Must(w.EditPod("shop", pod, func(p *corev1.Pod) {
		for i := range p.Status.Conditions {
			if p.Status.Conditions[i].Type == corev1.PodReady {
				p.Status.Conditions[i].Status = is
			}
		}
		for i := range p.Status.ContainerStatuses {
			p.Status.ContainerStatuses[i].Ready = is == corev1.ConditionTrue
		}
	}))
}

func target() Target {
	return Target{Namespace: "shop", Name: "deployment/sql", Selector: "app=sql", Port: 5432}
}

func (w *world) open(opts Options) *Tunnel {
	w.t.Helper()
	opts.Say = w.say
	tunnel, err := Open(w.t.Context(), w.cluster, target(), opts)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(tunnel.Close)
	return tunnel
}

// client is a connection to a tunnel.
type client struct {
	net.Conn
	t     *testing.T
	lines *bufio.Reader
}

func dial(t *testing.T, tunnel *Tunnel) *client {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", tunnel.Port()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &client{conn, t, bufio.NewReader(conn)}
}

// ask says a line and expects another.
func (c *client) ask(line, want string) {
	c.t.Helper()
	fmt.Fprintln(c, line)
	if got, err := c.lines.ReadString('\n'); got != want+"\n" || err != nil {
		c.t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// ends expects the end of the connection, and nothing before it.
func (c *client) ends() {
	c.t.Helper()
	got, err := io.ReadAll(c.lines)
	var network net.Error
	if len(got) > 0 || errors.As(err, &network) && network.Timeout() {
		c.t.Errorf("got %q, %v", got, err)
	}
}

// nothingForwarded waits until no port-forward is open.
func (w *world) nothingForwarded() {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); w.OpenPortForwards() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%d port-forwards are left", w.OpenPortForwards())
		}
	}
}

func (w *world) expectSaid(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if !strings.Contains(w.all(), text) {
			w.t.Errorf("%q is not in what was said:\n%s", text, w.all())
		}
	}
}

func TestTunnel(t *testing.T) {
	t.Parallel()
	for protocol, websocket := range map[string]bool{"WebSocket": true, "SPDY": false} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if !websocket {
				w.DisableWebSocket()
			}
			tunnel := w.open(Options{})
			a, b := dial(t, tunnel), dial(t, tunnel)
			a.ask("one", "sql-0:5432 one")
			b.ask("two", "sql-0:5432 two")
			a.ask("three", "sql-0:5432 three")
			a.Conn.(*net.TCPConn).CloseWrite() //nolint:errcheck // the end is what is tested
			a.ends()
			b.ask("four", "sql-0:5432 four")
			tunnel.Close()
			b.ends()
			w.nothingForwarded()
			if w.all() != "" {
				t.Errorf("said %s", w.all())
			}
		})
	}
}

// A pod that dies takes its connections with it; new ones go to another pod, on the same
// local port.
func TestPodDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tunnel := w.open(Options{})
	old := dial(t, tunnel)
	old.ask("hello", "sql-0:5432 hello")
	w.Must(w.DeletePod("shop", "sql-0"))
	w.CutPortForwards()
	old.ends()
	dial(t, tunnel).ask("again", "sql-1:5432 again")
	if tunnel.Pod() != "sql-1" {
		t.Errorf("goes to %s", tunnel.Pod())
	}
	w.expectSaid("pod shop/sql-0: ", "lost connection to pod", "new connections go to pod sql-1, no more to sql-0")
}

// One connection that the pod breaks off is no other's.
func TestOneBreaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tunnel := w.open(Options{})
	good := dial(t, tunnel)
	good.ask("one", "sql-0:5432 one")
	w.plays("sql-0", failing(kubelet+"read: connection reset by peer"))
	bad := dial(t, tunnel)
	fmt.Fprintln(bad, "hello")
	bad.ends()
	good.ask("two", "sql-0:5432 two")
	if w.all() != "" {
		t.Errorf("a reset is the database's affair: %s", w.all())
	}
}

// Before a byte has come back, another pod is tried, and gets all that was said.
func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tunnel := w.open(Options{})
	w.plays("sql-0", func(_ context.Context, _, _ string, _ int, conn io.ReadWriteCloser) error {
		conn.Read(make([]byte, 3)) //nolint:errcheck // some of what is said is lost
		return errors.New(kubelet + "dial tcp4 127.0.0.1:5432: connect: connection refused")
	})
	c := dial(t, tunnel)
	c.ask("hello", "sql-1:5432 hello")
	c.ask("again", "sql-1:5432 again")
	w.expectSaid("pod shop/sql-0: error forwarding port 5432", "connect: connection refused", "new connections go to pod sql-1")
}

// A pod that breaks off after it has answered is not replaced: the other one knows
// nothing of what was said.
func TestBrokenAfterAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tunnel := w.open(Options{})
	w.plays("sql-0", func(_ context.Context, _, _ string, _ int, conn io.ReadWriteCloser) error {
		io.WriteString(conn, "yes\n") //nolint:errcheck // the test sees it
		return errors.New(kubelet + "no such network namespace")
	})
	c := dial(t, tunnel)
	c.ask("hello", "yes")
	c.ends()
	w.expectSaid("pod shop/sql-0: ", "no such network namespace")
	if strings.Contains(w.all(), "sql-1") {
		t.Errorf("said %s", w.all())
	}
}

// Where no pod is ready a connection waits for one.
func TestWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tunnel := w.open(Options{})
	w.ready("sql-0", corev1.ConditionFalse)
	w.ready("sql-1", corev1.ConditionFalse)
	c := dial(t, tunnel)
	fmt.Fprintln(c, "early")
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(w.all(), "a connection waits") && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
	}
	w.ready("sql-1", corev1.ConditionTrue)
	c.ask("late", "sql-1:5432 early")
	if got, err := c.lines.ReadString('\n'); got != "sql-1:5432 late\n" {
		t.Errorf("%q, %v", got, err)
	}
	want := "no pod of deployment/sql is ready: pod sql-0 is not ready: container app has not passed its probes; " +
		"pod sql-1 is not ready: container app has not passed its probes; a connection waits\nnew connections go to pod sql-1, no more to sql-0"
	if w.all() != want {
		t.Errorf("said %s\nwant %s", w.all(), want)
	}
}

func TestGivesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tunnel := w.open(Options{Patience: 300 * time.Millisecond})
	w.Must(w.DeletePod("shop", "sql-0"))
	w.Must(w.DeletePod("shop", "sql-1"))
	dial(t, tunnel).ends()
	w.expectSaid("no pod of deployment/sql is ready: it has no pods; a connection waits", "gave a connection up after 300ms: no pod of deployment/sql is ready")
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { busy.Close() })
	for name, c := range map[string]struct {
		setUp  func(*world)
		target func(*Target)
		local  int
		want   []string
	}{
		"no pods": {nil, func(t *Target) { t.Selector = "app=none" }, 0, []string{"no pod of deployment/sql in namespace shop is ready: it has no pods"}},
		"not ready": {func(w *world) {
			w.ready("sql-0", corev1.ConditionFalse)
			w.Must(w.EditPod("shop", "sql-1", func(p *corev1.Pod) {
				p.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 5m0s"}}
			}))
		}, nil, 0, []string{"pod sql-0 is not ready: container app has not passed its probes", "pod sql-1 waits: CrashLoopBackOff: back-off 5m0s"}},
		"one pod, another":      {nil, func(t *Target) { t.Selector, t.Pod = "", "none" }, 0, []string{"it has no pods"}},
		"may not list":          {func(w *world) { w.Forbid("list", "pods") }, nil, 0, []string{"listing the pods of deployment/sql in namespace shop: ", "forbidden"}},
		"may not forward":       {func(w *world) { w.Forbid("create", "pods/portforward"); w.Forbid("get", "pods/portforward") }, nil, 0, []string{"pod shop/sql-0: ", `cannot create resource "pods/portforward"`}},
		"the local port is had": {nil, nil, busy.Addr().(*net.TCPAddr).Port, []string{"local port ", "address already in use"}},
		"no way to any": {func(w *world) {
			w.Fault(kubetest.Fault{Match: kubetest.PortForwardsTo("shop", ""), Status: 500, Message: "error dialing backend: dial tcp 10.0.0.1:10250: i/o timeout"})
		}, nil, 0, []string{"no ready pod of deployment/sql can be reached: pod shop/sql-0: ", "pod shop/sql-1: ", "error dialing backend"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, target := newWorld(t), target()
			if c.setUp != nil {
				c.setUp(w)
			}
			if c.target != nil {
				c.target(&target)
			}
			_, err := Open(t.Context(), w.cluster, target, Options{Local: c.local})
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in the error: %v", want, err)
				}
			}
			w.nothingForwarded()
		})
	}
}

// A bare pod is its own target, whatever its labels.
func TestOnePod(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tunnel, err := Open(t.Context(), w.cluster, Target{Namespace: "shop", Name: "pod/other", Pod: "other", Port: 1}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tunnel.Close)
	dial(t, tunnel).ask("hello", "other:1 hello")
}

// Opening a tunnel is no connection for the program behind the port.
func TestOpenIsQuiet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connected := make(chan struct{}, 1)
	w.plays("sql-0", func(context.Context, string, string, int, io.ReadWriteCloser) error {
		connected <- struct{}{}
		return nil
	})
	w.open(Options{})
	w.nothingForwarded()
	select {
	case <-connected:
		t.Error("the pod got a connection")
	default:
	}
}
