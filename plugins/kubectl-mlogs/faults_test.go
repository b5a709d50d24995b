package main

import (
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// webPod makes a running pod with one container, app.
func webPod(t *testing.T, srv *kubetest.Server, name string) *kubetest.Container {
	t.Helper()
	if err := srv.Create(kubetest.Pod("shop", name, kubetest.WithContainers("app"), kubetest.WithLabels("app", "web"))); err != nil {
		t.Fatal(err)
	}
	return srv.Container("shop", name, "app")
}

// Streams that end again and again while the container goes on writing: every
// other program loses most of the lines. kubelet can only be asked from a whole
// second on, so a stream must live for more lines than a second has.
func TestStreamsThatBreak(t *testing.T) {
	for name, fault := range map[string]kubetest.Fault{
		"ends cleanly":       {AfterLines: 1200, End: kubetest.Clean},
		"ends within a line": {AfterBytes: 60_007, End: kubetest.Clean},
		"is reset":           {AfterLines: 1200, End: kubetest.Reset},
		"is reset mid-line":  {AfterBytes: 60_007, End: kubetest.Reset},
		"is refused":         {Skip: 2, Times: 3, Status: 500, Message: "dial tcp 10.0.0.1:10250: connect: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := kubetest.Start(t)
			a, b := webPod(t, srv, "web-0"), webPod(t, srv, "web-1")
			fault.Match = kubetest.LogsOf("shop", "web-0", "app")
			handle := srv.Fault(fault)
			m := start(t, srv, "-n", "shop", "web", "--color=never")
			for i := range 30 {
				writeLines(a, 100*i+1, 100*i+100)
				writeLines(b, 10*i+1, 10*i+10)
				time.Sleep(100 * time.Millisecond)
				if i == 15 {
					srv.CutStreams(kubetest.Clean)
				}
			}
			m.expectAll("web-0", "app", 1, 3000)
			m.expectAll("web-1", "app", 1, 300)
			if handle.Count() == 0 {
				t.Error("the fault never struck")
			}
			m.Stop()
		})
	}
}

// Lines that share a nanosecond, and stdout and stderr out of order, across a cut.
func TestResumeWithEqualAndUnorderedTimes(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "web-0", "app"), AfterLines: 14, End: kubetest.Reset})
	base := time.Now().Add(-time.Minute).Truncate(time.Second)
	at := []time.Duration{0, 0, 0, 999, 998, 1000, 1000, 1000, 1000, 1000, 1000, 999, 2000, 2000, 1500, 3000, 3000, 3000}
	for i, d := range at {
		c.WriteAt(base.Add(d*time.Millisecond), numbered(i+1))
	}
	m := start(t, srv, "-n", "shop", "web")
	m.expectAll("web-0", "app", 1, len(at))
}

