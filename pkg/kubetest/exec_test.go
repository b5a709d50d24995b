package kubetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
	"k8s.io/streaming/pkg/httpstream"
)

// executor runs commands in shop/web-0, over one protocol or, as kubectl does,
// WebSocket first and SPDY if that fails.
func executor(t *testing.T, s *Server, protocol string) remotecommand.Executor {
	t.Helper()
	url := client(t, s).CoreV1().RESTClient().Post().Namespace("shop").Resource("pods").Name("web-0").SubResource("exec").
		Param("command", "sh").Param("command", "-c").Param("stdin", "true").Param("stdout", "true").Param("stderr", "true").URL()
	ws, err := remotecommand.NewWebSocketExecutor(s.RESTConfig(), "GET", url.String())
	s.Must(err)
	spdy, err := remotecommand.NewSPDYExecutor(s.RESTConfig(), "POST", url)
	s.Must(err)
	switch protocol {
	case "websocket":
		return ws
	case "spdy":
		return spdy
	}
	both, err := remotecommand.NewFallbackExecutor(ws, spdy, httpstream.IsUpgradeFailure)
	s.Must(err)
	return both
}

// bothProtocols runs a test over WebSocket and over SPDY.
func bothProtocols(t *testing.T, test func(t *testing.T, s *Server, e remotecommand.Executor)) {
	for _, protocol := range []string{"websocket", "spdy"} {
		t.Run(protocol, func(t *testing.T) {
			s, _ := web0(t)
			test(t, s, executor(t, s, protocol))
		})
	}
}

func TestExecStreamsAndExitCode(t *testing.T) {
	bothProtocols(t, func(t *testing.T, s *Server, e remotecommand.Executor) {
		big := strings.Repeat("0123456789", 50_000)
		s.HandleExec(func(_ context.Context, r ExecRequest, stdin io.Reader, stdout, stderr io.Writer) int {
			in, err := io.ReadAll(stdin)
			fmt.Fprintf(stdout, "%s %s %v %v\n", r.Container, in, r.Command, err)
			io.WriteString(stdout, big)
			io.WriteString(stderr, "oh")
			return 7
		})
		var stdout, stderr bytes.Buffer
		err := e.StreamWithContext(within(t), remotecommand.StreamOptions{Stdin: strings.NewReader("in"), Stdout: &stdout, Stderr: &stderr})
		var exit exec.CodeExitError
		if !errors.As(err, &exit) || exit.Code != 7 {
			t.Errorf("ended with %v", err)
		}
		if want := "app in [sh -c] <nil>\n" + big; stdout.String() != want || stderr.String() != "oh" {
			t.Errorf("stdout has %d bytes, want %d; stderr %q", stdout.Len(), len(want), &stderr)
		}
		eventually(t, "no open exec", func() bool { return s.OpenExecs() == 0 })
	})
}

