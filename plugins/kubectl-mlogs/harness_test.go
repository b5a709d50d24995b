package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// invocation is a kubectl mlogs that runs in the test's process, against a server over
// real connections.
type invocation struct {
	*clitest.Invocation
	t *testing.T
}

// start runs mlogs with args against srv until Stop or its own end.
func start(t *testing.T, srv *kubetest.Server, args ...string) *invocation {
	t.Helper()
	return startWith(t, append([]string{"--kubeconfig", srv.KubeconfigFile(t)}, args...)...)
}

func startWith(t *testing.T, args ...string) *invocation {
	t.Helper()
	return &invocation{clitest.Start(t, newCommand, "", args...), t}
}

// numbered is the i-th line that tests write.
func numbered(i int) string { return fmt.Sprintf("line %06d end", i) }

// writeLines writes numbered lines from..to to a container, a few at a time.
func writeLines(c *kubetest.Container, from, to int) {
	for i := from; i <= to; i++ {
		c.Write(numbered(i))
		if i%50 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// tally counts how often each numbered line of a source was printed.
func tally(out, pod, container string) map[int]int {
	counts := map[int]int{}
	prefix := pod + " " + container + " line "
	for line := range strings.Lines(out) {
		rest, ok := strings.CutPrefix(line, prefix)
		if !ok {
			continue
		}
		number, end, _ := strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
		n, err := strconv.Atoi(number)
		if err != nil || end != "end" {
			n = -1 // torn
		}
		counts[n]++
	}
	return counts
}

// expectAll fails unless lines from..to of a source were printed exactly once
// each, in order, and nothing else.
func (m *invocation) expectAll(pod, container string, from, to int) {
	m.t.Helper()
	last := " " + container + " " + numbered(to) + "\n"
	m.Until(fmt.Sprintf("%s/%s line %d", pod, container, to), func() bool {
		return strings.Contains(m.Out.String(), pod+last)
	})
	out := m.Out.String()
	counts := tally(out, pod, container)
	lost, doubled := 0, 0
	for i := from; i <= to; i++ {
		switch n := counts[i]; {
		case n == 0:
			lost++
		case n > 1:
			doubled++
		}
		delete(counts, i)
	}
	if lost > 0 || doubled > 0 || len(counts) > 0 {
		m.t.Errorf("%s/%s: lost %d, printed twice %d, unexpected %v\nstderr:\n%s", pod, container, lost, doubled, counts, m.Err.String())
	}
	previous := ""
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, pod+" "+container+" line ") {
			if line < previous {
				m.t.Fatalf("%s/%s: out of order: %q after %q", pod, container, line, previous)
			}
			previous = line
		}
	}
}

// streamsOf are a command's streams without a stderr.
func streamsOf(in string, out io.Writer) genericiooptions.IOStreams {
	return genericiooptions.IOStreams{In: strings.NewReader(in), Out: out, ErrOut: io.Discard}
}

// brokenPipe is an output that nobody reads any more.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// rawObject is an object of any kind. owner is "apiVersion Kind", or empty.
func rawObject(apiVersion, kind, namespace, name, owner, ownerName string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": kind,
		"metadata": map[string]any{"namespace": namespace, "name": name, "uid": "uid-" + name},
	}}
	if version, ownerKind, ok := strings.Cut(owner, " "); ok {
		o.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: version, Kind: ownerKind, Name: ownerName, UID: types.UID("uid-" + ownerName)}})
	}
	return o
}

// joinKubeconfigs writes one kubeconfig with a context for each server.
func joinKubeconfigs(t *testing.T, servers map[string]*kubetest.Server) string {
	t.Helper()
	joined := clientcmdapi.NewConfig()
	for name, srv := range servers {
		one, err := clientcmd.Load(srv.Kubeconfig())
		if err != nil {
			t.Fatal(err)
		}
		context := one.Contexts[one.CurrentContext]
		joined.Clusters[name], joined.AuthInfos[name] = one.Clusters[context.Cluster], one.AuthInfos[context.AuthInfo]
		joined.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: context.Namespace}
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*joined, path); err != nil {
		t.Fatal(err)
	}
	return path
}
