package source

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// restarted is an instance that has replaced another.
func restarted(id, previous string) Snapshot {
	s := of(id)
	s.Restarts, s.PreviousID = 1, previous
	return s
}

// The previous log is all that is left of an instance: a node that does not
// answer just now is no reason to go on without it.
func TestPreviousLogIsAskedForUntilItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, everything, of("A"))
		back := time.Now().Add(20 * time.Second)
		p.node = func(ctx context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			switch {
			case n == 1:
				return written(o, 1, 5), nil
			case n == 2:
				p.State.Set(restarted("B", "A"), 2)
				return cut(o, 1, 0), nil
			case time.Now().Before(back):
				return nil, apierrors.NewServiceUnavailable("the node does not answer")
			case o.Previous:
				return written(o, 1, 10), nil
			case o.Follow:
				return silent(ctx), nil
			}
			return written(o, 11, 15), nil
		}
		p.run()
		p.expectLines(15)
		p.expectNoGap()
	})
}

// The status says that A has ended, the node already has B, whose log is empty
// as yet: an empty answer does not prove that all of A was read.
func TestDrainIsNotFooledByTheNextInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, everything, of("A"))
		p.node = func(ctx context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			switch {
			case n == 1:
				return written(o, 1, 5), nil
			case n == 2:
				now := of("A")
				now.Ended = true
				p.State.Set(now, 2)
				time.AfterFunc(time.Second, func() { p.State.Set(restarted("B", "A"), 3) })
				return cut(o, 1, 0), nil // before A's end
			case o.Previous:
				return written(o, 1, 10), nil
			}
			now, _ := p.State.Get()
			switch {
			case now.ID == "A":
				return written(o, 11, 10), nil
			case o.Follow:
				return silent(ctx), nil
			}
			return written(o, 11, 15), nil
		}
		p.run()
		p.expectLines(15)
		p.expectNoGap()
	})
}
