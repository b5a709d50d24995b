package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// storeLog keeps the events of a podStore as words.
type storeLog struct{ events []string }

func (l *storeLog) emit(e PodEvent) {
	word := map[PodEventType]string{PodApplied: "+", PodDeleted: "-", PodTrouble: "!"}[e.Type]
	l.events = append(l.events, fmt.Sprintf("%s%s/%s@%d", word, e.Pod.Name, e.Pod.UID, e.Pod.Version))
}

func (l *storeLog) synced(names []string) {
	l.events = append(l.events, "synced "+strings.Join(names, " "))
}

// take returns the events since the last call.
func (l *storeLog) take() []string {
	events := l.events
	l.events = nil
	return events
}

func object(name, uid string, version int) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(uid), ResourceVersion: fmt.Sprint(version)}}
}

// webOnly selects the pods whose name begins with web.
func webOnly(_ context.Context, p *Pod) (bool, error) { return strings.HasPrefix(p.Name, "web"), nil }

func TestPodStore(t *testing.T) {
	var log storeLog
	s := newPodStore(t.Context(), webOnly, log.emit, log.synced)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		do   func()
		want []string
	}{
		{func() {
			do(s.Replace([]any{object("web-0", "u0", 1), object("db-0", "u1", 2), object("web-1", "u2", 3)}, "3"))
		},
			[]string{"+web-0/u0@1", "+web-1/u2@3", "synced web-0 db-0 web-1"}},
		{func() { do(s.Add(object("web-2", "u3", 4))) }, []string{"+web-2/u3@4"}},
		{func() { do(s.Update(object("web-2", "u3", 5))) }, []string{"+web-2/u3@5"}},
		{func() { do(s.Add(object("db-1", "u4", 6))) }, nil},
		{func() { do(s.Update(object("db-1", "u4", 7))) }, nil},
		{func() { do(s.Delete(object("db-1", "u4", 8))) }, nil},
		{func() { do(s.Delete(object("web-2", "u3", 9))) }, []string{"-web-2/u3@9"}},
		{func() { do(s.Delete(object("web-2", "u3", 9))) }, nil},
		// A list after a lost watch: web-1 was deleted, web-0 was recreated under its name.
		{func() { do(s.Replace([]any{object("web-0", "u9", 20)}, "20")) }, nil},
		{func() { do(s.Replace(nil, "21")) }, []string{"-web-0/u9@20", "synced "}},
		{func() { do(s.Resync()) }, nil},
		{func() { do(s.Add("not a pod")) }, nil},
		{func() { do(s.Delete("not a pod")) }, nil},
		{func() { do(s.Replace([]any{"not a pod"}, "22")) }, []string{"synced "}},
	} {
		step.do()
		got := log.take()
		if i == 8 { // the order of the deletions is open
			if len(got) != 4 || !slices.Contains(got[:2], "-web-0/u0@1") || !slices.Contains(got[:2], "-web-1/u2@3") ||
				got[2] != "+web-0/u9@20" || got[3] != "synced web-0" {
				t.Errorf("step %d: %q, want the deletions first", i, got)
			}
			continue
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}

func TestTransformer(t *testing.T) {
	s := newPodStore(t.Context(), webOnly, nil, nil)
	got, err := s.Transformer()(fullPod())
	if pod, ok := got.(*corev1.Pod); err != nil || !ok || pod.Name != "web-0" || pod.Annotations != nil {
		t.Errorf("%+v, %v; want a slim pod", got, err)
	}
	if got, err := s.Transformer()("another object"); err != nil || got != "another object" {
		t.Errorf("%v, %v; want it unchanged", got, err)
	}
}

// While the API cannot say who owns a pod, the pod is asked about again.
func TestPodStoreAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log storeLog
		left := 3
		match := func(context.Context, *Pod) (bool, error) {
			if left--; left >= 0 {
				return false, errors.New("the server is down")
			}
			return true, nil
		}
		s := newPodStore(t.Context(), match, log.emit, log.synced)
		begin := time.Now()
		if err := s.Add(object("web-0", "u0", 1)); err != nil {
			t.Fatal(err)
		}
		if got, want := log.take(), []string{"!web-0/u0@1", "!web-0/u0@1", "!web-0/u0@1", "+web-0/u0@1"}; !slices.Equal(got, want) {
			t.Errorf("events %q, want %q", got, want)
		}
		if waited, want := time.Since(begin), (200+400+800)*time.Millisecond; waited != want {
			t.Errorf("waited %v, want %v", waited, want)
		}
		// A pod that is selected is not asked about again.
		left = 1000
		if err := s.Update(object("web-0", "u0", 2)); err != nil || left != 1000 {
			t.Errorf("Update = %v, asked %d times", err, 1000-left)
		}
	})
}

func TestPodStoreGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var log storeLog
		s := newPodStore(ctx, func(context.Context, *Pod) (bool, error) { return false, errors.New("the server is down") }, log.emit, log.synced)
		time.AfterFunc(time.Hour, cancel)
		begin := time.Now()
		if err := s.Add(object("web-0", "u0", 1)); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited != time.Hour {
			t.Errorf("gave up after %v, want when the context ends", waited)
		}
		for _, e := range log.take() {
			if !strings.HasPrefix(e, "!") {
				t.Errorf("event %q of a pod that could not be asked about", e)
			}
		}
	})
}
