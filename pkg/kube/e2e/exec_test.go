//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestExec(t *testing.T) {
	ns := realcluster.NewSerial(t)
	ns.Apply(realcluster.Pod("box", realcluster.Shell("app", "exec sleep 3600")))
	ns.Running("", 1)
	eachProtocol(t, ns, func(t *testing.T, c *kube.Cluster) {
		box := box{c, ns.Name}
		t.Run("streams are kept apart", func(t *testing.T) {
			out, errOut, err := box.run(t, "", "echo to stdout; echo to stderr >&2")
			if out != "to stdout\n" || errOut != "to stderr\n" || err != nil {
				t.Errorf("stdout %q, stderr %q, error %v", out, errOut, err)
			}
		})
		t.Run("exit code", func(t *testing.T) {
			out, _, err := box.run(t, "", "echo before; exit 7")
			var code exec.CodeExitError
			if !errors.As(err, &code) || code.Code != 7 || out != "before\n" {
				t.Errorf("error %#v, want exit code 7; stdout %q", err, out)
			}
		})
		t.Run("stdin there and back", func(t *testing.T) {
			sent := strings.Repeat("0123456789abcde\n", 1<<16) // 1 MiB
			out, errOut, err := box.run(t, sent, "cat; echo done >&2")
			if out != sent || errOut != "done\n" || err != nil {
				t.Errorf("sent %d bytes, %d came back, stderr %q, error %v", len(sent), len(out), errOut, err)
			}
		})
		t.Run("no such program", func(t *testing.T) {
			var out bytes.Buffer
			err := c.Exec(t.Context(), ns.Name, "box", &corev1.PodExecOptions{Command: []string{"/no/such"}}, remotecommand.StreamOptions{Stdout: &out, Stderr: &out})
			if err == nil {
				t.Error("no error for a program that does not exist")
			}
		})
		t.Run("is interrupted", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			begun := &signalWriter{begun: cancel}
			err := c.Exec(ctx, ns.Name, "box", &corev1.PodExecOptions{Command: []string{"sh", "-c", "echo begun; sleep 60"}}, remotecommand.StreamOptions{Stdout: begun})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want that of the context", err)
			}
		})
	})
	t.Run("no such pod", func(t *testing.T) {
		err := ns.Cluster.Exec(t.Context(), ns.Name, "ghost", &corev1.PodExecOptions{Command: []string{"true"}}, remotecommand.StreamOptions{Stdout: io.Discard})
		if err == nil || !strings.Contains(err.Error(), "not found") {
			t.Errorf("error %v, want one that says that the pod is not found", err)
		}
	})
}

// box runs shell scripts in the pod of that name.
type box struct {
	cluster   *kube.Cluster
	namespace string
}

func (b box) run(t *testing.T, stdin, script string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var out, errOut bytes.Buffer
	streams := remotecommand.StreamOptions{Stdout: &out, Stderr: &errOut}
	if stdin != "" {
		streams.Stdin = strings.NewReader(stdin)
	}
	err = b.cluster.Exec(ctx, b.namespace, "box", &corev1.PodExecOptions{Command: []string{"sh", "-c", script}}, streams)
	return out.String(), errOut.String(), err
}

// signalWriter calls begun at the first write.
type signalWriter struct{ begun func() }

func (w *signalWriter) Write(p []byte) (int, error) {
	w.begun()
	return len(p), nil
}