func TestAPIServerRestart(t *testing.T) {
	srv := kubetest.Start(t)
	a, b := webPod(t, srv, "web-0"), webPod(t, srv, "web-1")
	m := start(t, srv, "-n", "shop", "web")
	writeLines(a, 1, 500)
	writeLines(b, 1, 500)
	m.expectAll("web-0", "app", 1, 500)
	if err := srv.Restart(700 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	writeLines(a, 501, 1000)
	writeLines(b, 501, 1000)
	m.expectAll("web-0", "app", 1, 1000)
	m.expectAll("web-1", "app", 1, 1000)
	m.Says("trying again: the connection to the server")
	m.Says("reading shop/web-")
}

func TestContainerRestart(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	m := start(t, srv, "-n", "shop", "web")
	writeLines(c, 1, 200)
	m.expectAll("web-0", "app", 1, 200)
	c.Restart(1)
	writeLines(c, 201, 400)
	m.expectAll("web-0", "app", 1, 400)
	c.Crash(2)
	m.Until("the log of the crashed instance is drained", func() bool { return c.OpenStreams() == 0 })
	c.Recover()
	writeLines(c, 401, 500)
	m.expectAll("web-0", "app", 1, 500)
}

// Two restarts between two looks: the instance in the middle can only be had
// as the previous log.
func TestTwoRestartsBetweenTwoLooks(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	m := start(t, srv, "-n", "shop", "web")
	writeLines(c, 1, 100)
	m.expectAll("web-0", "app", 1, 100)
	srv.Down()
	writeLines(c, 101, 110)
	first := c.RestartQuietly(1)
	writeLines(c, 111, 200)
	second := c.RestartQuietly(1)
	writeLines(c, 201, 300)
	first()
	second()
	if err := srv.Up(); err != nil {
		t.Fatal(err)
	}
	// Lines 101 to 110 were on no stream, and their instance is gone: a gap.
	m.Prints(numbered(200))
	m.Prints(numbered(300))
	counts := tally(m.Out.String(), "web-0", "app")
	for i := 111; i <= 300; i++ {
		if counts[i] != 1 {
			t.Fatalf("line %d printed %d times\n%s", i, counts[i], m.Err.String())
		}
	}
	m.Says("gap: lines of shop/web-0/app may be missing")
}

// The status still names the old instance while the stream already is of the
// new one: what is left of the old one must not be lost, nor the new one's
// lines be printed twice.
func TestStatusThatLags(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	m := start(t, srv, "-n", "shop", "web")
	writeLines(c, 1, 100)
	m.expectAll("web-0", "app", 1, 100)
	block := srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "web-0", "app"), Status: 503})
	srv.CutStreams(kubetest.Reset)
	writeLines(c, 101, 150) // never streamed
	publish := c.RestartQuietly(1)
	time.Sleep(1100 * time.Millisecond) // the new instance begins in another second
	writeLines(c, 151, 250)
	block.Remove()
	m.Prints(numbered(250)) // read while the status names the old instance
	publish()
	m.Prints(numbered(150))
	writeLines(c, 251, 300)
	m.Prints(numbered(300))
	m.Stop()
	counts := tally(m.Out.String(), "web-0", "app")
	for i := 1; i <= 300; i++ {
		if counts[i] != 1 {
			t.Errorf("line %d printed %d times", i, counts[i])
		}
	}
	if strings.Contains(m.Err.String(), "gap") {
		t.Errorf("a gap is reported where nothing is missing:\n%s", m.Err.String())
	}
}

func TestPodRecreatedUnderItsName(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	m := start(t, srv, "-n", "shop", "web")
	writeLines(c, 1, 100)
	m.expectAll("web-0", "app", 1, 100)
	if err := srv.DeletePod("shop", "web-0"); err != nil {
		t.Fatal(err)
	}
	c = webPod(t, srv, "web-0")
	writeLines(c, 101, 200)
	m.expectAll("web-0", "app", 1, 200)
}

// Pods that come and go while the watch is broken are found by the next list.
func TestWatchExpiry(t *testing.T) {
	srv := kubetest.Start(t)
	writeLines(webPod(t, srv, "web-0"), 1, 10)
	m := start(t, srv, "-n", "shop", "web")
	m.expectAll("web-0", "app", 1, 10)
	block := srv.Fault(kubetest.Fault{Match: kubetest.Watches("pods"), Status: 410, Reason: "Expired", Message: "too old resource version"})
	srv.ExpireWatches()
	if err := srv.DeletePod("shop", "web-0"); err != nil {
		t.Fatal(err)
	}
	writeLines(webPod(t, srv, "web-0"), 11, 20)
	writeLines(webPod(t, srv, "web-1"), 1, 20)
	time.Sleep(100 * time.Millisecond)
	block.Remove()
	m.expectAll("web-0", "app", 1, 20)
	m.expectAll("web-1", "app", 1, 20)
}

// What the node has rotated away while no stream was open cannot be had: it is
// reported with its time span, and the rest is complete.
func TestRotationIsReportedAsGap(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	m := start(t, srv, "-n", "shop", "web")
	writeLines(c, 1, 100)
	m.expectAll("web-0", "app", 1, 100)
	// The past is one request and the future another: only the second is to be cut.
	m.Until("a stream of new lines", func() bool {
		follows := func(r kubetest.RequestRecord) bool {
			return r.Query.Get("follow") == "true" && strings.HasSuffix(r.Path, "/log")
		}
		return srv.CountRequests(follows) > 0 && srv.OpenLogStreams() == 1
	})
	block := srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "web-0", "app"), Status: 503})
	srv.CutStreams(kubetest.Clean)
	writeLines(c, 101, 150)
	c.Rotate()
	writeLines(c, 151, 200)
	block.Remove()
	m.Prints(numbered(200))
	m.Stop()
	m.Says("gap: lines of shop/web-0/app may be missing between 20")
	counts := tally(m.Out.String(), "web-0", "app")
	for i := 1; i <= 200; i++ {
		want := 1
		if 100 < i && i <= 150 {
			want = 0
		}
		if counts[i] != want {
			t.Errorf("line %d printed %d times, want %d", i, counts[i], want)
		}
	}
	m.Says("gaps: 1")
}

