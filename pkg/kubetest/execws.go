package kubetest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
)

func isWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// channels is an exec over WebSocket: every message begins with the number of
// its channel (k8s.io/apimachinery/pkg/util/remotecommand).
type channels struct {
	conn *websocket.Conn
	mu   sync.Mutex // one writer at a time
}

// channel writes to one of the channels.
type channel struct {
	*channels
	id byte
}

// Write sends p as one message.
func (c channel) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w, err := c.conn.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return 0, err
	}
	w.Write([]byte{c.id}) //nolint:errcheck // errors come with Close
	n, err := w.Write(p)
	if err != nil {
		return n, err
	}
	return n, w.Close()
}

// webSocketExec upgrades to the WebSocket protocol v5, or v4. nil: the upgrade
// failed and the client knows. Pings are answered while stdin is read.
func (s *Server) webSocketExec(w http.ResponseWriter, r *http.Request, req ExecRequest) (*execSession, string) {
	up := websocket.Upgrader{
		Subprotocols: []string{remotecommand.StreamProtocolV5Name, remotecommand.StreamProtocolV4Name},
		CheckOrigin:  func(*http.Request) bool { return true },
	}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return nil, ""
	}
	c := &channels{conn: conn}
	in, inWriter := io.Pipe()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer inWriter.Close()
		c.read(inWriter)
	}()
	sess := &execSession{stdin: in, stdout: io.Discard, stderr: io.Discard, gone: gone, abort: func() { inWriter.Close(); conn.NetConn().Close() }}
	if req.Stdout {
		sess.stdout = channel{c, remotecommand.StreamStdOut}
	}
	if req.Stderr && !req.TTY {
		sess.stderr = channel{c, remotecommand.StreamStdErr}
	}
	if !req.Stdin {
		sess.stdin = bytes.NewReader(nil)
	}
	sess.status = func(st metav1.Status) {
		channel{c, remotecommand.StreamErr}.Write(mustJSON(st)) //nolint:errcheck // the client is gone
	}
	sess.finish = func() {
		inWriter.Close() // what the client still sends is read and dropped
		bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second)) //nolint:errcheck
		waitUpTo(gone, time.Second)
		conn.Close()
	}
	return sess, conn.Subprotocol()
}

// read passes stdin on until the client is gone. In v5 the client closes stdin
// by a message on channel 255.
func (c *channels) read(stdin *io.PipeWriter) {
	for {
		kind, raw, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if kind != websocket.BinaryMessage || len(raw) == 0 {
			continue
		}
		switch raw[0] {
		case remotecommand.StreamStdIn:
			// After the command has ended nobody reads; the rest is dropped.
			stdin.Write(raw[1:]) //nolint:errcheck
		case remotecommand.StreamClose:
			if c.conn.Subprotocol() == remotecommand.StreamProtocolV5Name && len(raw) == 2 && raw[1] == remotecommand.StreamStdIn {
				stdin.Close()
			}
		}
	}
}

func waitUpTo(done <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
