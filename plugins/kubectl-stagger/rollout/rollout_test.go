package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/replace"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// stage has nodes on an API server, and a replacer that does what the test says.
type stage struct {
	*Rollout
	t   *testing.T
	srv *kubetest.Server

	mu        sync.Mutex
	begun     []string
	at        map[string]time.Time
	resumed   []ledger.Record
	abandoned []string
	busy      int
	most      int // replacements at once
	replace   func(ctx context.Context, node string) error
	events    []Event
	collects  int
}

func newStage(t *testing.T, nodes int, options spread.Options) (*stage, *pool.Snapshot) {
	t.Helper()
	st := &stage{t: t, srv: kubetest.Start(t), at: map[string]time.Time{}, replace: func(context.Context, string) error { return nil }}
	clusters, err := (&kube.Flags{Kubeconfig: st.srv.KubeconfigFile(t)}).Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range nodes {
		st.srv.Must(st.srv.Create(kubetest.Node(fmt.Sprintf("n%d", i), func(n *corev1.Node) { n.Status.NodeInfo.BootID = "boot-" + n.Name })))
	}
	lease, _, err := ledger.Acquire(t.Context(), ledger.Config{Cluster: clusters[0], Namespace: "kube-system", Name: "stagger-p", Holder: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lease.Release(context.Background()) })
	st.Rollout = &Rollout{Cluster: clusters[0], Lease: lease, Replacer: st, Planner: Planner{Options: options},
		Collect: func(context.Context) (*pool.Snapshot, error) {
			st.mu.Lock()
			st.collects++
			st.mu.Unlock()
			return st.snapshot(), nil
		},
		Report: func(e Event) { st.mu.Lock(); defer st.mu.Unlock(); st.events = append(st.events, e) }}
	return st, st.snapshot()
}

// snapshot is the pool as the API server has it, all of one age.
func (st *stage) snapshot() *pool.Snapshot {
	st.t.Helper()
	s := &pool.Snapshot{Name: "p", TakenAt: time.Now()}
	for i := 0; ; i++ {
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("n%d", i)}}
		if st.srv.Load(n) != nil {
			return s
		}
		s.Nodes = append(s.Nodes, pool.Node{Name: n.Name, Machine: pool.MachineOf(n), Annotations: n.Annotations,
			Start: pool.Start{At: time.Now().Add(-time.Second), Source: pool.FromCloud}})
	}
}

// agenda has a step for each node, every apart from the one before.
func (st *stage) agenda(s *pool.Snapshot, first, every time.Duration) *Agenda {
	a := &Agenda{MadeAt: time.Now(), Plan: &spread.Plan{}}
	for i, n := range s.Nodes {
		a.Steps = append(a.Steps, Step{n.Name, ledger.Planned{At: time.Now().Add(first + time.Duration(i)*every), Machine: n.Machine}})
	}
	return a
}

func (st *stage) Replace(ctx context.Context, node string, meant func(pool.Machine) bool) error {
	st.mu.Lock()
	st.begun, st.at[node] = append(st.begun, node), time.Now()
	st.busy++
	st.most = max(st.most, st.busy)
	st.mu.Unlock()
	err := st.replace(ctx, node)
	if !meant(pool.Machine{BootID: "boot-" + node}) || meant(pool.Machine{BootID: "other"}) {
		st.t.Errorf("node %s: the wrong machine is meant", node)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.busy--
	return err
}

func (st *stage) Resume(_ context.Context, record ledger.Record) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.resumed = append(st.resumed, record)
	return nil
}

func (st *stage) Abandon(_ context.Context, record ledger.Record, why error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.abandoned = append(st.abandoned, record.Node)
	return &replace.LeftError{Node: record.Node, Err: why, Moot: true}
}

func (st *stage) planned(node string) string {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}
	st.srv.Must(st.srv.Load(n))
	return n.Annotations[ledger.PlannedKey]
}

// Steps begin at their times, not before, in order, and one after the other.
func TestSteps(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 4, spread.Options{})
	a := st.agenda(s, 200*time.Millisecond, 100*time.Millisecond)
	times := map[string]time.Time{}
	for _, step := range a.Steps {
		times[step.Node] = step.At
	}
	st.replace = func(context.Context, string) error { time.Sleep(150 * time.Millisecond); return nil }
	out, err := st.Run(t.Context(), s, a)
	if err != nil || out.Next != nil || !slices.Equal(out.Replaced, []string{"n0", "n1", "n2", "n3"}) || st.most != 1 {
		t.Fatalf("%+v, %v; %d at once", out, err, st.most)
	}
	for node, at := range times {
		if st.at[node].Before(at) {
			t.Errorf("node %s began %v early", node, at.Sub(st.at[node]))
		}
	}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 6, spread.Options{Concurrency: 3})
	st.replace = func(context.Context, string) error { time.Sleep(200 * time.Millisecond); return nil }
	if out, err := st.Run(t.Context(), s, st.agenda(s, 0, 0)); err != nil || len(out.Replaced) != 6 || st.most != 3 {
		t.Errorf("%+v, %v; %d at once", out, err, st.most)
	}
}

