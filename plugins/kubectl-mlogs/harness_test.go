package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// lockedBuffer is a stream that a test reads while the command writes it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// giveUp is when a test no longer waits: late enough for a busy machine.
const giveUp = time.Minute

// invocation is a kubectl mlogs that runs in the test's process, against a
// server over real connections.
type invocation struct {
	t        *testing.T
	out, err lockedBuffer
	cancel   context.CancelFunc
	done     chan error
}

// start runs mlogs with args against srv until stop or its own end.
func start(t *testing.T, srv *kubetest.Server, args ...string) *invocation {
	t.Helper()
	return startWith(t, append([]string{"--kubeconfig", srv.KubeconfigFile(t)}, args...)...)
}

func startWith(t *testing.T, args ...string) *invocation {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	m := &invocation{t: t, cancel: cancel, done: make(chan error, 1)}
	cmd := newCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: &m.out, ErrOut: &m.err})
	cmd.SetArgs(args)
	cmd.SetOut(&m.out)
	cmd.SetErr(&m.err)
	go func() { m.done <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-m.done:
		case <-time.After(10 * time.Second):
		}
	})
	return m
}

// stop interrupts the command and waits for its end.
func (m *invocation) stop() error {
	m.t.Helper()
	m.cancel()
	return m.wait()
}

// wait waits for the command's own end.
func (m *invocation) wait() error {
	m.t.Helper()
	select {
	case err := <-m.done:
		m.done <- err
		return err
	case <-time.After(giveUp):
		m.t.Fatalf("mlogs did not end; stderr:\n%s", m.err.String())
		return nil
	}
}

// until waits for a condition, and fails with what was printed.
func (m *invocation) until(what string, ok func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(giveUp); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("never came: %s\nstderr:\n%s\nstdout ends:\n%s", what, m.err.String(), tail(m.out.String(), 800))
		}
	}
}

// prints waits until stdout contains text.
func (m *invocation) prints(text string) {
	m.t.Helper()
	m.until("on stdout: "+text, func() bool { return strings.Contains(m.out.String(), text) })
}

// says waits until stderr contains text.
func (m *invocation) says(text string) {
	m.t.Helper()
	m.until("on stderr: "+text, func() bool { return strings.Contains(m.err.String(), text) })
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

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
	m.until(fmt.Sprintf("%s/%s line %d", pod, container, to), func() bool {
		return strings.Contains(m.out.String(), pod+last)
	})
	out := m.out.String()
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
		m.t.Errorf("%s/%s: lost %d, printed twice %d, unexpected %v\nstderr:\n%s", pod, container, lost, doubled, counts, m.err.String())
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
