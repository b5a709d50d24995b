package kubetest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestFaultsCutLogs(t *testing.T) {
	s, c := web0(t)
	for i := range 10 {
		c.Write(fmt.Sprintf("line %d", i))
	}
	for name, tc := range map[string]struct {
		fault Fault
		want  string
		fails bool
	}{
		"clean after lines": {Fault{AfterLines: 2, End: Clean}, "line 0\nline 1\n", false},
		"reset after bytes": {Fault{AfterBytes: 9, End: Reset}, "line 0\nli", true},
		"at once":           {Fault{End: Clean}, "", false},
		"in band and over":  {Fault{AfterLines: 1, InBand: "unable to retrieve container logs\n", End: Clean}, "line 0\nunable to retrieve container logs\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			tc.fault.Match, tc.fault.Times = LogsOf("shop", "web-0", "app"), 1
			h := s.Fault(tc.fault)
			got, err := io.ReadAll(openLog(t, s, &corev1.PodLogOptions{Container: "app", Follow: true}))
			if string(got) != tc.want || (err != nil) != tc.fails {
				t.Errorf("got %q, %v", got, err)
			}
			if h.Count() != 1 {
				t.Errorf("it struck %d times", h.Count())
			}
			tail := int64(1)
			if got := readLog(t, s, &corev1.PodLogOptions{TailLines: &tail}); got != "line 9\n" {
				t.Errorf("afterwards: %q", got)
			}
		})
	}
}

func TestFaultAnswersWithAStatus(t *testing.T) {
	t.Parallel() // client-go waits as Retry-After says
	s, _ := web0(t)
	s.Fault(Fault{Match: Lists("pods"), Skip: 1, Times: 1, Status: http.StatusTooManyRequests, Message: "busy", RetryAfter: time.Second})
	pods := client(t, s).CoreV1().Pods("shop")
	for i, want := range []int{1, 3, 4} { // client-go waits and tries again
		if _, err := pods.List(within(t), metav1.ListOptions{}); err != nil {
			t.Errorf("list %d: %v", i, err)
		}
		if n := s.CountRequests(func(r RequestRecord) bool { return r.Path == "/api/v1/namespaces/shop/pods" }); n != want {
			t.Errorf("%d requests after list %d, want %d", n, i, want)
		}
	}
	s.Fault(Fault{Match: Call("get", "pods"), Status: 500, Message: "boom"})
	if _, err := pods.Get(within(t), "web-0", metav1.GetOptions{}); !apierrors.IsInternalError(err) || err.Error() != "boom" {
		t.Errorf("got %v", err)
	}
}

func TestStallHoldsUntilReleased(t *testing.T) {
	s, c := web0(t)
	c.Write("one")
	c.Write("two")
	h := s.Fault(Fault{Match: LogsOf("", "", ""), AfterLines: 1, Stall: true})
	r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
	wantLine(t, r, "one")
	released := make(chan struct{})
	time.AfterFunc(30*time.Millisecond, func() { close(released); h.Release() })
	wantLine(t, r, "two")
	select {
	case <-released:
	default:
		t.Error("the second line came before the release")
	}
}

func TestCutStreams(t *testing.T) {
	for name, end := range map[string]End{"clean": Clean, "reset": Reset} {
		t.Run(name, func(t *testing.T) {
			s, c := web0(t)
			c.Write("one")
			r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
			wantLine(t, r, "one")
			if n := s.CutStreams(end); n != 1 {
				t.Errorf("cut %d", n)
			}
			if _, err := r.ReadByte(); (err == io.EOF) != (end == Clean) {
				t.Errorf("the end is %v", err)
			}
			eventually(t, "no open stream", func() bool { return s.OpenLogStreams() == 0 })
		})
	}
}

func TestForbid(t *testing.T) {
	s, _ := web0(t)
	rule := s.Forbid("list", "pods", "shop")
	_, err := client(t, s).CoreV1().Pods("shop").List(within(t), metav1.ListOptions{})
	want := `pods is forbidden: User "kubetest" cannot list resource "pods" in API group "" in the namespace "shop"`
	if !apierrors.IsForbidden(err) || err.Error() != want {
		t.Errorf("got %v", err)
	}
	rule.Remove()
	s.ForbidAtClusterScope("list", "pods")
	if _, err := client(t, s).CoreV1().Pods("shop").List(within(t), metav1.ListOptions{}); err != nil {
		t.Errorf("in the namespace: %v", err)
	}
	_, err = client(t, s).CoreV1().Pods("").List(within(t), metav1.ListOptions{})
	if want := `pods is forbidden: User "kubetest" cannot list resource "pods" in API group "" at the cluster scope`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	s.Forbid("get", "pods/log")
	_, err = client(t, s).CoreV1().Pods("shop").GetLogs("web-0", &corev1.PodLogOptions{}).Stream(within(t))
	if want := `pods "web-0" is forbidden: User "kubetest" cannot get resource "pods/log" in API group "" in the namespace "shop"`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestRestartOfTheServer(t *testing.T) {
	s, c := web0(t)
	c.Write("one")
	cl := client(t, s)
	r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
	wantLine(t, r, "one")
	s.Down()
	if _, err := r.ReadByte(); err == nil || err == io.EOF {
		t.Errorf("the stream ended with %v", err)
	}
	if _, err := cl.CoreV1().Pods("shop").Get(within(t), "web-0", metav1.GetOptions{}); err == nil {
		t.Error("a server that is down answers")
	}
	s.Must(s.Up())
	if _, err := cl.CoreV1().Pods("shop").Get(within(t), "web-0", metav1.GetOptions{}); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestAStalledStreamCanBeCut(t *testing.T) {
	for name, end := range map[string]End{"clean": Clean, "reset": Reset} {
		t.Run(name, func(t *testing.T) {
			s, c := web0(t)
			s.Fault(Fault{Match: LogsOf("", "", ""), AfterLines: 1, Stall: true})
			c.Write("one")
			r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
			wantLine(t, r, "one")
			eventually(t, "a stalled stream is cut", func() bool { return s.CutStreams(end) == 1 })
			if _, err := r.ReadByte(); (err == io.EOF) != (end == Clean) {
				t.Errorf("the end is %v", err)
			}
		})
	}
}

func TestFaultsOnWatches(t *testing.T) {
	s, _ := web0(t)
	s.Fault(Fault{Match: Watches("pods"), Times: 1, AfterLines: 1, End: Clean})
	pods := client(t, s).CoreV1().Pods("shop")
	w, err := pods.Watch(within(t), metav1.ListOptions{})
	s.Must(err)
	wantEvent(t, w, "ADDED", "web-0")
	if e, ok := <-w.ResultChan(); ok {
		t.Errorf("after the cut: %+v", e)
	}
	if w, err = pods.Watch(within(t), metav1.ListOptions{ResourceVersion: s.ResourceVersion()}); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	s.Must(s.DeletePod("shop", "web-0"))
	wantEvent(t, w, "DELETED", "web-0")
}
