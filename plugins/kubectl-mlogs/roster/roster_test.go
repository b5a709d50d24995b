package roster

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kube"
)

func TestFilter(t *testing.T) {
	all := func(names ...string) (res []*regexp.Regexp) {
		for _, n := range names {
			res = append(res, regexp.MustCompile(n))
		}
		return res
	}
	app := kube.Container{Name: "app", Kind: kube.Regular, State: kube.Running}
	proxy := kube.Container{Name: "istio-proxy", Kind: kube.Regular, State: kube.Waiting}
	setup := kube.Container{Name: "setup", Kind: kube.Init, State: kube.Terminated}
	debug := kube.Container{Name: "debugger", Kind: kube.Ephemeral, State: kube.Running}
	for _, test := range []struct {
		name         string
		filter       Filter
		names, wants []string
	}{
		{"nothing but regular ones", Filter{}, []string{"app", "istio-proxy"}, []string{"app", "istio-proxy"}},
		{"init", Filter{Init: true}, []string{"app", "istio-proxy", "setup"}, []string{"app", "istio-proxy", "setup"}},
		{"ephemeral", Filter{Ephemeral: true}, []string{"app", "istio-proxy", "debugger"}, []string{"app", "istio-proxy", "debugger"}},
		{"include", Filter{Init: true, Ephemeral: true, Include: all("^app$", "set")}, []string{"app", "setup"}, []string{"app", "setup"}},
		{"include does not bring a kind back", Filter{Include: all("setup")}, nil, nil},
		{"exclude", Filter{Init: true, Exclude: all("istio", "up$")}, []string{"app"}, []string{"app"}},
		{"exclude wins", Filter{Include: all("app", "proxy"), Exclude: all("app")}, []string{"istio-proxy"}, []string{"istio-proxy"}},
		{"one state", Filter{Init: true, States: []kube.ContainerState{kube.Terminated}}, []string{"app", "istio-proxy", "setup"}, []string{"setup"}},
		{"two states", Filter{Init: true, States: []kube.ContainerState{kube.Running, kube.Waiting}}, []string{"app", "istio-proxy", "setup"}, []string{"app", "istio-proxy"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var names, wants []string
			for _, c := range []kube.Container{app, proxy, setup, debug} {
				if test.filter.Names(&c) {
					names = append(names, c.Name)
				}
				if test.filter.Wants(&c) {
					wants = append(wants, c.Name)
				}
			}
			if !slices.Equal(names, test.names) {
				t.Errorf("names %q, want %q", names, test.names)
			}
			if !slices.Equal(wants, test.wants) {
				t.Errorf("wants %q, want %q", wants, test.wants)
			}
		})
	}
}

// started keeps what a Roster starts.
type started struct{ entries []Entry }

func newRoster(f Filter) (*Roster, *started) {
	s := &started{}
	return New(f, func(e Entry) { s.entries = append(s.entries, e) }), s
}

// names are the containers that were started, with a star when New.
func (s *started) names() []string {
	var names []string
	for _, e := range s.entries {
		name := e.Pod.Name + "/" + e.Container.Name
		if e.New {
			name += "*"
		}
		names = append(names, name)
	}
	return names
}

func newPod(name string, version uint64, containers ...kube.Container) *kube.Pod {
	return &kube.Pod{Namespace: "shop", Name: name, UID: types.UID("uid-of-" + name), Version: version, Phase: corev1.PodRunning, Containers: containers}
}

func running(name string, restarts int32) kube.Container {
	return kube.Container{Name: name, Kind: kube.Regular, State: kube.Running, ID: fmt.Sprintf("%s-%d", name, restarts), Restarts: restarts}
}

func waiting(name, reason string) kube.Container {
	return kube.Container{Name: name, Kind: kube.Regular, State: kube.Waiting, Reason: reason}
}

func ended(name string, code int32, reason string) kube.Container {
	return kube.Container{Name: name, Kind: kube.Regular, State: kube.Terminated, ID: name + "-0", Ended: true, ExitCode: code, Reason: reason}
}

func expect(t *testing.T, s *started, want ...string) {
	t.Helper()
	if got := s.names(); !slices.Equal(got, want) {
		t.Errorf("started: %q, want %q", got, want)
	}
}

