package kubetest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func TestKubeconfig(t *testing.T) {
	s := Start(t)
	config, err := clientcmd.BuildConfigFromFlags("", s.KubeconfigFile(t))
	s.Must(err)
	c, err := kubernetes.NewForConfig(config)
	s.Must(err)
	list, err := c.CoreV1().Namespaces().List(within(t), metav1.ListOptions{})
	if err != nil || len(list.Items) != 2 {
		t.Errorf("got %+v, %v", list, err)
	}
	config.BearerToken = "wrong"
	c, err = kubernetes.NewForConfig(config)
	s.Must(err)
	if _, err := c.CoreV1().Namespaces().List(within(t), metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
		t.Errorf("with a wrong token: %v", err)
	}
	if config.CAData = nil; rest.LoadTLSFiles(config) != nil {
		t.Error("unreadable")
	}
}

func TestProtocols(t *testing.T) {
	for proto, opts := range map[string][]Option{"HTTP/2.0": nil, "HTTP/1.1": {WithoutHTTP2()}} {
		s := Start(t, opts...)
		s.Must(s.Create(Pod("shop", "web-0")))
		c := s.Container("shop", "web-0", "app")
		c.Write("one")
		r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
		wantLine(t, r, "one")
		c.Write("two")
		wantLine(t, r, "two")
		if got := s.Requests()[0]; got.Proto != proto || got.Path != "/api/v1/namespaces/shop/pods/web-0/log" || got.Query.Get("follow") != "true" {
			t.Errorf("recorded %+v", got)
		}
		s.CutStreams(Reset)
		if _, err := r.ReadByte(); err == nil || err == io.EOF {
			t.Errorf("%s: a reset is seen as %v", proto, err)
		}
	}
}

// TestConcurrentStreams: what does not fit one connection gets another.
func TestConcurrentStreams(t *testing.T) {
	s, c := web0(t)
	s.SetMaxConcurrentStreams(3)
	c.Write("one")
	cl := client(t, s)
	for range 10 {
		body, err := cl.CoreV1().Pods("shop").GetLogs("web-0", &corev1.PodLogOptions{Follow: true}).Stream(within(t))
		s.Must(err)
		defer body.Close()
		wantLine(t, bufio.NewReader(body), "one")
	}
	connections := map[string]bool{}
	for _, r := range s.Requests() {
		connections[r.Remote] = true
	}
	if len(connections) != 4 {
		t.Errorf("10 streams on %d connections, want 4", len(connections))
	}
}

func TestImpersonation(t *testing.T) {
	s := Start(t)
	s.Forbid("*", "nodes")
	config := s.RESTConfig()
	config.Impersonate.UserName = "jane"
	c, err := kubernetes.NewForConfig(config)
	s.Must(err)
	_, err = c.CoreV1().Nodes().Get(within(t), "n", metav1.GetOptions{})
	if want := `nodes "n" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestWatchBookmarksAndTimeout(t *testing.T) {
	t.Parallel() // the shortest timeout is a second
	s := Start(t, WithBookmarks(1e6))
	s.Must(s.Create(configMap("other", nil)))
	w, err := client(t, s).CoreV1().Pods("").Watch(within(t), metav1.ListOptions{ResourceVersion: s.ResourceVersion(), AllowWatchBookmarks: true, TimeoutSeconds: new(int64(1))})
	s.Must(err)
	defer w.Stop()
	if e := nextEvent(t, w); e.Type != watch.Bookmark || e.Object.(*corev1.Pod).ResourceVersion == "" {
		t.Errorf("got %+v", e)
	}
	begun := time.Now()
	for e := range w.ResultChan() {
		if e.Type != watch.Bookmark {
			t.Errorf("got %+v", e)
		}
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("a watch of one second took %s", took)
	}
}

func TestSendInitialEvents(t *testing.T) {
	yes := true
	opts := metav1.ListOptions{SendInitialEvents: &yes, AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}
	if _, err := client(t, Start(t)).CoreV1().Namespaces().Watch(within(t), opts); !apierrors.IsInvalid(err) {
		t.Errorf("without the feature: %v", err)
	}
	s := Start(t, WithWatchList())
	w, err := client(t, s).CoreV1().Namespaces().Watch(within(t), opts)
	s.Must(err)
	defer w.Stop()
	wantEvent(t, w, watch.Added, "default")
	wantEvent(t, w, watch.Added, "kube-system")
	if e := nextEvent(t, w); e.Type != watch.Bookmark || e.Object.(*corev1.Namespace).Annotations[metav1.InitialEventsAnnotationKey] != "true" {
		t.Errorf("got %+v", e)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Must(s.Create(Pod("shop", "web-0")))
	body := openLog(t, s, &corev1.PodLogOptions{Follow: true})
	s.Close()
	s.Close()
	if _, err := io.ReadAll(body); err == nil {
		t.Error("the stream ended cleanly")
	}
	config := s.RESTConfig()
	rt, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(context.Background(), "GET", s.URL()+"/version", nil)
	if resp, err := rt.RoundTrip(req); err == nil {
		resp.Body.Close()
		t.Error("it still answers")
	}
	if s.Up() == nil {
		t.Error("a closed server came up")
	}
}

func TestGoAway(t *testing.T) {
	s, c := web0(t)
	cl := client(t, s)
	body, err := cl.CoreV1().Pods("shop").GetLogs("web-0", &corev1.PodLogOptions{Follow: true}).Stream(within(t))
	s.Must(err)
	defer body.Close()
	s.GoAway()
	first := s.Requests()[0].Remote
	eventually(t, "a new connection", func() bool {
		s.ForgetRequests()
		_, err := cl.CoreV1().Pods("shop").Get(within(t), "web-0", metav1.GetOptions{})
		s.Must(err)
		return s.Requests()[0].Remote != first
	})
	c.Write("still here")
	wantLine(t, bufio.NewReader(body), "still here")
}
