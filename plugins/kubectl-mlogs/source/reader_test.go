package source

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

// lostLogs are the ways in which a node says that it does not have a log.
var lostLogs = map[string]func() (io.ReadCloser, error){
	"in place of lines": func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("unable to retrieve container logs for containerd://A")), nil
	},
	"400": func() (io.ReadCloser, error) { return nil, apierrors.NewBadRequest("container not found") },
	"404": func() (io.ReadCloser, error) {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "web-0")
	},
}

// A container that has ended writes nothing more: to wait for a log which its
// node has lost would be to wait forever.
func TestLostLogOfAnEndedContainerIsGivenUp(t *testing.T) {
	for name, lost := range lostLogs {
		t.Run(name+", from the start", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlay(t, everything, ended("A"))
				p.node = func(context.Context, int, *corev1.PodLogOptions) (io.ReadCloser, error) { return lost() }
				p.runToItsEnd(10 * time.Second)
				p.expectLines(0)
				p.expectGap(0)
			})
		})
		t.Run(name+", after lines were read", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlay(t, everything, of("A"))
				p.node = func(_ context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
					if n == 1 {
						return written(o, 1, 5), nil
					}
					if n == 2 {
						p.State.Set(ended("A"), 2)
						return cut(o, 1, 5), nil
					}
					return lost()
				}
				p.runToItsEnd(10 * time.Second)
				p.expectLines(5)
				p.expectGap(5)
			})
		})
	}
}

// A kubelet that restarts answers 404, too: its logs come back.
func TestLogThatIsMissingForAMomentIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, everything, of("A"))
		back := time.Now().Add(3 * time.Second)
		p.node = func(_ context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			switch {
			case n == 1:
				return written(o, 1, 5), nil
			case n == 2:
				p.State.Set(ended("A"), 2)
				return cut(o, 1, 5), nil
			case time.Now().Before(back):
				return lostLogs["404"]()
			}
			return written(o, 1, 10), nil
		}
		p.runToItsEnd(10 * time.Second)
		p.expectLines(10)
		p.expectNoGap()
	})
}

// A node that is told in place of lines again and again is told of once.
func TestNodeMessageIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, everything, ended("A"))
		p.node = func(context.Context, int, *corev1.PodLogOptions) (io.ReadCloser, error) {
			return lostLogs["in place of lines"]()
		}
		p.runToItsEnd(10 * time.Second)
		if told := p.told(NodeMessage); len(told) != 1 || !strings.Contains(told[0].Text, "containerd://A") {
			t.Errorf("told: %+v, want the node's message once", told)
		}
	})
}

// A past that cannot be read is a failure, not an empty log.
func TestPastThatCannotBeReadIsAFailure(t *testing.T) {
	for name, previous := range map[string]bool{"present": false, "previous": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlay(t, Options{Tail: -1, Previous: previous}, restarted("B", "A"))
				p.node = func(_ context.Context, _ int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
					if o.Previous != previous {
						t.Errorf("asked for the previous log: %v, want %v", o.Previous, previous)
					}
					return nil, apierrors.NewBadRequest("containerd.sock: connection refused")
				}
				p.runToItsEnd(10 * time.Second)
				p.expectLines(0)
				if told := p.told(Failed); len(told) != 1 || !apierrors.IsBadRequest(told[0].Err) {
					t.Errorf("told: %+v, want one failure with the node's words", p.events)
				}
			})
		})
	}
}

// Any number of resets is fine while lines come in between: only attempts that
// bring nothing count.
func TestPastIsReadOnWhileItGetsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, Options{Tail: -1}, ended("A"))
		p.node = func(_ context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			if n < 10 {
				return cut(o, 1, 10*n), nil
			}
			return written(o, 1, 100), nil
		}
		p.runToItsEnd(10 * time.Second)
		p.expectLines(100)
		if told := p.told(Failed); len(told) > 0 {
			t.Errorf("told: %+v, though all was read", told)
		}
	})
}

// kubelet loses a container's ID with its sandbox (ContainerStatusUnknown). That
// is the end of the instance, not another one.
func TestContainerWhoseIDIsLostHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, everything, of("A"))
		p.node = func(_ context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			if n <= 2 {
				return written(o, 1, 5), nil
			}
			if n == 3 {
				p.State.Set(Snapshot{Container: kube.Container{Name: "app", State: kube.Terminated, Ended: true, ExitCode: 137}, Final: true}, 2)
			}
			return nil, apierrors.NewBadRequest("container is not available")
		}
		p.runToItsEnd(10 * time.Second)
		p.expectLines(5)
		p.expectGap(5)
	})
}

// What a deleted pod wrote last cannot be had. Where its stream did not end by
// itself, nobody knows whether there was anything.
func TestDeletedPodWhoseEndWasNotReadIsAGap(t *testing.T) {
	for _, test := range []struct {
		name   string
		stream func(*corev1.PodLogOptions, int, int) io.ReadCloser
		gap    bool
	}{{"the stream was reset", cut, true}, {"the stream ended", written, false}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlay(t, everything, of("A"))
				if !test.gap {
					p.Refresh = func(context.Context) { p.State.SetGone() }
				}
				p.node = func(_ context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
					switch n {
					case 1:
						return written(o, 1, 3), nil
					case 2:
						return test.stream(o, 1, 5), nil
					}
					p.State.SetGone()
					return nil, errors.New("connection refused")
				}
				p.runToItsEnd(10 * time.Second)
				p.expectLines(5)
				if test.gap {
					p.expectGap(5)
				} else {
					p.expectNoGap()
				}
			})
		})
	}
}

// The end of a stream can get lost on the way, but not that of its container.
func TestStreamOfAnEndedContainerIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, everything, of("A"))
		p.node = func(ctx context.Context, _ int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			if o.Follow {
				p.State.Set(ended("A"), 2)
				return silent(ctx), nil
			}
			return written(o, 1, 5*min(p.asked, 2)), nil // the last five while the stream was silent
		}
		p.runToItsEnd(2 * grace)
		p.expectLines(10)
		p.expectNoGap()
	})
}

// kubelet sends no header before the first line, so the request itself may be
// what hangs.
func TestRequestForADeletedPodsStreamIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, everything, of("A"))
		p.node = func(ctx context.Context, _ int, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			if !o.Follow {
				return written(o, 1, 5), nil
			}
			p.State.SetGone()
			<-ctx.Done()
			return nil, ctx.Err()
		}
		p.runToItsEnd(2 * grace)
		p.expectLines(5)
		p.expectGap(5)
	})
}