// The plan is written on the nodes before the first step, and an old one is removed.
func TestPlanIsWritten(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 3, spread.Options{})
	s.Nodes[2].Annotations = map[string]string{}
	plan(s, 2, time.Now(), time.Now(), spread.Crowded, "boot-n2")
	st.srv.Must(st.srv.Apply(kubetest.Node("n2", func(n *corev1.Node) { n.Annotations = s.Nodes[2].Annotations })))
	a := st.agenda(s, time.Hour, time.Minute)
	a.Steps = a.Steps[:2]
	st.Until = time.Now()
	out, err := st.Run(t.Context(), s, a)
	if err != nil || out.Next == nil || out.Next.Node != "n0" || len(st.begun) > 0 {
		t.Errorf("%+v, %v, begun %v", out, err, st.begun)
	}
	for i, want := range []string{a.Steps[0].String(), a.Steps[1].String(), ""} {
		if got := st.planned(fmt.Sprint("n", i)); got != want {
			t.Errorf("node n%d has the plan %q, want %q", i, got, want)
		}
	}
	if got := st.Lease.Plan().MadeAt; !got.Equal(a.MadeAt) {
		t.Errorf("the lease says planned at %v", got)
	}
}

// A run that ends at a time does what is due until then, and says what is next.
func TestUntil(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 3, spread.Options{})
	a := st.agenda(s, 0, 300*time.Millisecond)
	st.Until = a.Steps[1].At
	out, err := st.Run(t.Context(), s, a)
	if err != nil || !slices.Equal(out.Replaced, []string{"n0", "n1"}) || out.Next == nil || out.Next.Node != "n2" {
		t.Errorf("%+v, %v", out, err)
	}
}

// A node that was left as it was found does not keep the others from their turn.
func TestLeft(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 3, spread.Options{})
	st.replace = func(_ context.Context, node string) error {
		if node == "n1" {
			return &replace.LeftError{Node: node, Err: errors.New("budget")}
		}
		return nil
	}
	out, err := st.Run(t.Context(), s, st.agenda(s, 0, time.Millisecond))
	if err != nil || !slices.Equal(out.Replaced, []string{"n0", "n2"}) || len(out.Left) != 1 || out.Left[0].Node != "n1" {
		t.Errorf("%+v, %v", out, err)
	}
}

// Any other error ends the run; what is under way is waited for, nothing is begun.
func TestStops(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 5, spread.Options{Concurrency: 2})
	quota := errors.New("no quota")
	st.replace = func(_ context.Context, node string) error {
		if node == "n0" {
			time.Sleep(100 * time.Millisecond)
			return quota
		}
		time.Sleep(400 * time.Millisecond)
		return nil
	}
	out, err := st.Run(t.Context(), s, st.agenda(s, 0, 0))
	if !errors.Is(err, quota) || !slices.Equal(out.Replaced, []string{"n1"}) || len(st.begun) != 2 {
		t.Errorf("%+v, %v, begun %v", out, err, st.begun)
	}
}

// Ctrl-C while it waits ends the run at once.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 2, spread.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if out, err := st.Run(ctx, s, st.agenda(s, time.Hour, time.Hour)); !errors.Is(err, context.DeadlineExceeded) || len(out.Replaced) > 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// What an earlier run has begun comes first, and is not begun again.
func TestResumesFirst(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 2, spread.Options{})
	record := ledger.Record{Node: "n1", Step: ledger.Awaiting, Began: time.Now().UTC().Truncate(time.Second)}
	if err := st.Lease.SetInFlight(t.Context(), record, false); err != nil {
		t.Fatal(err)
	}
	out, err := st.Run(t.Context(), s, st.agenda(s, 0, time.Millisecond))
	if err != nil || !slices.Equal(out.Replaced, []string{"n1", "n0"}) || !slices.Equal(st.begun, []string{"n0"}) || len(st.resumed) != 1 || st.resumed[0] != record {
		t.Errorf("%+v, %v; resumed %v, begun %v", out, err, st.resumed, st.begun)
	}
}

