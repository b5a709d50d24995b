package kubetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
)

// ExecRequest is a command that a client wants to run in a container.
type ExecRequest struct {
	Namespace, Pod, Container string
	Command                   []string
	Stdin, Stdout, Stderr     bool // which streams the client asked for
	TTY                       bool
	Protocol                  string // "v5.channel.k8s.io" (WebSocket), "v4.channel.k8s.io" (SPDY or WebSocket)
}

// ExecFunc plays the command and returns its exit code, 0 to 255, or
// ExecNotFound. Streams that were not asked for read nothing and drop what is
// written. stdin ends when the client closes it or is gone; then, and at a cut,
// ctx is cancelled too. A real process learns only of stdin: a handler that
// stands for one ignores ctx.
type ExecFunc func(ctx context.Context, r ExecRequest, stdin io.Reader, stdout, stderr io.Writer) int

// ExecNotFound, returned by an ExecFunc, says that the container has no such
// command: the client gets the container runtime's error, not an exit code.
const ExecNotFound = -1

// sessions holds what plays execs and port-forwards.
type sessions struct {
	mu          sync.Mutex
	exec        ExecFunc
	forward     ForwardFunc
	noWebSocket bool
}

// HandleExec sets what runs for exec requests. Without it every command is
// ExecNotFound.
func (s *Server) HandleExec(f ExecFunc) {
	s.session.mu.Lock()
	defer s.session.mu.Unlock()
	s.session.exec = f
}

// DisableWebSocket makes WebSocket upgrades fail from now on, as behind a proxy
// that does not let them through: clients fall back to SPDY.
func (s *Server) DisableWebSocket() { s.setWebSocket(false) }

// EnableWebSocket takes DisableWebSocket back.
func (s *Server) EnableWebSocket() { s.setWebSocket(true) }

func (s *Server) setWebSocket(on bool) {
	s.session.mu.Lock()
	defer s.session.mu.Unlock()
	s.session.noWebSocket = !on
}

// CutExecs ends every open exec without an exit status and says how many that
// were: with Clean the connection is closed in good order, which clients take
// for success; with Reset it breaks.
func (s *Server) CutExecs(end End) int { return s.streams.stop(cutCause(end), execStream) }

// KillExecs ends every open exec with an exit code, as when the process is
// killed (137), and says how many that were.
func (s *Server) KillExecs(exitCode int) int { return s.streams.stop(exitError(exitCode), execStream) }

// OpenExecs counts the exec requests that are being served.
func (s *Server) OpenExecs() int { return s.streams.count(execStream) }

// exitError ends an exec with a code.
type exitError int

func (e exitError) Error() string { return "exit " + strconv.Itoa(int(e)) }

// execSession is one exec over whatever protocol. status, finish and abort are
// called once, at the end.
type execSession struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	status         func(metav1.Status) // tells how the command ended
	finish         func()              // closes in good order
	abort          func()              // drops the connection
	gone           <-chan struct{}     // closed when the client is gone
}

func (s *Server) serveExec(w http.ResponseWriter, r *http.Request, c call, t *table) {
	q := r.URL.Query()
	req := ExecRequest{Namespace: c.namespace, Pod: c.name, Command: q["command"],
		Stdin: isTrue(q.Get("stdin")), Stdout: isTrue(q.Get("stdout")), Stderr: isTrue(q.Get("stderr")), TTY: isTrue(q.Get("tty"))}
	if !req.Stdin && !req.Stdout && !req.Stderr {
		writeError(w, apierrors.NewBadRequest("you must specify at least 1 of stdin, stdout, stderr"))
		return
	}
	var err error
	if req.Container, err = s.reachable(r, c, t); err != nil {
		writeError(w, err)
		return
	}
	var gate *faultGate
	if fw, ok := w.(*faultWriter); ok {
		gate, w = fw.gate, fw.ResponseWriter
	}
	st := s.streams.begin(execStream, w, r)
	defer st.finish()
	var sess *execSession
	if isWebSocket(r) {
		sess, req.Protocol = s.webSocketExec(w, r, req)
	} else {
		sess, req.Protocol = s.spdyExec(w, r, req)
	}
	if sess != nil {
		s.runExec(st, sess, req, gate)
	}
}

