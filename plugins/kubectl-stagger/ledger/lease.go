package ledger

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

const (
	// leaseTime is how long a holder counts as alive after its last sign of life.
	leaseTime = 30 * time.Second
	// renewals is how many signs of life there are in that time.
	renewals = 4
	// requestTime bounds one request for the lease.
	requestTime = 6 * time.Second
	// inFlightKey and planKey are annotations of the Lease.
	inFlightKey = Prefix + "in-flight"
	planKey     = Prefix + "plan"
)

// HeldError says that another run is at work.
type HeldError struct {
	Lease  string // namespace/name
	Holder string
	Since  time.Time
	// Renewed is its last sign of life.
	Renewed time.Time
	// Ends is when it counts as dead without another one.
	Ends time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("another run is at work on this pool: %s, since %s (lease %s); if it was killed, its lease ends by itself at %s",
		e.Holder, e.Since.UTC().Format(time.RFC3339), e.Lease, e.Ends.UTC().Format(time.RFC3339))
}

// ErrLost is the cause of the end of a Lease's context.
var ErrLost = errors.New("the lease was lost to another run, or could not be renewed in time")

// ErrChanged says that what was looked at is not what is there any more.
var ErrChanged = errors.New("another run has been at work on this pool since it was looked at: nothing was changed; look again")

// Config says which lease is taken, and by whom.
type Config struct {
	Cluster *kube.Cluster
	// Namespace and Name are the Lease's. See NameFor.
	Namespace, Name string
	// Holder tells this run from all others, and people where it runs.
	Holder string
	// Life is how long a holder counts as alive after its last sign of life; 0 is 30 s.
	Life time.Duration
	// Unchanged is the Version of the State that this run has looked at: when the lease
	// is another one by now, the error is ErrChanged. Empty is any.
	Unchanged string
	// Waiting is called before a while is spent to see whether a holder is alive.
	Waiting func(holder string, atMost time.Duration)
}

// NameFor returns the name of a pool's lease. A name is made safe for the API, and
// cannot meet that of another pool but on purpose.
func NameFor(pool string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		}
		return '-'
	}, pool)
	if safe == pool && safe != "" && len(safe) <= 200 {
		return "stagger-" + safe
	}
	sum := fnv.New32a()
	sum.Write([]byte(pool)) // never fails
	return fmt.Sprintf("stagger-%s-%08x", safe[:min(len(safe), 200)], sum.Sum32())
}

// Lease is the right to change a pool, and what is written down for the next run.
type Lease struct {
	config  Config
	objects kube.Objects[coordinationv1.Lease]
	stop    context.CancelFunc
	ended   chan struct{}

	mu     sync.Mutex
	object *coordinationv1.Lease
}

func newLease(config Config) *Lease {
	if config.Life == 0 {
		config.Life = leaseTime
	}
	resource := schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}
	return &Lease{config: config, ended: make(chan struct{}), objects: kube.ObjectsOf[coordinationv1.Lease](config.Cluster, resource, config.Namespace)}
}

// ID is NAMESPACE/NAME.
func (l *Lease) ID() string { return l.config.Namespace + "/" + l.config.Name }

// Acquire takes the pool's lease. The returned context ends with ctx, and when the
// lease is lost: then context.Cause says so. The error is a *HeldError where another
// run is at work.
func Acquire(ctx context.Context, config Config) (*Lease, context.Context, error) {
	l := newLease(config)
	if err := l.take(ctx); err != nil {
		return nil, nil, err
	}
	held, lose := context.WithCancelCause(ctx)
	// Renewing outlives ctx, until Release: what is left clean after Ctrl-C is left
	// clean under the lease.
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go l.renew(renewing, lose)
	return l, held, nil
}

// renew gives signs of life until ctx ends, and calls lose when the lease is not ours
// any more.
func (l *Lease) renew(ctx context.Context, lose context.CancelCauseFunc) {
	defer close(l.ended)
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(l.config.Life / renewals):
		}
		err := l.change(ctx, func(*coordinationv1.Lease) {})
		switch {
		case err == nil:
			last = time.Now()
		case errors.Is(err, ErrLost), time.Since(last) > l.config.Life-l.config.Life/renewals:
			lose(ErrLost)
			return
		}
	}
}

// change updates the lease's object, while it is ours. It is tried again when
// somebody else has changed the object, as people may do.
func (l *Lease) change(ctx context.Context, edit func(*coordinationv1.Lease)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	for {
		object := l.claimed(l.object)
		edit(object)
		stored, err := l.objects.Update(ctx, l.config.Name, object)
		if err == nil {
			l.object = stored
			return nil
		}
		if !apierrors.IsConflict(err) {
			return err
		}
		now, err := l.objects.Get(ctx, l.config.Name)
		if err != nil {
			return err
		}
		if value(now.Spec.HolderIdentity) != l.config.Holder {
			return ErrLost
		}
		l.object = now
	}
}

// Release gives the lease back. A lease that was lost is left to its holder.
func (l *Lease) Release(ctx context.Context) error {
	l.stop()
	<-l.ended
	err := l.change(ctx, func(o *coordinationv1.Lease) { o.Spec.HolderIdentity, o.Spec.RenewTime = nil, nil })
	if errors.Is(err, ErrLost) || apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
