package kubetest

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// client is a client-go client without client-side rate limit.
func client(t *testing.T, s *Server) kubernetes.Interface {
	t.Helper()
	c, err := kubernetes.NewForConfig(s.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// openLog opens the log of shop/web-0.
func openLog(t *testing.T, s *Server, o *corev1.PodLogOptions) io.ReadCloser {
	t.Helper()
	body, err := client(t, s).CoreV1().Pods("shop").GetLogs("web-0", o).Stream(within(t))
	if err != nil {
		t.Fatalf("open log: %v", err)
	}
	t.Cleanup(func() { body.Close() })
	return body
}

func readLog(t *testing.T, s *Server, o *corev1.PodLogOptions) string {
	t.Helper()
	raw, err := io.ReadAll(openLog(t, s, o))
	if err != nil {
		t.Fatalf("read log: %v", err)
	}
	return string(raw)
}

// web0 is a server with the running pod shop/web-0, and its container's log.
func web0(t *testing.T, opts ...PodOption) (*Server, *Container) {
	t.Helper()
	s := Start(t)
	s.Must(s.Create(Pod("shop", "web-0", opts...)))
	return s, s.Container("shop", "web-0", "app")
}

func wantLine(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	got, err := r.ReadString('\n')
	if got != want+"\n" {
		t.Fatalf("got line %q (%v), want %q", got, err, want)
	}
}

func TestFollowEndsWhenTheContainerTerminates(t *testing.T) {
	s, c := web0(t)
	c.Write("one")
	body := openLog(t, s, &corev1.PodLogOptions{Follow: true})
	r := bufio.NewReader(body)
	wantLine(t, r, "one")
	c.Write("two")
	wantLine(t, r, "two")
	if n := s.OpenLogStreams(); n != 1 {
		t.Errorf("%d open log streams, want 1", n)
	}
	c.Write("three")
	c.Terminate(3)
	wantLine(t, r, "three")
	if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil {
		t.Errorf("after the end: %q, %v", rest, err)
	}
	pod, err := s.GetPod("shop", "web-0")
	s.Must(err)
	if st := pod.Status.ContainerStatuses[0].State.Terminated; st == nil || st.ExitCode != 3 || st.Reason != "Error" {
		t.Errorf("state is %+v", pod.Status.ContainerStatuses[0].State)
	}
}

func TestTimestampsHaveNineDigits(t *testing.T) {
	s, c := web0(t)
	c.WriteAt(time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC), "hello")
	want := "2026-01-02T03:04:05.600000000Z hello\n"
	if got := readLog(t, s, &corev1.PodLogOptions{Timestamps: true}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLongLinesAreGlued(t *testing.T) {
	s, c := web0(t)
	long := strings.Repeat("x", 40_000)
	c.Write(long)
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != long+"\n" {
		t.Errorf("got %d bytes, want %d", len(got), len(long)+1)
	}
	// The tail counts records: a line of 40,000 bytes is three.
	tail := int64(1)
	if got := readLog(t, s, &corev1.PodLogOptions{TailLines: &tail}); len(got) != 40_000-2*partialSize+1 {
		t.Errorf("the tail has %d bytes", len(got))
	}
}
