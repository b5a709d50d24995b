package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/kubechores/kubechores/scripts/demo/world"
)

// standIn is the scripted cluster.
type standIn struct {
	world *world.World
	dir   string
}

func newStandIn(out io.Writer) (*standIn, error) {
	dir, err := os.MkdirTemp("", "kubechores-demo-")
	if err != nil {
		return nil, err
	}
	w, err := world.Start("127.0.0.1:0")
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s := &standIn{world: w, dir: dir}
	if err := w.WriteKubeconfig(s.kubeconfig()); err != nil {
		return nil, fmt.Errorf("%w %v", err, s.close(out))
	}
	fmt.Fprintln(out, `This demo runs on a stand-in: a scripted API server inside this program that
speaks the real protocols to the real plugins. Its pods and nodes are a script.
For a real Kubernetes on this machine (Linux, root): make cluster; make demo`)
	return s, nil
}

func (s *standIn) begin(context.Context, io.Writer) error { return nil }

func (s *standIn) close(io.Writer) error {
	s.world.Close()
	return os.RemoveAll(s.dir)
}

func (s *standIn) kubeconfig() string      { return filepath.Join(s.dir, "kubeconfig") }
func (s *standIn) namespace() string       { return world.Namespace }
func (s *standIn) pool() []string          { return []string{"nodepool", world.Pool} }
func (s *standIn) rollout(context.Context) { s.world.Rollout() }
func (s *standIn) crash(context.Context)   { s.world.CrashWorker() }

// happens is how often something happens in a world that is only served.
const happens = 20 * time.Second

// serve leaves a stand-in to the user.
func serve(ctx context.Context, bin string, out io.Writer) error {
	s, err := newStandIn(out)
	if err != nil {
		return err
	}
	defer s.close(out)
	fmt.Fprintf(out, `
In another terminal:

  export KUBECONFIG=%s PATH=%s:$PATH
  kubectl get pods -n %[3]s
  kubectl logs -n %[3]s deploy/web
  kubectl mlogs -n %[3]s deploy/web deploy/api
  kubectl mlogs -n %[3]s deploy/web --file %[5]s
  kubectl stagger status

Every %[4]s the worker crashes, or web is rolled out. Ctrl-C ends it.
`, s.kubeconfig(), bin, s.namespace(), happens, world.AuditLog)
	go s.world.Repeat(happens)
	<-ctx.Done()
	return nil
}
