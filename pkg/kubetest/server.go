package kubetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// TB is what Start needs of *testing.T; it keeps package testing out of
// programs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	TempDir() string
}

// Server is a scripted API server. All methods may be called from any
// goroutine, at any time.
type Server struct {
	opts     options
	identity *identity
	token    string
	door     *door
	tb       TB // nil in programs
	closed   chan struct{}
	mu       sync.Mutex // guards opts.maxStreams
	once     sync.Once

	scheme  *runtime.Scheme
	owners  *ownership
	store   *store
	kubelet *kubelet
	streams *streamSet
	faults  *faultSet
	rules   *ruleSet
	journal *journal
	session *sessions

	reviewer atomic.Pointer[func(authorizationv1.SubjectAccessReviewSpec) bool]
}

// Listen starts a server on a TCP address; port 0 takes a free one. Its
// certificate is good for the address, 127.0.0.1, ::1 and localhost.
func Listen(addr string, opts ...Option) (*Server, error) {
	d, err := openDoor(addr)
	if err != nil {
		return nil, fmt.Errorf("kubetest: %w", err)
	}
	host, _, _ := net.SplitHostPort(d.addr)
	id, err := newIdentity([]string{host, "127.0.0.1", "::1", "localhost"})
	if err != nil {
		d.close()
		return nil, err
	}
	scheme := newScheme()
	s := &Server{
		opts: newOptions(opts), identity: id, token: randomHex(16), door: d, closed: make(chan struct{}),
		scheme: scheme, owners: newOwnership(scheme), kubelet: newKubelet(), streams: newStreamSet(),
		faults: &faultSet{}, rules: &ruleSet{}, journal: &journal{}, session: &sessions{},
	}
	s.store = newStore(s.opts.history, s.kubelet.observe)
	for _, r := range builtinResources() {
		s.store.register(r)
	}
	for _, name := range []string{"default", "kube-system"} {
		s.ensureNamespace(name)
	}
	d.serve(newHTTPServer(s, id, s.opts.http2, s.opts.maxStreams))
	return s, nil
}

// Start is Listen on a free port of 127.0.0.1 for a test: it fails the test on
// errors and closes the server when the test is over.
func Start(t TB, opts ...Option) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0", opts...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	s.tb = t
	t.Cleanup(s.Close)
	return s
}

// Close drops all connections and frees the port. Calls after the first do
// nothing.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.closed)
		s.door.close()
	})
}

// Must fails the test on err; in programs it panics. For scripts, where an
// error means that the script is wrong.
func (s *Server) Must(err error) {
	switch {
	case err == nil:
	case s.tb != nil:
		s.tb.Helper()
		s.tb.Fatalf("kubetest: %v", err)
	default:
		panic(err)
	}
}

// Down drops all connections and refuses new ones until Up. The state stays.
func (s *Server) Down() { s.door.down() }

// Up takes connections again on the same address after Down. The error says
// that another program listens there meanwhile.
func (s *Server) Up() error { return s.door.up() }

// Restart is an API server's restart: all connections are dropped, new ones
// are refused for downFor, then the same address serves the same state. It
// returns when the server is up again.
func (s *Server) Restart(downFor time.Duration) error {
	s.Down()
	time.Sleep(downFor)
	return s.Up()
}

// SetMaxConcurrentStreams sets how many requests one HTTP/2 connection may
// have open. Connections that are open keep the limit they began with, as the
// protocol announces it at the start.
func (s *Server) SetMaxConcurrentStreams(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.maxStreams = n
	s.door.serve(newHTTPServer(s, s.identity, s.opts.http2, n))
}

// GoAway tells every HTTP/2 connection to end (GOAWAY), as kube-apiserver does
// when it shuts down or with --goaway-chance: open streams go on, new requests
// need a new connection.
func (s *Server) GoAway() {
	ctx, cancel := context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.door.retire(ctx, newHTTPServer(s, s.identity, s.opts.http2, s.opts.maxStreams))
	go func() {
		<-s.closed
		cancel()
	}()
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) //nolint:errcheck // never fails, see crypto/rand
	return hex.EncodeToString(b)
}

// newUID makes a random (version 4) UUID.
func newUID() string {
	h := []byte(randomHex(16))
	h[12], h[16] = '4', 'a'
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
