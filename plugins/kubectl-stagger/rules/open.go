package rules

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// openPool takes over the pool's workloads, budgets, taints and deaths.
func (c *checker) openPool() {
	s := c.Pool
	if taints := c.poolMarks(); len(taints) > 0 {
		c.marks, c.tainted = taints, true
	}
	c.foresee()
	for i := range s.Budgets {
		c.budgets = append(c.budgets, budgetOfCluster(&s.Budgets[i]))
	}
	at := make([]int, len(s.Workloads)) // into c.workloads
	for i := range s.Workloads {
		w := s.Workloads[i]
		at[i] = -1
		if !c.judged(w.Namespace) || w.Kind == "DaemonSet" {
			continue
		}
		at[i] = len(c.workloads)
		c.workloads = append(c.workloads, workload{
			Workload: w, ready: map[int]int{}, system: w.Namespace == "kube-system",
			object: finding.Object{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name},
		})
	}
	for _, p := range s.Pods {
		if p.Workload < 0 || at[p.Workload] < 0 {
			continue
		}
		w := &c.workloads[at[p.Workload]]
		if p.Ready {
			w.ready[p.Node]++
		}
		w.several = w.several || len(p.Budgets) > 1
		w.guard(p.Budgets...)
	}
}

// guard notes budgets that select pods of the workload.
func (w *workload) guard(budgets ...int) {
	for _, b := range budgets {
		if !slices.Contains(w.budgets, b) {
			w.budgets = append(w.budgets, b)
		}
	}
}

// poolMarks are the taints of the pool's nodes that are marks, as exact ones.
func (c *checker) poolMarks() []Mark {
	var found []Mark
	for i := range c.Pool.Nodes {
		for _, t := range c.Pool.Nodes[i].Taints {
			m := Mark{t.Key, t.Value, t.Effect}
			if c.isMark(&t) && !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
	}
	slices.SortFunc(found, func(a, b Mark) int { return cmp.Compare(a.String(), b.String()) })
	return found
}

// isMark reports whether a taint is one of the marks. Whoever gives Karpenter's pools
// a taint means it, whatever its key.
func (c *checker) isMark(t *corev1.Taint) bool {
	if c.Pool.Platform.Name == "Karpenter" && slices.Equal(c.Marks, DefaultMarks()) && keepsOff(t) && !passing(t) {
		return true
	}
	return slices.ContainsFunc(c.Marks, func(m Mark) bool { return m.is(t) })
}

// openFiles takes over what in the files has to do with short-lived nodes.
func (c *checker) openFiles() {
	first := len(c.budgets)
	for i := range c.Files.Budgets {
		c.budgets = append(c.budgets, c.budgetOfFile(&c.Files.Budgets[i]))
	}
	for i := range c.Files.Workloads {
		m := &c.Files.Workloads[i]
		if !c.judged(m.Namespace) || m.Kind == "DaemonSet" || !c.meantForPool(m) {
			continue
		}
		w := workload{
			Workload: m.Workload, file: true, system: m.Namespace == "kube-system", priority: m.PriorityClass, labels: m.Labels, preStop: m.PreStop,
			object: fileObject(m),
		}
		for b := range c.Files.Budgets {
			if selects(&c.Files.Budgets[b], m) {
				w.several = w.several || len(w.budgets) > 0
				w.guard(first + b)
			}
		}
		if len(w.budgets) == 0 {
			w.guard(c.budgetsInCluster(w.Owner)...)
		}
		c.workloads = append(c.workloads, w)
	}
}

// budgetsInCluster are the budgets of the same workload where it runs already.
func (c *checker) budgetsInCluster(owner pool.Owner) []int {
	for i := range c.workloads {
		w := &c.workloads[i]
		if !w.file && w.Kind == owner.Kind && w.Namespace == owner.Namespace && w.Name == owner.Name {
			return w.budgets
		}
	}
	return nil
}
