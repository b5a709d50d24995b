package replace

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
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
)

// world is an API server with node n, a provider that makes machines anew, and a
// replacer between them.
type world struct {
	*Replacer
	t     *testing.T
	srv   *kubetest.Server
	drain func(context.Context) error

	mu        sync.Mutex
	events    []Event
	recreated int    // requests that the provider has accepted
	refuse    error  // what it answers instead
	arrive    func() // what it then does; in the background
	asked     int    // after the operation
	slow      int    // so often it is not done yet
	failed    error  // what it says of the operation then
	trouble   error  // what it says while one waits
	replaces  bool
	vms       map[string]pool.VM
	vmsErr    error
	seen      recreate.Target // of the last request
}

func newWorld(t *testing.T) *world {
	t.Helper()
	srv := kubetest.Start(t)
	w := &world{t: t, srv: srv, replaces: true, drain: func(context.Context) error { return nil }}
	w.arrive = func() { w.machine("n", "b2") }
	clusters, err := (&kube.Flags{Kubeconfig: srv.KubeconfigFile(t)}).Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	lease, _, err := ledger.Acquire(t.Context(), ledger.Config{Cluster: clusters[0], Namespace: "kube-system", Name: "stagger-p", Holder: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lease.Release(context.Background()) })
	w.Replacer = &Replacer{Cluster: clusters[0], Drainer: w, Recreator: w, Lease: lease, Poll: 10 * time.Millisecond,
		SuccessorTimeout: 20 * time.Second, Report: w.note}
	w.machine("n", "b1")
	return w
}

// members are the nodes with the pool's label.
func (w *world) members(context.Context) ([]pool.Node, error) {
	list, err := w.srv.List(schema.GroupVersionResource{Version: "v1", Resource: "nodes"}, "")
	var members []pool.Node
	for _, n := range list {
		if n.GetLabels()["pool"] == "p" {
			node := w.node(n.GetName())
			members = append(members, pool.Node{Name: node.Name, Created: node.CreationTimestamp.Time, Ready: isReady(node)})
		}
	}
	return members, err
}

// machine puts a Ready node there, as a new VM's kubelet does when there is none.
func (w *world) machine(name, bootID string, edits ...func(*corev1.Node)) {
	node := kubetest.Node(name, func(n *corev1.Node) {
		n.Labels["pool"] = "p"
		n.Spec.ProviderID = "gce://p/z/" + name
		n.Status.NodeInfo.BootID = bootID
	})
	for _, edit := range edits {
		edit(node)
	}
	w.srv.Must(w.srv.Create(node))
}

// reuse is a new VM whose kubelet finds the Node object of the old one.
func (w *world) reuse(bootID string) {
	w.edit(func(n *corev1.Node) { n.Status.NodeInfo.BootID = bootID })
}

func (w *world) edit(edit func(*corev1.Node)) {
	node := w.node("n")
	edit(node)
	node.ResourceVersion = ""
	w.srv.Must(w.srv.Update(node))
}

func (w *world) node(name string) *corev1.Node {
	w.t.Helper()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	w.srv.Must(w.srv.Load(node))
	return node
}

func (w *world) replace(ctx context.Context) error {
	return w.Replace(ctx, "n", func(pool.Machine) bool { return true })
}

func (w *world) note(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *world) kinds() []Kind {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []Kind
	for _, e := range w.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (w *world) expectKinds(want ...Kind) {
	w.t.Helper()
	if got := w.kinds(); !slices.Equal(got, want) {
		w.t.Errorf("events %v, want %v", got, want)
	}
}

// expectAsFound fails unless the node is as it was before anything was done.
func (w *world) expectAsFound(bootID string) {
	w.t.Helper()
	n := w.node("n")
	if n.Spec.Unschedulable || n.Annotations[ledger.RecordKey] != "" || n.Status.NodeInfo.BootID != bootID {
		w.t.Errorf("node: unschedulable %v, annotations %v, boot ID %s", n.Spec.Unschedulable, n.Annotations, n.Status.NodeInfo.BootID)
	}
	w.expectNothingInFlight()
}

func (w *world) expectNothingInFlight() {
	w.t.Helper()
	if records, err := w.Lease.InFlight(); err != nil || len(records) > 0 {
		w.t.Errorf("in flight: %v, %v", records, err)
	}
}

func (w *world) expectRecreated(n int) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.recreated != n {
		w.t.Errorf("%d machines were made anew, want %d", w.recreated, n)
	}
}

// recordOn is what is written on the node.
func (w *world) recordOn() ledger.Record {
	w.t.Helper()
	r, err := ledger.ParseRecord(w.node("n").Annotations[ledger.RecordKey])
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// Drain is what the test says.
func (w *world) Drain(ctx context.Context, node string) error {
	if node != "n" {
		return fmt.Errorf("drains %s", node)
	}
	return w.drain(ctx)
}

func (w *world) Name() string                                   { return "the test" }
func (w *world) Replaces() bool                                 { return w.replaces }
func (w *world) Check(context.Context, []recreate.Target) error { return nil }

// Done says so at the second time that it is asked.
func (w *world) Done(context.Context, recreate.Operation) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	switch {
	case w.asked == 1:
		return false, errors.New("busy")
	case w.asked < w.slow:
		return false, nil
	}
	return true, w.failed
}

func (w *world) Trouble(context.Context, recreate.Target, recreate.Operation) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble
}

func (w *world) Recreate(_ context.Context, t recreate.Target) (recreate.Operation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = t
	if w.refuse != nil {
		return recreate.Operation{}, w.refuse
	}
	w.recreated++
	if arrive := w.arrive; arrive != nil {
		go func() {
			for range 1000 { // until the Node object of the old one is gone
				if w.srv.Load(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}) != nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			arrive()
		}()
	}
	return recreate.Operation{Name: "op"}, nil
}

// VMs is the cloud.
func (w *world) VMs(context.Context, []pool.Node) (map[string]pool.VM, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.vms, w.vmsErr
}

var errRefused = errors.New("no quota")