func TestKubeletMessageIsNoLogLine(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	c.WriteRaw("failed to create fsnotify watcher: too many open files\n")
	writeLines(c, 1, 50)
	m := start(t, srv, "-n", "shop", "web")
	m.expectAll("web-0", "app", 1, 50)
	m.Says(`instead of lines of shop/web-0/app the node says "failed to create fsnotify watcher: too many open files"`)
	if strings.Contains(m.Out.String(), "fsnotify") {
		t.Error("kubelet's message was printed as a log line")
	}
}

func TestLongLines(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "web-0", "app"), AfterBytes: 50_000, End: kubetest.Reset, Times: 4})
	long := strings.Repeat("0123456789", 4000)
	c.Write(long)
	c.Write("short")
	c.Write(long)
	m := start(t, srv, "-n", "shop", "web")
	m.Until("both long lines", func() bool { return strings.Count(m.Out.String(), "web-0 app "+long+"\n") == 2 })
	m.Stop()
	cut := start(t, srv, "-n", "shop", "web", "--no-follow", "--max-line", "10k")
	if err := cut.Wait(); err != nil {
		t.Fatal(err)
	}
	want := "web-0 app " + long[:10_000] + "…[+30000 bytes]\n"
	if out := cut.Out.String(); strings.Count(out, want) != 2 || !strings.Contains(out, "web-0 app short\n") {
		t.Errorf("lines are not cut at 10,000 bytes: %d bytes of output", len(out))
	}
}

// A stream that hangs, of a pod that is gone, must not keep the run from its end.
func TestHangingStreamOfADeletedPod(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	writeLines(c, 1, 10)
	srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "web-0", "app"), Skip: 1, AfterLines: 10, Stall: true})
	m := start(t, srv, "-n", "shop", "web", "--until-done")
	m.expectAll("web-0", "app", 1, 10)
	if err := srv.DeletePod("shop", "web-0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Wait(); err != nil {
		t.Errorf("a pod that was deleted is no failure: %v", err)
	}
}

// --no-follow reads on where a server in between has cut the past short.
func TestPastThatIsCutShort(t *testing.T) {
	for name, end := range map[string]kubetest.End{"cleanly": kubetest.Clean, "by reset": kubetest.Reset} {
		t.Run(name, func(t *testing.T) {
			srv := kubetest.Start(t)
			c := webPod(t, srv, "web-0")
			writeLines(c, 1, 1000)
			srv.Fault(kubetest.Fault{Match: kubetest.LogsOf("shop", "web-0", "app"), AfterLines: 600, End: end, Times: 1})
			m := start(t, srv, "-n", "shop", "web", "--no-follow")
			if err := m.Wait(); err != nil {
				t.Fatal(err)
			}
			m.expectAll("web-0", "app", 1, 1000)
		})
	}
}

// A container that was seen waiting and has crashed before the next look: its
// first instance is only to be had as the previous log.
func TestCrashBeforeTheFirstLook(t *testing.T) {
	srv := kubetest.Start(t)
	if err := srv.Create(kubetest.Pod("shop", "web-0", kubetest.WithContainers("app"), kubetest.WithWaiting("ContainerCreating"))); err != nil {
		t.Fatal(err)
	}
	m := start(t, srv, "-n", "shop", "web")
	m.Says("shop/web-0/app has not started (ContainerCreating); waiting for it")
	srv.Down()
	c := srv.Container("shop", "web-0", "app")
	c.Run()
	writeLines(c, 1, 100)
	c.Restart(1)
	writeLines(c, 101, 200)
	srv.ExpireWatches() // the next look is a list, which shows only the second instance
	if err := srv.Up(); err != nil {
		t.Fatal(err)
	}
	m.expectAll("web-0", "app", 1, 200)
}
