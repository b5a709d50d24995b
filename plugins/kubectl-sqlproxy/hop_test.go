package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

const (
	podA = "sql-proxy-7d4f9c6b5-aaaaa"
	podB = "sql-proxy-7d4f9c6b5-bbbbb"
)

// hopWorld is a cluster whose pods' ports are played.
type hopWorld struct {
	*kubetest.Server
	t       *testing.T
	cluster *kube.Cluster

	mu   sync.Mutex
	play map[string]func(io.ReadWriteCloser) error // by "POD:PORT"
	seen []string                                  // who was connected to
}

// newHopWorld has the shared proxy of the rules' fixtures in the namespace shop, with
// some texts replaced: old, new, old, new.
func newHopWorld(t *testing.T, replace ...string) *hopWorld {
	t.Helper()
	raw, err := os.ReadFile("diagnose/testdata/ok.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// Without an ID a container has no log.
	text := strings.ReplaceAll(string(raw), "imageID: \"\"", "imageID: \"\"\n    containerID: containerd://1")
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%q is not in the fixture", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	w := &hopWorld{Server: kubetest.Start(t), t: t, play: map[string]func(io.ReadWriteCloser) error{}}
	w.apply(text)
	if w.cluster, err = kube.NewCluster("test", "shop", w.RESTConfig()); err != nil {
		t.Fatal(err)
	}
	w.HandlePortForward(func(_ context.Context, _, pod string, port int, conn io.ReadWriteCloser) error {
		at := fmt.Sprintf("%s:%d", pod, port)
		w.mu.Lock()
		w.seen = append(w.seen, at)
		play := w.play[at]
		w.mu.Unlock()
		if play == nil {
			return fmt.Errorf("failed to connect to localhost:%d: connect: connection refused", port)
		}
		return play(conn)
	})
	return w
}

// apply stores objects, given as YAML with --- between them. Documents of the kind Log
// are written by the containers.
func (w *hopWorld) apply(documents string) {
	w.t.Helper()
	for document := range strings.SplitSeq(documents, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			w.t.Fatal(err)
		}
		if len(o.Object) == 0 {
			continue
		}
		if o.GetKind() != "Log" {
			w.Must(w.Apply(o))
			continue
		}
		var log snapshot.Log
		raw, err := json.Marshal(o.Object)
		w.Must(err)
		w.Must(json.Unmarshal(raw, &log))
		for _, line := range log.Lines {
			w.Container(log.Namespace, log.Pod, log.Container).Write(line)
		}
	}
}

// plays sets what hears on a port of both pods.
func (w *hopWorld) plays(port int, play func(io.ReadWriteCloser) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, pod := range []string{podA, podB} {
		w.play[fmt.Sprintf("%s:%d", pod, port)] = play
	}
}

func (w *hopWorld) playsAt(pod string, port int, play func(io.ReadWriteCloser) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.play[fmt.Sprintf("%s:%d", pod, port)] = play
}

// connected are the ports that were connected to, sorted, each once.
func (w *hopWorld) connected() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(w.seen))), " ")
}

// says plays a server that says a text and waits for the client's end.
func says(text string) func(io.ReadWriteCloser) error {
	return func(conn io.ReadWriteCloser) error {
		io.WriteString(conn, text) //nolint:errcheck // the test sees it
		io.Copy(io.Discard, conn)  //nolint:errcheck // the test sees it
		return nil
	}
}

// answers plays a server that answers the first message of at least n bytes.
func answers(n int, text string) func(io.ReadWriteCloser) error {
	return func(conn io.ReadWriteCloser) error {
		if _, err := io.ReadFull(conn, make([]byte, n)); err != nil {
			return nil
		}
		return says(text)(conn)
	}
}

// nothingForwarded waits until no port-forward is open.
func (w *hopWorld) nothingForwarded() {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); w.OpenPortForwards() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%d port-forwards are left", w.OpenPortForwards())
		}
	}
}

// start runs the plugin with args until its end or Stop.
func (w *hopWorld) start(stdin string, args ...string) *clitest.Invocation {
	w.t.Helper()
	return clitest.Start(w.t, newCommand, stdin, w.withKubeconfig(args)...)
}

// withKubeconfig adds the flag after the command's name: what stands after -- is not ours.
func (w *hopWorld) withKubeconfig(args []string) []string {
	at := 1
	if args[0] == "__complete" {
		at = 2
	}
	return slices.Insert(slices.Clone(args), at, "--kubeconfig", w.KubeconfigFile(w.t))
}

func (w *hopWorld) run(args ...string) (out, talk string, err error) {
	w.t.Helper()
	return w.start("", args...).Run()
}

// process is the plugin as a process of its own.
func (w *hopWorld) process(args ...string) (cmd *exec.Cmd, out, talk *clitest.Buffer) {
	w.t.Helper()
	return clitest.Process(w.t, asPlugin, w.withKubeconfig(args)...)
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

const more = `
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: second, namespace: shop}, spec: {replicas: 1, selector: {matchLabels: {app: second}}, template: {metadata: {labels: {app: second}}, spec: {
 containers: [{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["a:b:mail?port=3306", "a:b:books?port=3307", "a:b:sock?unix-socket=/s"]}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: mail, namespace: shop}, spec: {selector: {app: second}, ports: [{name: x, port: 3306}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: both, namespace: shop}, spec: {selector: {app: second}, ports: [{name: one, port: 3306}, {name: two, port: 3307}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: wrong, namespace: shop}, spec: {selector: {app: second}, ports: [{name: x, port: 3306, targetPort: none}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: second-1, namespace: shop, labels: {app: second}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: second-1, uid: u, controller: true}]},
 spec: {nodeName: node-1, containers: [{name: proxy, image: "cloud-sql-proxy:2.25.3"}]}, status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, namespace: shop}, spec: {replicas: 1, selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {
 containers: [{name: cart, image: "cart:1"}, {name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["a:b:cart?port=5432"]}]}}}}`
