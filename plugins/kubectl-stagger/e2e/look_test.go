//go:build e2e

package e2e

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

// What only looks changes nothing, and shows what there is.
func TestLooking(t *testing.T) {
	ns := realcluster.New(t)
	const size = 6
	p := newPool(t, ns, size, 0)
	ns.Apply(p.deployment("web", 12), budget("web", "", "1"), p.deployment("single", 1))
	ns.Running("app=web", 12)
	ns.Running("app=single", 1)
	counted(ns, "web", 12)

	t.Run("status", func(t *testing.T) {
		run := p.start(t, "status")
		expectCode(t, run, 0)
		for _, n := range p.nodes {
			if !strings.Contains(run.Stdout(), n.Name) {
				t.Errorf("the table lacks node %s:\n%s", n.Name, run.Stdout())
			}
		}
	})
	t.Run("status of all pools", func(t *testing.T) {
		run := ns.For(t).StartCommand(nil, "kubectl", "stagger", "status", "--gce-endpoint", p.cloud.URL())
		expectCode(t, run, 0)
		if !strings.Contains(run.Stdout(), p.name) {
			t.Errorf("pool %s is not among them:\n%s", p.name, run.Stdout())
		}
	})
	t.Run("status as JSON", func(t *testing.T) {
		run := p.start(t, "status", "-o", "json")
		expectCode(t, run, 0)
		var d struct {
			Pools []struct {
				Name  string
				Now   struct{ MaxInWindow int }
				Nodes []struct {
					Name, StartSource string
					Ready             bool
				}
			}
		}
		if err := json.Unmarshal([]byte(run.Stdout()), &d); err != nil {
			t.Fatal(err)
		}
		if len(d.Pools) != 1 || d.Pools[0].Name != p.name || d.Pools[0].Now.MaxInWindow != size || len(d.Pools[0].Nodes) != size {
			t.Fatalf("got %+v, want one pool of %d nodes that die together", d.Pools, size)
		}
		for _, n := range d.Pools[0].Nodes {
			if n.StartSource != "cloud" || !n.Ready {
				t.Errorf("%+v: want a node that is ready, and whose start the cloud tells", n)
			}
		}
	})
	t.Run("status as a picture", func(t *testing.T) {
		run := p.start(t, "status", "-o", "svg")
		expectCode(t, run, 0)
		expectSVG(t, run.Stdout())
	})
	t.Run("check", func(t *testing.T) {
		run := p.start(t, "check", "-o", "json")
		expectCode(t, run, 3)
		if out := run.Stdout(); !json.Valid([]byte(out)) || !strings.Contains(out, "single") {
			t.Errorf("the Deployment with one replica is not named:\n%s", out)
		}
	})
	t.Run("dry run", func(t *testing.T) {
		for _, how := range []string{"client", "server"} {
			run := p.start(t, "nodepool", "--dry-run="+how)
			expectCode(t, run, 0)
			if !strings.Contains(run.Stdout(), p.nodes[1].Name) {
				t.Errorf("--dry-run=%s shows no plan:\n%s", how, run.Stdout())
			}
		}
	})
	if asked := p.cloud.Count(gcetest.Recreate); asked > 0 {
		t.Errorf("%d machines were made anew", asked)
	}
	if lease := ns.Kubectl("get", "lease", p.lease(), "-n", "kube-system", "--ignore-not-found"); lease != "" {
		t.Errorf("there is a lease: %s", lease)
	}
	p.expectClean(t)
}

func expectCode(t *testing.T, run *realcluster.Run, want int) {
	t.Helper()
	if code := run.WaitFor(patience); code != want {
		t.Errorf("exit code %d, want %d\nstderr: %s\nstdout: %s", code, want, run.Stderr(), run.Stdout())
	}
}

// expectSVG checks that a text is a well-formed picture.
func expectSVG(t *testing.T, text string) {
	t.Helper()
	decoder, root := xml.NewDecoder(strings.NewReader(text)), ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if start, ok := token.(xml.StartElement); ok && root == "" {
			root = start.Name.Local
		}
	}
	if root != "svg" {
		t.Errorf("the root element is %q, want svg", root)
	}
}