// What runs at the start has a past, which --tail and --since limit; what
// starts later is new.
func TestStart(t *testing.T) {
	r, s := newRoster(Filter{})
	cluster := &kube.Cluster{Context: "blue"}
	r.Apply(cluster, newPod("a", 1, running("app", 0), waiting("proxy", "PodInitializing")))
	expect(t, s, "a/app")
	if e := s.entries[0]; e.Cluster != cluster || e.Pod.Name != "a" || e.Container.ID != "app-0" {
		t.Errorf("the entry is %+v", e)
	}
	r.Apply(cluster, newPod("a", 2, running("app", 0), running("proxy", 0)))
	expect(t, s, "a/app", "a/proxy*") // seen before it ever ran
	r.Complete()
	r.Apply(cluster, newPod("a", 3, running("app", 1), running("proxy", 0)))
	expect(t, s, "a/app", "a/proxy*") // a restart is the reader's business
	r.Apply(cluster, newPod("b", 4, waiting("app", "ContainerCreating")))
	r.Apply(cluster, newPod("b", 5, running("app", 0)))
	r.Apply(cluster, newPod("c", 6, running("app", 0)))
	expect(t, s, "a/app", "a/proxy*", "b/app*", "c/app*")
	if r.Pods() != 3 {
		t.Errorf("%d pods, want 3", r.Pods())
	}
}

func TestStartByState(t *testing.T) {
	r, s := newRoster(Filter{States: []kube.ContainerState{kube.Running}})
	r.Apply(nil, newPod("a", 1, ended("app", 1, "Error")))
	expect(t, s)
	r.Apply(nil, newPod("a", 2, running("app", 1)))
	expect(t, s, "a/app")
	r.Apply(nil, newPod("a", 3, ended("app", 1, "Error"))) // once begun it is read on
	if now, _ := s.entries[0].State.Get(); !now.Ended {
		t.Error("the reader was not told that its container has ended")
	}
}

func TestStatesFollowThePod(t *testing.T) {
	r, s := newRoster(Filter{})
	r.Apply(nil, newPod("a", 5, running("app", 0)))
	state := s.entries[0].State
	get := func() (string, bool, bool) {
		now, _ := state.Get()
		return now.ID, now.Final, now.Gone
	}
	for i, step := range []struct {
		do          func()
		id          string
		final, gone bool
	}{
		{func() {}, "app-0", false, false},
		{func() { r.Apply(nil, newPod("a", 7, running("app", 2))) }, "app-2", false, false},
		{func() { r.Apply(nil, newPod("a", 6, running("app", 1))) }, "app-2", false, false}, // older news
		{func() {
			p := newPod("a", 8, ended("app", 0, "Completed"))
			p.Phase = corev1.PodSucceeded
			r.Apply(nil, p)
		}, "app-0", true, false},
		{func() { r.Delete(newPod("unknown", 9)) }, "app-0", true, false},
		{func() { r.Delete(newPod("a", 9)) }, "app-0", true, true},
	} {
		step.do()
		if id, final, gone := get(); id != step.id || final != step.final || gone != step.gone {
			t.Errorf("step %d: instance %s, final %v, gone %v; want %s, %v, %v", i, id, final, gone, step.id, step.final, step.gone)
		}
	}
}

// A pod that leaves the selection and comes back keeps its UID.
func TestPodThatComesBack(t *testing.T) {
	r, s := newRoster(Filter{})
	r.Complete()
	r.Apply(nil, newPod("a", 1, running("app", 0), waiting("late", "")))
	r.Delete(newPod("a", 2, running("app", 0), waiting("late", "")))
	if r.Finished() != true {
		t.Error("not finished without the pod")
	}
	r.Apply(nil, newPod("a", 3, running("app", 0), waiting("late", "")))
	expect(t, s, "a/app*", "a/app*")
	if now, _ := s.entries[1].State.Get(); now.Gone {
		t.Error("the second reader is told that its pod is gone")
	}
	if r.Finished() {
		t.Error("finished with a running pod")
	}
}

// A pod of the same name with another UID is another pod.
func TestPodRecreated(t *testing.T) {
	r, s := newRoster(Filter{})
	old, young := newPod("a", 1, running("app", 0)), newPod("a", 2, running("app", 0))
	young.UID = "another"
	r.Apply(nil, old)
	r.Apply(nil, young)
	r.Delete(old)
	expect(t, s, "a/app", "a/app")
	for i, gone := range []bool{true, false} {
		if now, _ := s.entries[i].State.Get(); now.Gone != gone {
			t.Errorf("reader %d: gone = %v, want %v", i, now.Gone, gone)
		}
	}
}

