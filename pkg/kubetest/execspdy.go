package kubetest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// arrival is a stream that a SPDY client has opened; reply is closed when it
// knows that the server has it.
type arrival struct {
	httpstream.Stream
	reply <-chan struct{}
}

// spdyExec upgrades to SPDY and waits for the streams. nil: the upgrade failed
// and the client knows.
func (s *Server) spdyExec(w http.ResponseWriter, r *http.Request, req ExecRequest) (*execSession, string) {
	protocol, err := httpstream.Handshake(r, w, []string{remotecommand.StreamProtocolV4Name})
	if err != nil {
		return nil, "" // Handshake has answered
	}
	arrivals := make(chan arrival, 8)
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(stream httpstream.Stream, reply <-chan struct{}) error {
		arrivals <- arrival{stream, reply}
		return nil
	})
	if conn == nil {
		return nil, ""
	}
	streams, err := collectStreams(arrivals, expectedStreams(req))
	if err != nil {
		conn.Close()
		return nil, ""
	}
	gone := make(chan struct{})
	go func() {
		<-conn.CloseChan()
		close(gone)
	}()
	return spdySession(conn, streams, gone), protocol
}

func spdySession(conn httpstream.Connection, streams map[string]httpstream.Stream, gone chan struct{}) *execSession {
	sess := &execSession{stdin: bytes.NewReader(nil), stdout: io.Discard, stderr: io.Discard, gone: gone, abort: func() { conn.Close() }}
	if in := streams[corev1.StreamTypeStdin]; in != nil {
		sess.stdin = in
	}
	if out := streams[corev1.StreamTypeStdout]; out != nil {
		sess.stdout = out
	}
	if e := streams[corev1.StreamTypeStderr]; e != nil {
		sess.stderr = e
	}
	sess.status = func(st metav1.Status) {
		streams[corev1.StreamTypeError].Write(mustJSON(st)) //nolint:errcheck // the client is gone
	}
	sess.finish = func() {
		for _, stream := range streams {
			stream.Close() //nolint:errcheck
		}
		// The client closes when it has read all; closing first could reset
		// streams that it has not read.
		waitUpTo(gone, time.Second)
		conn.Close()
	}
	return sess
}

// expectedStreams are the streams that the client will open, by their type.
func expectedStreams(req ExecRequest) map[string]bool {
	want := map[string]bool{corev1.StreamTypeError: true}
	for kind, asked := range map[string]bool{
		corev1.StreamTypeStdin: req.Stdin, corev1.StreamTypeStdout: req.Stdout,
		corev1.StreamTypeStderr: req.Stderr && !req.TTY, corev1.StreamTypeResize: req.TTY,
	} {
		if asked {
			want[kind] = true
		}
	}
	return want
}

func collectStreams(arrivals <-chan arrival, want map[string]bool) (map[string]httpstream.Stream, error) {
	got := map[string]httpstream.Stream{}
	timeout := time.After(10 * time.Second)
	for len(got) < len(want) {
		select {
		case a := <-arrivals:
			if kind := a.Headers().Get(corev1.StreamType); want[kind] {
				got[kind] = a
				<-a.reply
			}
		case <-timeout:
			return nil, errors.New("timed out waiting for client to create streams")
		}
	}
	return got, nil
}
