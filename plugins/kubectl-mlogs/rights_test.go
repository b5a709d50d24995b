package main

import (
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// getsOnly is a server whose user may get pods by name, and neither list nor
// watch them.
func getsOnly(t *testing.T) *kubetest.Server {
	t.Helper()
	srv := kubetest.Start(t)
	srv.Forbid("list", "pods")
	srv.Forbid("watch", "pods")
	return srv
}

// looks counts the requests for a pod itself, follows those for its log to be followed.
func looks(srv *kubetest.Server, pod string) int {
	return srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, "/pods/"+pod) })
}

func follows(srv *kubetest.Server, pod string) int {
	return srv.CountRequests(func(r kubetest.RequestRecord) bool {
		return strings.HasSuffix(r.Path, "/pods/"+pod+"/log") && r.Query.Get("follow") == "true"
	})
}

// A pod that does not exist yet must not keep the others waiting, and is read
// when it comes.
func TestPollDoesNotWaitForAMissingPod(t *testing.T) {
	t.Parallel()
	srv := getsOnly(t)
	writeLines(webPod(t, srv, "web-0"), 1, 5)
	m := start(t, srv, "-n", "shop", "web-0", "web-1")
	m.expectAll("web-0", "app", 1, 5)
	writeLines(webPod(t, srv, "web-1"), 1, 5)
	m.expectAll("web-1", "app", 1, 5)
	m.expectAll("web-0", "app", 1, 5)
}

// A pod that could not be asked for is not a pod that is gone: whoever took it
// for gone would read it from its first line again.
func TestPollSurvivesAFailedGet(t *testing.T) {
	t.Parallel()
	srv := getsOnly(t)
	c := webPod(t, srv, "web-0")
	writeLines(c, 1, 5)
	m := start(t, srv, "-n", "shop", "web-0")
	m.expectAll("web-0", "app", 1, 5)
	m.Until("the stream", func() bool { return follows(srv, "web-0") == 1 })
	failure := srv.Fault(kubetest.Fault{Match: kubetest.Call("get", "pods"), Times: 1, Status: 503})
	m.Until("the failure", func() bool { return failure.Count() == 1 })
	// The next look finds the pod, and the one after that shows that it is over.
	before := looks(srv, "web-0")
	m.Until("two more looks", func() bool { return looks(srv, "web-0") >= before+2 })
	writeLines(c, 6, 10)
	m.expectAll("web-0", "app", 1, 10)
	if n := follows(srv, "web-0"); n != 1 {
		t.Errorf("the log was followed %d times, though its first stream was open", n)
	}
	m.Says("trying again")
}

// An API server that starts refuses for a moment what it has allowed before.
// Only a log that could never be read is refused.
func TestRefusalOfALogThatWasReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	writeLines(c, 1, 5)
	m := start(t, srv, "-n", "shop", "web-0")
	m.expectAll("web-0", "app", 1, 5)
	m.Until("the stream", func() bool { return follows(srv, "web-0") == 1 && c.OpenStreams() == 1 })
	refusal := srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "web-0", "app"), Times: 1, Status: 403})
	srv.CutStreams(kubetest.Clean)
	m.Until("the refusal", func() bool { return refusal.Count() == 1 })
	writeLines(c, 6, 10)
	m.expectAll("web-0", "app", 1, 10)
	m.Says("reading shop/web-0/app again")
	if strings.Contains(m.Err.String(), "not allowed") {
		t.Errorf("a refusal that passes is told as one that stays:\n%s", m.Err.String())
	}
}