// A drain that an earlier run began long ago, or at an hour that is not allowed, is
// given up and not gone on with. A machine that is on its way is waited for.
func TestAbandonsOldDrains(t *testing.T) {
	t.Parallel()
	never := spread.Hours{Spans: []spread.Span{{From: 0, To: time.Nanosecond}}}
	for _, test := range []struct {
		name      string
		step      ledger.Step
		began     time.Duration // ago
		hours     spread.Hours
		abandoned bool
	}{
		{"just now", ledger.Draining, time.Second, spread.Hours{}, false},
		{"yesterday", ledger.Draining, 30 * time.Hour, spread.Hours{}, true},
		{"at this hour", ledger.Draining, time.Second, never, true},
		{"on its way", ledger.Awaiting, 30 * time.Hour, never, false},
	} {
		st, s := newStage(t, 1, spread.Options{Hours: test.hours})
		record := ledger.Record{Node: "n0", Step: test.step, Lease: st.Lease.ID(), Began: time.Now().Add(-test.began)}
		if err := st.Lease.SetInFlight(t.Context(), record, false); err != nil {
			t.Fatal(err)
		}
		st.Until = time.Now()
		out, err := st.Run(t.Context(), s, &Agenda{MadeAt: time.Now()})
		if err != nil || len(out.Left) > 0 || (len(st.abandoned) == 1) != test.abandoned || (len(st.resumed) == 1) == test.abandoned {
			t.Errorf("%s: %+v, %v; abandoned %v, resumed %v", test.name, out, err, st.abandoned, st.resumed)
		}
	}
}

// With several at once, what was missed while they took too long is planned anew, too.
func TestMissedWhileBusy(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 4, spread.Options{Life: 4 * time.Hour, DrainTime: time.Second, Boot: time.Second, Concurrency: 2})
	a := st.agenda(s, 0, time.Millisecond)
	for i := 2; i < 4; i++ {
		a.Steps[i].At = time.Now().Add(-16 * time.Minute) // a window is 30 min
	}
	release := make(chan struct{})
	st.replace = func(_ context.Context, node string) error {
		if node == "n0" {
			<-release
		}
		return nil
	}
	st.Until = time.Now().Add(time.Millisecond)
	go func() {
		time.Sleep(300 * time.Millisecond)
		close(release)
	}()
	out, err := st.Run(t.Context(), s, a)
	if err != nil || !slices.Equal(out.Replaced, []string{"n1", "n0"}) || st.collects != 1 {
		t.Errorf("%+v, %v; looked %d times", out, err, st.collects)
	}
}

// A node for which nothing is to be done any more is no failure.
func TestMoot(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 1, spread.Options{})
	st.replace = func(_ context.Context, node string) error {
		return &replace.LeftError{Node: node, Err: errors.New("gone"), Moot: true}
	}
	if out, err := st.Run(t.Context(), s, st.agenda(s, 0, 0)); err != nil || len(out.Left) > 0 || len(out.Replaced) > 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// The API is away when it is time for a new plan: a run that stays waits for it.
func TestPlansAnewWhenTheAPIIsBack(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 2, spread.Options{Life: time.Hour, DrainTime: time.Second, Boot: time.Second})
	collect, failed := st.Collect, false
	st.Collect = func(ctx context.Context) (*pool.Snapshot, error) {
		if !failed {
			failed = true
			return nil, errors.New("refused")
		}
		return collect(ctx)
	}
	a := st.agenda(s, -time.Hour, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	st.Report = func(e Event) {
		if e.Kind == Planned {
			cancel()
		}
	}
	if _, err := st.Run(ctx, s, a); !errors.Is(err, context.Canceled) || !failed {
		t.Errorf("%v", err)
	}
}

// A step that was missed while another one took too long is planned anew, not made
// up for.
func TestPlansAnew(t *testing.T) {
	t.Parallel()
	st, s := newStage(t, 3, spread.Options{Life: time.Hour, DrainTime: time.Second, Boot: time.Second})
	a := st.agenda(s, 0, time.Millisecond)
	a.Steps[1].At = time.Now().Add(-20 * time.Minute) // a window is 10 min
	a.Steps = a.Steps[1:]
	st.Until = time.Now().Add(time.Millisecond)
	out, err := st.Run(t.Context(), s, a)
	if err != nil || st.collects != 1 || slices.Contains(st.begun, "n1") {
		t.Errorf("%+v, %v; looked %d times, begun %v", out, err, st.collects, st.begun)
	}
	if i := slices.IndexFunc(st.events, func(e Event) bool { return e.Kind == Planned }); i < 0 || len(st.events[i].Agenda.Steps) != 2 {
		t.Errorf("events %v", st.events)
	}
}
