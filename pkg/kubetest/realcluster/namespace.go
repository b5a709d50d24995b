package realcluster

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Namespace is a test's own place in the cluster. It is deleted when the test
// ends.
type Namespace struct {
	// Name is unique, also among runs.
	Name string
	// Cluster is a connection with the administrator's rights.
	Cluster *kube.Cluster

	t *testing.T
}

// New returns a new namespace for the test, and lets the test run at the same
// time as others: call it instead of t.Parallel.
func New(t *testing.T) *Namespace {
	t.Helper()
	t.Parallel()
	lock(t, syscall.LOCK_SH)
	return newNamespace(t)
}

// NewSerial is New for a test that changes the process itself, as t.Setenv does:
// it does not run at the same time as others of its package.
func NewSerial(t *testing.T) *Namespace {
	t.Helper()
	lock(t, syscall.LOCK_SH)
	return newNamespace(t)
}

// NewAlone is New for a test that harms the whole cluster: no other end-to-end
// test runs meanwhile. On a cluster where faults cannot be caused, the test is
// skipped, and counted.
func NewAlone(t *testing.T) *Namespace {
	t.Helper()
	if shared.native == "" {
		cannot(t, "faults can be caused only on the cluster that scripts/cluster runs itself")
	}
	lock(t, syscall.LOCK_EX)
	return newNamespace(t)
}

func newNamespace(t *testing.T) *Namespace {
	t.Helper()
	n := &Namespace{Name: fmt.Sprintf("%s-%x", testName(t.Name()), time.Now().UnixNano()&0xffffffff), Cluster: shared.cluster, t: t}
	n.Kubectl("create", "namespace", n.Name)
	shared.namespaces.add(n.Name)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("pods and events of the failed test:\n%s", n.look())
		}
		n.Kubectl("delete", "namespace", n.Name, "--wait=false", "--ignore-not-found")
	})
	n.awaitServiceAccount()
	return n
}

// For returns the namespace for use in a subtest.
func (n *Namespace) For(t *testing.T) *Namespace {
	copied := *n
	copied.t = t
	return &copied
}

// awaitServiceAccount waits for what every pod needs and a controller makes.
func (n *Namespace) awaitServiceAccount() {
	n.t.Helper()
	n.Until("service account default", time.Minute, func() error {
		_, _, err := n.try("get", "serviceaccount", "default", "-n", n.Name)
		return err
	})
}

// look is what a person would look at first after a failure.
func (n *Namespace) look() string {
	pods, _, _ := n.try("get", "pods", "-n", n.Name, "-o", "wide")
	events, _, _ := n.try("get", "events", "-n", n.Name, "--sort-by=.lastTimestamp")
	return pods + events
}

// Nodes returns the names of the nodes that take any pod, in order.
func (n *Namespace) Nodes() []string {
	n.t.Helper()
	var list corev1.NodeList
	if err := json.Unmarshal([]byte(n.Kubectl("get", "nodes", "-o", "json")), &list); err != nil {
		n.t.Fatal(err)
	}
	var names []string
	for _, node := range list.Items {
		if !node.Spec.Unschedulable && len(node.Spec.Taints) == 0 {
			names = append(names, node.Name)
		}
	}
	return names
}

// NodeWithLogSize returns a node whose kubelet rotates logs at that size, as in
// "1Mi", which is also the value of the label to select it by.
func (n *Namespace) NodeWithLogSize(size string) string {
	n.t.Helper()
	nodes := n.KubectlFields("get", "nodes", "-l", LogSizeLabel+"="+size, "-o", "jsonpath={.items[*].metadata.name}")
	if len(nodes) == 0 {
		n.Cannot("no node rotates logs at " + size + ": start the cluster with `up -log-max-size=10Mi,1Mi`")
	}
	return nodes[0]
}

// LogSizeLabel is the label that scripts/cluster gives to nodes.
const LogSizeLabel = "kubechores.local/log-max-size"

// logDirs is a pattern of the folders in which the nodes keep the pods' logs; ok
// is false where the test has no access to them.
func (n *Namespace) logDirs() (pattern string, ok bool) {
	return filepath.Join(shared.native, "*", "pods", n.Name+"_*"), shared.native != ""
}

// nameList is a list that tests add to in parallel.
type nameList struct {
	mu    sync.Mutex
	names []string
}

func (l *nameList) add(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = append(l.names, name)
}

func (l *nameList) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.names)
}
