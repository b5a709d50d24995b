package rules

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

var update = flag.Bool("update", false, "write the golden files")

// fresh is the pool of the recipe on its first day: all nodes of one age, no taint,
// and pods that are not redundant among those that are.
func fresh() Facts {
	s := newWorld(func(w *world) {
		w.together(3 * time.Hour)
		for i := range w.Nodes {
			w.Nodes[i].Taints = nil
		}
		web(w)
		w.add("admin", []int{1}, func(l *pool.Workload) { l.Tolerations = nil })
		w.add("kube-dns", []int{0, 2}, func(l *pool.Workload) { l.Namespace, l.Tolerations = "kube-system", nil })
		w.add("queue", []int{0, 2}, func(l *pool.Workload) {
			l.Kind, l.NodeSelector = "StatefulSet", map[string]string{"cloud.google.com/gke-preemptible": "true"}
		})
		w.Budgets[3].MaxUnavailable, w.Budgets[3].MinAvailable, w.Budgets[3].Wanted, w.Budgets[3].Allowed = "", "2", 2, 0
		w.bare("debug")
		w.Nodes[2].Unschedulable = true
		w.Nodes[0].Start.Source = pool.FromReady
	})
	return Facts{Pool: s, Autoscaler: AutoscalerUnknown, Missing: []string{"Whether there is a cluster autoscaler (configmaps is forbidden)."}}
}

func TestGolden(t *testing.T) {
	manifests := Facts{Files: files(deployment(1, strings.Replace(toleration, `"true"`, "true", 1)) + "---\n" + strings.ReplaceAll(deployment(3, toleration), "web", "shop") + "---\nx: [\n")}
	for _, g := range []struct {
		name   string
		facts  Facts
		format finding.Format
	}{
		{"fresh.table", fresh(), finding.Table}, {"fresh.tree", fresh(), finding.Tree}, {"fresh.json", fresh(), finding.JSON},
		{"well.table", Facts{Pool: newWorld(web)}, finding.Table}, {"well.tree", Facts{Pool: newWorld(web)}, finding.Tree},
		{"files.table", manifests, finding.Table}, {"files.tree", manifests, finding.Tree}, {"files.junit", manifests, finding.JUnit},
	} {
		t.Run(g.name, func(t *testing.T) {
			var b strings.Builder
			if err := Check(g.facts, noon).Print(&b, finding.Options{Format: g.format, Namespace: "shop"}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", g.name)
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("%s (-update writes it):\n%s\nwant\n%s", path, b.String(), want)
			}
		})
	}
}