func TestRefresh(t *testing.T) {
	const uid = types.UID("uid-of-a")
	other := newPod("a", 9, running("app", 5))
	other.UID = "another"
	for _, test := range []struct {
		name string
		pod  *kube.Pod
		id   string
		gone bool
	}{
		{"newer", newPod("a", 6, running("app", 1)), "app-1", false},
		{"older", newPod("a", 4, running("app", 1)), "app-0", false},
		{"no such pod", nil, "app-0", true},
		{"another pod of the name", other, "app-0", true},
		{"without the container", newPod("a", 6, running("other", 0)), "app-0", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, s := newRoster(Filter{})
			r.Apply(nil, newPod("a", 0, running("app", 0)))
			r.Apply(nil, newPod("a", 5, running("app", 0)))
			state := s.entries[0].State
			Refresh(state, uid, "app", test.pod)
			if now, _ := state.Get(); now.ID != test.id || now.Gone != test.gone {
				t.Errorf("instance %s, gone %v; want %s, %v", now.ID, now.Gone, test.id, test.gone)
			}
		})
	}
}

func in(phase corev1.PodPhase, p *kube.Pod) *kube.Pod {
	p.Phase = phase
	return p
}

func TestFinished(t *testing.T) {
	r, _ := newRoster(Filter{})
	for i, step := range []struct {
		do   func()
		want bool
	}{
		{func() {}, false}, // nothing has run
		{func() { r.Apply(nil, in(corev1.PodPending, newPod("a", 1, waiting("app", "")))) }, false},
		{func() { r.Apply(nil, in(corev1.PodRunning, newPod("a", 2, running("app", 0)))) }, false},
		{func() { r.Apply(nil, in(corev1.PodSucceeded, newPod("a", 3, ended("app", 0, "Completed")))) }, true},
		{func() { r.Apply(nil, in(corev1.PodRunning, newPod("b", 4, running("app", 0)))) }, false},
		{func() { r.Delete(newPod("b", 5, running("app", 0))) }, true},
		{func() { r.Apply(nil, in(corev1.PodUnknown, newPod("c", 6, running("app", 0)))) }, false},
		{func() { r.Apply(nil, in(corev1.PodFailed, newPod("c", 7, ended("app", 1, "Error")))) }, true},
	} {
		step.do()
		if got := r.Finished(); got != step.want {
			t.Errorf("step %d: finished = %v, want %v", i, got, step.want)
		}
	}
}

func TestFailedAndWaiting(t *testing.T) {
	r, _ := newRoster(Filter{Exclude: []*regexp.Regexp{regexp.MustCompile("istio")}})
	crashed := kube.Container{Name: "app", Kind: kube.Regular, State: kube.Waiting, Reason: "CrashLoopBackOff", ID: "app-3", Ended: true, ExitCode: 1}
	setup := ended("setup", 1, "Error")
	setup.Kind = kube.Init // not read
	for _, p := range []*kube.Pod{
		in(corev1.PodFailed, newPod("z", 1, ended("app", 137, "OOMKilled"), ended("ok", 0, "Completed"), ended("istio-proxy", 255, "Error"))),
		in(corev1.PodFailed, newPod("b", 1, ended("y", 2, "Error"), ended("x", 1, "Error"))),
		in(corev1.PodFailed, newPod("i", 1, setup, waiting("app", "PodInitializing"))),
		in(corev1.PodRunning, newPod("c", 1, crashed)), // will be started again
		in(corev1.PodPending, newPod("d", 1, waiting("app", "ImagePullBackOff"), waiting("istio-proxy", "ImagePullBackOff"))),
		in(corev1.PodPending, newPod("a", 1, waiting("app", ""))),
		in(corev1.PodPending, newPod("gone", 1, waiting("app", ""))),
		in(corev1.PodSucceeded, newPod("done", 1, ended("app", 0, "Completed"))),
	} {
		r.Apply(nil, p)
	}
	r.Delete(newPod("gone", 2, waiting("app", "")))
	wantFailed := []Failure{{"shop/b/x", 1, "Error"}, {"shop/b/y", 2, "Error"}, {"shop/z/app", 137, "OOMKilled"}}
	if got := r.Failed(); !slices.Equal(got, wantFailed) {
		t.Errorf("failed: %+v, want %+v", got, wantFailed)
	}
	wantWaiting := []Failure{{"shop/a/app", 0, ""}, {"shop/d/app", 0, "ImagePullBackOff"}, {"shop/i/app", 0, "PodInitializing"}}
	if got := r.Waiting(); !slices.Equal(got, wantWaiting) {
		t.Errorf("waiting: %+v, want %+v", got, wantWaiting)
	}
}

// A pod that has failed and is then deleted has failed all the same.
func TestFailedAndDeleted(t *testing.T) {
	r, _ := newRoster(Filter{})
	p := in(corev1.PodFailed, newPod("a", 1, ended("app", 4, "Error")))
	r.Apply(nil, p)
	r.Delete(p)
	if got, want := r.Failed(), []Failure{{"shop/a/app", 4, "Error"}}; !slices.Equal(got, want) {
		t.Errorf("failed: %+v, want %+v", got, want)
	}
}
