package tunnel

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// maxReplay is how much of what a client has said is kept until an answer comes, in
// bytes. First messages of databases' clients have some hundreds.
const maxReplay = 64 << 10

// relay leads one client to a pod, and, while no byte has come back, from one pod to
// another without the client's noticing.
type relay struct {
	client net.Conn

	mu    sync.Mutex
	sent  []byte // what the client has said so far
	bound bool   // it cannot be said to another pod any more
	eof   bool   // the client says nothing more
}

// run leads the client to a pod until either is done. again says that nothing has come
// from the pod, and that it may be tried with another one; the error is why the pod's
// side broke.
func (r *relay) run(pod *podConn) (again bool, err error) {
	defer pod.Close()
	up := make(chan struct{})
	go func() {
		defer close(up)
		r.up(pod)
	}()
	err = r.down(pod)
	pod.Close()                               //nolint:errcheck // it ends a write that hangs
	r.client.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // it ends a read that waits
	<-up
	var failure *Failure
	if !errors.As(err, &failure) {
		return false, nil
	}
	r.client.SetReadDeadline(time.Time{}) //nolint:errcheck // a client that is gone is seen
	return !r.bound, failure
}

// down copies what the pod says. The error is a *Failure, of ctx, or of no concern.
func (r *relay) down(pod *podConn) error {
	buffer := make([]byte, 32<<10)
	n, err := pod.Read(buffer)
	if n > 0 {
		r.mu.Lock()
		r.bound, r.sent = true, nil
		r.mu.Unlock()
		if _, err := r.client.Write(buffer[:n]); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{r.client}, struct{ io.Reader }{pod}, buffer)
	return err
}

// up copies what the client says, from what it has said already on.
func (r *relay) up(pod *podConn) {
	r.mu.Lock()
	first, eof := r.sent, r.eof
	r.mu.Unlock()
	if _, err := pod.Write(first); err != nil {
		return
	}
	buffer := make([]byte, 32<<10)
	for !eof {
		n, err := r.client.Read(buffer)
		var network net.Error
		if errors.As(err, &network) && network.Timeout() { // it is for the next pod
			r.keep(buffer[:n], false)
			return
		}
		eof = err != nil
		r.keep(buffer[:n], eof)
		if _, err := pod.Write(buffer[:n]); err != nil {
			return
		}
		if err != nil && !errors.Is(err, io.EOF) { // the client is gone, and hears nothing
			pod.Close() //nolint:errcheck // nobody is left
			return
		}
	}
	pod.CloseWrite() //nolint:errcheck // the pod's side is seen to end
}

// keep notes what the client has said, while it is not too much.
func (r *relay) keep(said []byte, eof bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.eof = eof
	switch {
	case r.bound:
	case len(r.sent)+len(said) > maxReplay:
		r.bound, r.sent = true, nil
	default:
		r.sent = append(r.sent, said...)
	}
}
