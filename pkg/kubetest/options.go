package kubetest

import "time"

// Option changes what Listen and Start make.
type Option func(*options)

type options struct {
	maxStreams   int
	history      int
	http2        bool
	watchList    bool
	user         string
	version      string
	termination  time.Duration
	bookmarkTime time.Duration
}

func newOptions(opts []Option) options {
	o := options{
		maxStreams:   100,
		history:      8192,
		http2:        true,
		user:         "kubetest",
		version:      "v1.36.1",
		bookmarkTime: time.Minute,
	}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// WithMaxConcurrentStreams sets how many requests one HTTP/2 connection may
// have open; 100 unless told, as kube-apiserver
// (--http2-max-streams-per-connection).
func WithMaxConcurrentStreams(n int) Option { return func(o *options) { o.maxStreams = n } }

// WithWatchHistory sets how many events of a resource are kept for watches
// that resume; older resource versions get 410 Expired. 8192 unless told.
func WithWatchHistory(events int) Option { return func(o *options) { o.history = events } }

// WithoutHTTP2 makes a server that speaks HTTP/1.1 only.
func WithoutHTTP2() Option { return func(o *options) { o.http2 = false } }

// WithWatchList makes the server serve sendInitialEvents instead of refusing
// it, as a server with the WatchList feature gate does.
func WithWatchList() Option { return func(o *options) { o.watchList = true } }

// WithUser sets the name that the bearer token stands for; "kubetest" unless
// told. It is seen in the texts of 403 answers.
func WithUser(name string) Option { return func(o *options) { o.user = name } }

// WithVersion sets the git version in /version, like "v1.36.1".
func WithVersion(v string) Option { return func(o *options) { o.version = v } }

// WithTermination sets how long a pod with a grace period stays, with its
// deletionTimestamp set, before it is gone. At once unless told; never longer
// than the grace period.
func WithTermination(d time.Duration) Option { return func(o *options) { o.termination = d } }

// WithBookmarks sets the time between bookmark events of watches that allow
// them; one minute unless told, as kube-apiserver's watch cache.
func WithBookmarks(every time.Duration) Option { return func(o *options) { o.bookmarkTime = every } }
