package rules

import (
	"fmt"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/drain"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// budget is one of the cluster or of a file.
type budget struct {
	object finding.Object
	spec   string      // "minAvailable: 1"
	hold   *drain.Hold // why it lets no pod go; nil where it does
}

func budgetObject(namespace, name string) finding.Object {
	return finding.Object{APIVersion: "policy/v1", Kind: "PodDisruptionBudget", Namespace: namespace, Name: name}
}

func budgetOfCluster(b *pool.Budget) budget {
	p := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: b.Namespace, Name: b.Name},
		Status: policyv1.PodDisruptionBudgetStatus{
			ExpectedPods: int32(b.Expected), CurrentHealthy: int32(b.Healthy), DesiredHealthy: int32(b.Wanted), DisruptionsAllowed: int32(b.Allowed),
		},
	}
	if !b.Observed {
		p.Generation = 1
	}
	if b.MinAvailable != "" {
		p.Spec.MinAvailable = new(intstr.Parse(b.MinAvailable))
	}
	if b.MaxUnavailable != "" {
		p.Spec.MaxUnavailable = new(intstr.Parse(b.MaxUnavailable))
	}
	result := budget{object: budgetObject(b.Namespace, b.Name), spec: specOf(p), hold: drain.Stuck(p)}
	if result.hold != nil && result.hold.Outlook == drain.ForNow && !b.Observed {
		result.hold = nil // its status is of an older spec: nothing is known yet
	}
	return result
}

// budgetOfFile judges a budget as if all replicas of the files were ready.
func (c *checker) budgetOfFile(b *manifest.Budget) budget {
	expected := 0
	for i := range c.Files.Workloads {
		w := &c.Files.Workloads[i]
		if !selects(b, w) {
			continue
		}
		if w.Desired < 0 {
			expected = 0 // not known
			break
		}
		expected += w.Desired
	}
	wanted := 0
	if b.MinAvailable != nil {
		if n, err := intstr.GetScaledValueFromIntOrPercent(b.MinAvailable, expected, true); err == nil {
			wanted = n
		}
	} else if b.MaxUnavailable != nil {
		if n, err := intstr.GetScaledValueFromIntOrPercent(b.MaxUnavailable, expected, true); err == nil {
			wanted = expected - n
		}
	}
	p := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: b.Namespace, Name: b.Name},
		Spec:       policyv1.PodDisruptionBudgetSpec{MinAvailable: b.MinAvailable, MaxUnavailable: b.MaxUnavailable},
		Status: policyv1.PodDisruptionBudgetStatus{
			ExpectedPods: int32(expected), CurrentHealthy: int32(expected), DesiredHealthy: int32(wanted), DisruptionsAllowed: int32(max(0, expected-wanted)),
		},
	}
	o := budgetObject(b.Namespace, b.Name)
	o.File, o.Line = b.File, b.Line
	return budget{object: o, spec: specOf(p), hold: drain.Stuck(p)}
}

func specOf(b *policyv1.PodDisruptionBudget) string {
	switch {
	case b.Spec.MinAvailable != nil:
		return "minAvailable: " + b.Spec.MinAvailable.String()
	case b.Spec.MaxUnavailable != nil:
		return "maxUnavailable: " + b.Spec.MaxUnavailable.String()
	}
	return "neither minAvailable nor maxUnavailable"
}

// selects reports whether a budget selects a workload's pods.
func selects(b *manifest.Budget, w *manifest.Workload) bool {
	return b.Namespace == w.Namespace && b.Selector.Matches(labels.Set(w.Labels))
}

// checkBudgets finds budgets that hold the drain of a node up.
func (c *checker) checkBudgets() {
	guarding := map[int]bool{}
	for i := range c.workloads {
		for _, b := range c.workloads[i].budgets {
			guarding[b] = true
		}
	}
	if c.Pool != nil {
		for i := range c.Pool.Pods {
			if p := &c.Pool.Pods[i]; p.Workload < 0 && c.judged(p.Namespace) {
				for _, b := range p.Budgets {
					guarding[b] = true
				}
			}
		}
	}
	for i := range c.budgets {
		b := &c.budgets[i]
		if b.hold == nil || !guarding[i] {
			continue
		}
		f := finding.Finding{
			ID: StuckBudget, Severity: finding.Error, Object: b.object,
			What:     "The budget never allows an eviction, so a drain waits for ever: " + b.hold.Reason + ".",
			Evidence: []finding.Evidence{{Source: "spec", Text: b.spec}},
			Cause:    "A node that dies of its age, or is preempted, asks no budget: it takes the pods all the same, but without a drain.",
		}
		if b.hold.Outlook != drain.Forever {
			f.Severity = finding.Warning
			f.What = "The budget allows no eviction now, so a drain waits: " + b.hold.Reason + "."
		}
		if numbers := b.hold.Numbers(); numbers != "" && !strings.Contains(f.What, numbers) {
			f.Evidence = append(f.Evidence, finding.Evidence{Source: "status", Text: numbers})
		}
		if b.hold.Change != "" {
			f.Fix = []finding.Step{{Do: upper(b.hold.Change) + "."}}
		}
		c.add(f)
	}
}

// checkGuards finds workloads that no budget guards, or too many.
func (c *checker) checkGuards(w *workload) {
	if w.several {
		c.add(c.manyBudgets(w.object, w.budgets))
	}
	if len(w.budgets) > 0 || w.system || !w.served() || w.replicas() < 2 || c.Pool != nil && c.Pool.BudgetsUnseen {
		return
	}
	if !w.file && w.InPool == 0 {
		return // whether its pods have one is not known
	}
	f := finding.Finding{
		ID: NoBudget, Severity: finding.Info, Object: w.object,
		What: "No disruption budget guards it: a drain may take all of its pods that are on one node at once.",
		Fix:  []finding.Step{{Do: "Give it a budget that lets one of its pods go at a time; LABELS are those that select its pods:"}, createBudget(w)},
	}
	most := 0
	for _, n := range w.ready {
		most = max(most, n)
	}
	if most > 1 {
		f.Severity = finding.Warning
		f.Evidence = []finding.Evidence{{Source: "ready pods", Text: fmt.Sprintf("up to %d on one node of the pool", most)}}
	}
	c.add(f)
}

// createBudget prints a budget for the workload.
func createBudget(w *workload) finding.Step {
	args := []string{"kubectl", "create", "poddisruptionbudget", w.Name}
	if w.Namespace != "" {
		args = append(args, "-n", w.Namespace)
	}
	selector := "LABELS"
	if len(w.labels) > 0 {
		selector = labels.FormatLabels(w.labels)
	}
	return command(append(args, "--selector", selector, "--max-unavailable", "1", "--dry-run=client", "-o", "yaml")...)
}

func (c *checker) manyBudgets(o finding.Object, budgets []int) finding.Finding {
	f := finding.Finding{
		ID: ManyBudgets, Severity: finding.Error, Object: o,
		What:  "More than one disruption budget selects its pods, and the API evicts no such pod: a drain never ends.",
		Cause: "The eviction API counts with one budget at most, and answers with an error where there are more.",
		Fix:   []finding.Step{{Do: "Leave one of the budgets, or make their selectors select different pods."}},
	}
	for _, b := range budgets {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "poddisruptionbudget " + c.budgets[b].object.Name, Text: c.budgets[b].spec})
	}
	return f
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
