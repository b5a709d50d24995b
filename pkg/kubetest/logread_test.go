package kubetest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// noon plus ms milliseconds.
func noon(ms int) time.Time {
	return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

func TestLogOptions(t *testing.T) {
	s, c := web0(t)
	for i := range 6 {
		c.WriteAt(noon(i*500), fmt.Sprintf("line %d", i))
	}
	n := func(n int64) *int64 { return &n }
	at := func(ms int) *metav1.Time { return new(metav1.NewTime(noon(ms))) }
	for name, tc := range map[string]struct {
		opts corev1.PodLogOptions
		want string
	}{
		"tail":                             {corev1.PodLogOptions{TailLines: n(2)}, "line 4\nline 5\n"},
		"tail 0":                           {corev1.PodLogOptions{TailLines: n(0)}, ""},
		"since, cut to the second":         {corev1.PodLogOptions{SinceTime: at(2400)}, "line 4\nline 5\n"},
		"since is inclusive":               {corev1.PodLogOptions{SinceTime: at(2000)}, "line 4\nline 5\n"},
		"the tail is found before since":   {corev1.PodLogOptions{SinceTime: at(0), TailLines: n(1)}, "line 5\n"},
		"since drops from the tail":        {corev1.PodLogOptions{SinceTime: at(2000), TailLines: n(4)}, "line 4\nline 5\n"},
		"bytes":                            {corev1.PodLogOptions{LimitBytes: n(9)}, "line 0\nli"},
		"bytes count timestamps":           {corev1.PodLogOptions{LimitBytes: n(9), Timestamps: true}, "2026-01-0"},
		"since a future second is nothing": {corev1.PodLogOptions{SinceTime: at(60_000)}, ""},
	} {
		if got := readLog(t, s, &tc.opts); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

// TestSinceTimeIsCutByTheServer: client-go sends whole seconds, others may not.
func TestSinceTimeIsCutByTheServer(t *testing.T) {
	s, c := web0(t)
	c.WriteAt(noon(300), "one")
	raw, err := client(t, s).CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces/shop/pods/web-0/log").
		Param("sinceTime", noon(900).Format(time.RFC3339Nano)).Do(within(t)).Raw()
	if string(raw) != "one\n" || err != nil {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestLogErrors(t *testing.T) {
	s, _ := web0(t, WithContainers("app", "side"), WithInitContainers("init"))
	s.Must(s.Create(Pod("shop", "new", WithWaiting("ContainerCreating")), Pod("shop", "pull", WithWaiting("ImagePullBackOff")), Pod("shop", "pending", OnNode(""))))
	n := func(n int64) *int64 { return &n }
	for _, tc := range []struct {
		pod  string
		opts corev1.PodLogOptions
		code int
		want string
	}{
		{"web-0", corev1.PodLogOptions{}, 400, "a container name must be specified for pod web-0, choose one of: [init app side]"},
		{"web-0", corev1.PodLogOptions{Container: "x"}, 400, "container x is not valid for pod web-0"},
		{"web-0", corev1.PodLogOptions{Container: "app", Previous: true}, 400, `previous terminated container "app" in pod "web-0" not found`},
		{"new", corev1.PodLogOptions{}, 400, `container "app" in pod "new" is waiting to start: ContainerCreating`},
		{"pull", corev1.PodLogOptions{}, 400, `container "app" in pod "pull" is waiting to start: trying and failing to pull image`},
		{"none", corev1.PodLogOptions{}, 404, `pods "none" not found`},
		{"web-0", corev1.PodLogOptions{Container: "app", SinceSeconds: n(1), SinceTime: &metav1.Time{Time: noon(0)}}, 422,
			"at most one of `sinceTime` or `sinceSeconds` may be specified"},
		{"web-0", corev1.PodLogOptions{Container: "app", TailLines: n(-1)}, 422, "tailLines: Invalid value: -1"},
		{"pending", corev1.PodLogOptions{}, 0, ""},
	} {
		_, err := client(t, s).CoreV1().Pods("shop").GetLogs(tc.pod, &tc.opts).Stream(within(t))
		code := 0
		if st, ok := err.(apierrors.APIStatus); ok {
			code = int(st.Status().Code)
		}
		if code != tc.code || (tc.code != 0 && !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s %+v: %d %v", tc.pod, tc.opts, code, err)
		}
	}
}

// TestOneNewLineFlagForBothStreams is the kubelet's quirk: a stderr line
// between the parts of a stdout line lands in its middle, without a timestamp.
func TestOneNewLineFlagForBothStreams(t *testing.T) {
	s, c := web0(t)
	c.Append(
		Record{Time: noon(0), Partial: true, Text: "ab"},
		Record{Time: noon(1), Stderr: true, Text: "oops"},
		Record{Time: noon(2), Text: "cd"})
	want := "2026-01-02T12:00:00.000000000Z aboops\n2026-01-02T12:00:00.002000000Z cd\n"
	if got := readLog(t, s, &corev1.PodLogOptions{Timestamps: true}); got != want {
		t.Errorf("got %q", got)
	}
	// A part that the since filter drops leaves the next one without a stamp.
	c.Rotate()
	c.Append(Record{Time: noon(900), Partial: true, Text: "ab"}, Record{Time: noon(1100), Text: "cd"})
	got := readLog(t, s, &corev1.PodLogOptions{Timestamps: true, SinceTime: new(metav1.NewTime(noon(1000)))})
	if got != "cd\n" {
		t.Errorf("after the filter: %q", got)
	}
}

func TestRotation(t *testing.T) {
	for name, tc := range map[string]struct {
		mode RotateMode
		want string
	}{"go on": {FollowersGoOn, "new\n"}, "end": {FollowersEnd, ""}} {
		t.Run(name, func(t *testing.T) {
			s, c := web0(t)
			c.Write("old")
			r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
			wantLine(t, r, "old")
			c.Rotate(tc.mode)
			c.Write("new")
			if got := readLog(t, s, &corev1.PodLogOptions{}); got != "new\n" {
				t.Errorf("a new request got %q", got)
			}
			c.Terminate(0)
			if rest, _ := io.ReadAll(r); string(rest) != tc.want {
				t.Errorf("the follower got %q", rest)
			}
		})
	}
}

func TestRotationThatLosesTheTail(t *testing.T) {
	s, c := web0(t)
	h := s.Fault(Fault{Match: LogsOf("shop", "web-0", ""), AfterLines: 1, Stall: true})
	c.Write("one")
	r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
	wantLine(t, r, "one")
	c.Write("lost")
	c.Rotate(FollowersLoseTail)
	c.Write("new")
	c.Terminate(0)
	h.Remove()
	if rest, _ := io.ReadAll(r); string(rest) != "new\n" {
		t.Errorf("the follower got %q", rest)
	}
}

func TestKubeletMessages(t *testing.T) {
	s, c := web0(t)
	c.WriteRaw("for the next one\n")
	c.Write("one")
	r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true, Timestamps: true}))
	wantLine(t, r, "for the next one")
	r.ReadString('\n')
	c.WriteRaw("failed to create fsnotify watcher: too many open files\n")
	wantLine(t, r, "failed to create fsnotify watcher: too many open files")
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "one\n" {
		t.Errorf("a later request got %q", got)
	}
}

func TestPreload(t *testing.T) {
	s, c := web0(t)
	var raw bytes.Buffer
	for i := range 50_000 {
		fmt.Fprintf(&raw, "%s line %06d of some ordinary length\n", noon(i).Format(stampFormat), i)
	}
	c.Preload(raw.Bytes())
	if got := readLog(t, s, &corev1.PodLogOptions{Timestamps: true}); got != raw.String() {
		t.Errorf("got %d bytes, want %d", len(got), raw.Len())
	}
	tail := int64(2)
	if got := readLog(t, s, &corev1.PodLogOptions{TailLines: &tail}); got != "line 049998 of some ordinary length\nline 049999 of some ordinary length\n" {
		t.Errorf("tail: %q", got)
	}
	got := readLog(t, s, &corev1.PodLogOptions{Timestamps: true, SinceTime: new(metav1.NewTime(noon(49_000)))})
	if want := 1000; strings.Count(got, "\n") != want || !strings.HasPrefix(got, "2026-01-02T12:00:49.000000000Z line 049000") {
		t.Errorf("since: %d lines, %.60q", strings.Count(got, "\n"), got)
	}
	c.Write("and on")
	r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
	for range 50_000 {
		if _, err := r.ReadSlice('\n'); err != nil {
			t.Fatal(err)
		}
	}
	wantLine(t, r, "and on")
}

// TestASlowReaderBlocksOnlyItself: one stream is not read, another on the same
// connection gets everything.
func TestASlowReaderBlocksOnlyItself(t *testing.T) {
	s, c := web0(t)
	line := strings.Repeat("x", 16_000)
	for range 2000 {
		c.Write(line)
	}
	cl := client(t, s)
	open := func() io.ReadCloser {
		body, err := cl.CoreV1().Pods("shop").GetLogs("web-0", &corev1.PodLogOptions{Follow: true}).Stream(within(t))
		s.Must(err)
		return body
	}
	slow := open()
	defer slow.Close()
	fast := open()
	defer fast.Close()
	if n, err := io.CopyN(io.Discard, fast, 2000*16_001); err != nil {
		t.Errorf("the fast one stopped at %d: %v", n, err)
	}
	if n := s.OpenLogStreams(); n != 2 {
		t.Errorf("%d streams are open", n)
	}
	s.CutStreams(Reset)
	eventually(t, "no open stream", func() bool { return s.OpenLogStreams() == 0 })
}