func TestExecOfAMissingCommand(t *testing.T) {
	bothProtocols(t, func(t *testing.T, _ *Server, e remotecommand.Executor) {
		err := e.StreamWithContext(within(t), remotecommand.StreamOptions{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
		if err == nil || !strings.Contains(err.Error(), `exec: "sh": executable file not found in $PATH`) {
			t.Errorf("got %v", err)
		}
	})
}

// TestCutExecs plays the three ways in which an exec ends early.
func TestCutExecs(t *testing.T) {
	bothProtocols(t, func(t *testing.T, s *Server, e remotecommand.Executor) {
		for name, tc := range map[string]struct {
			cut  func() int
			want func(error) bool
		}{
			"clean, which clients take for success": {func() int { return s.CutExecs(Clean) }, func(err error) bool { return err == nil }},
			"killed": {func() int { return s.KillExecs(137) }, func(err error) bool {
				var exit exec.CodeExitError
				return errors.As(err, &exit) && exit.Code == 137
			}},
		} {
			started := make(chan struct{})
			s.HandleExec(func(ctx context.Context, _ ExecRequest, _ io.Reader, stdout, _ io.Writer) int {
				io.WriteString(stdout, "begun\n")
				close(started)
				<-ctx.Done()
				return 0
			})
			go func() {
				<-started
				if n := tc.cut(); n != 1 {
					t.Errorf("%s: cut %d", name, n)
				}
			}()
			var stdout bytes.Buffer
			hold, release := io.Pipe()
			err := e.StreamWithContext(within(t), remotecommand.StreamOptions{Stdin: hold, Stdout: &stdout, Stderr: io.Discard})
			if !tc.want(err) || stdout.String() != "begun\n" {
				t.Errorf("%s: %v, stdout %q", name, err, &stdout)
			}
			release.Close()
		}
	})
}

func TestExecFaults(t *testing.T) {
	s, _ := web0(t)
	s.HandleExec(func(_ context.Context, _ ExecRequest, _ io.Reader, stdout, _ io.Writer) int {
		for range 5 {
			if _, err := io.WriteString(stdout, "line\n"); err != nil {
				return 1
			}
		}
		return 0
	})
	run := func() (string, error) {
		var stdout bytes.Buffer
		err := executor(t, s, "websocket").StreamWithContext(within(t), remotecommand.StreamOptions{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: io.Discard})
		return stdout.String(), err
	}
	s.Fault(Fault{Match: ExecsIn("shop", "web-0", ""), Times: 1, AfterLines: 2, End: Reset})
	if out, err := run(); out != "line\nline\n" || err == nil {
		t.Errorf("reset: %q, %v", out, err)
	}
	s.Fault(Fault{Match: ExecsIn("shop", "web-0", ""), Times: 1, AfterBytes: 7, End: Clean})
	if out, err := run(); out != "line\nli" || err != nil {
		t.Errorf("clean: %q, %v", out, err)
	}
	if out, err := run(); len(out) != 25 || err != nil {
		t.Errorf("without fault: %q, %v", out, err)
	}
}

func TestStdinEndsWhenTheClientIsGone(t *testing.T) {
	bothProtocols(t, func(t *testing.T, s *Server, e remotecommand.Executor) {
		ended := make(chan error, 1)
		started := make(chan struct{})
		s.HandleExec(func(_ context.Context, _ ExecRequest, stdin io.Reader, _, _ io.Writer) int {
			close(started)
			_, err := io.Copy(io.Discard, stdin)
			ended <- err
			return 0
		})
		ctx, cancel := context.WithCancel(within(t))
		go func() { <-started; cancel() }()
		hold, release := io.Pipe()
		defer release.Close()
		if err := e.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: hold, Stdout: io.Discard, Stderr: io.Discard}); !errors.Is(err, context.Canceled) {
			t.Errorf("the client ended with %v", err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("stdin ended with %v", err)
			}
		case <-within(t).Done():
			t.Error("stdin never ended")
		}
	})
}

func TestFallbackToSPDY(t *testing.T) {
	s, _ := web0(t)
	s.DisableWebSocket()
	var protocol string
	s.HandleExec(func(_ context.Context, r ExecRequest, _ io.Reader, _, _ io.Writer) int {
		protocol = r.Protocol
		return 0
	})
	opts := remotecommand.StreamOptions{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}
	if err := executor(t, s, "websocket").StreamWithContext(within(t), opts); !httpstream.IsUpgradeFailure(err) {
		t.Errorf("WebSocket: %v", err)
	}
	if err := executor(t, s, "both").StreamWithContext(within(t), opts); err != nil || protocol != "v4.channel.k8s.io" {
		t.Errorf("with the fallback: %v, over %q", err, protocol)
	}
}

func TestExecNeedsCreate(t *testing.T) {
	s, _ := web0(t)
	s.Forbid("create", "pods/exec")
	err := executor(t, s, "both").StreamWithContext(within(t), remotecommand.StreamOptions{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
	want := `pods "web-0" is forbidden: User "kubetest" cannot create resource "pods/exec" in API group "" in the namespace "shop"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}