// reachable checks that a stream to the pod's container can be opened, and
// finds the container; the errors are those of API server and kubelet.
func (s *Server) reachable(r *http.Request, c call, t *table) (container string, err error) {
	o := s.store.get(t, c.namespace, c.name)
	if o == nil {
		return "", apierrors.NewNotFound(t.gr(), c.name)
	}
	// Since 1.35 a WebSocket upgrade, though a GET, needs "create" too.
	if isWebSocket(r) {
		c.verb = "create"
		if err := s.rules.check(c, s.userOf(r)); err != nil {
			return "", err
		}
		s.session.mu.Lock()
		refused := s.session.noWebSocket
		s.session.mu.Unlock()
		if refused {
			return "", apierrors.NewBadRequest("Upgrade request required")
		}
	}
	if c.subresource == "exec" {
		if container, err = containerOf(o.data, r.URL.Query().Get("container")); err != nil {
			return "", err
		}
	}
	if text(o.data, "spec", "nodeName") == "" {
		return "", apierrors.NewBadRequest(sprintf("pod %s does not have a host assigned", c.name))
	}
	if container != "" && at(containerStatus(o.data, container), "state", "running") == nil {
		return "", apierrors.NewInternalError(errors.New(sprintf("unable to upgrade connection: container not found (%q)", container)))
	}
	return container, nil
}

// runExec runs the handler and ends the session by what comes first: its exit
// code, a cut, the client's going away.
func (s *Server) runExec(st *stream, sess *execSession, req ExecRequest, gate *faultGate) {
	ctx, cancel := context.WithCancel(st.ctx)
	defer cancel()
	stdout := sess.stdout
	cut := make(chan struct{})
	if gate != nil {
		gate.ctx, gate.out, gate.flush, gate.reset = ctx, sess.stdout, func() error { return nil }, sess.abort
		gate.cancel = sync.OnceFunc(func() { close(cut) })
		stdout = gate
	}
	s.session.mu.Lock()
	handler := s.session.exec
	s.session.mu.Unlock()
	exited := make(chan int, 1)
	go func() {
		if gate != nil && gate.immediate() && gate.strike() != nil {
			return
		}
		code := ExecNotFound
		if handler != nil {
			code = handler(ctx, req, sess.stdin, stdout, sess.stderr)
		}
		exited <- code
	}()
	s.endExec(st, sess, req, exited, cut)
}

// endExec waits for the first thing that ends the session, and ends it. A
// command that ends because of a cut is cut: its exit code is not told.
func (s *Server) endExec(st *stream, sess *execSession, req ExecRequest, exited <-chan int, cut <-chan struct{}) {
	code, told := 0, false
	select {
	case code = <-exited:
		told = true
	case <-cut:
	case <-sess.gone:
	case <-s.closed:
	case <-st.ctx.Done():
	}
	var exit exitError
	switch cause := context.Cause(st.ctx); {
	case errors.As(cause, &exit):
		code, told = int(exit), true
	case errors.Is(cause, errCutClean), isClosed(cut):
		told = false
	case cause != nil, !told:
		sess.abort()
		return
	}
	if told {
		sess.status(exitStatus(code, req))
	}
	sess.finish()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// exitStatus is what goes over the error channel when a command has ended.
func exitStatus(code int, req ExecRequest) metav1.Status {
	switch {
	case code == 0:
		return metav1.Status{Status: metav1.StatusSuccess}
	case code > 0:
		return metav1.Status{
			Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason,
			Message: sprintf("command terminated with non-zero exit code: exit status %d", code),
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: strconv.Itoa(code)}}},
		}
	}
	name := ""
	if len(req.Command) > 0 {
		name = req.Command[0]
	}
	return apierrors.NewInternalError(errors.New(sprintf("error executing command in container: failed to exec in container: failed to start exec %q: "+
		"OCI runtime exec failed: exec failed: unable to start container process: exec: %q: executable file not found in $PATH: unknown", randomHex(32), name))).ErrStatus
}
