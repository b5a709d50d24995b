package diagnose

import (
	"fmt"
	"slices"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

type budgetItem = snapshot.Item[policyv1.PodDisruptionBudget]

// checkBudgets judges whether drains take one pod after the other. Those of a DaemonSet
// they leave alone.
func (c *checker) checkBudgets(s *subject) {
	if s.Kind == "DaemonSet" {
		return
	}
	if len(s.Budgets) == 0 {
		c.checkNoBudget(s)
		return
	}
	if len(s.Budgets) > 1 {
		names := make([]string, 0, len(s.Budgets))
		for _, o := range s.Budgets {
			names = append(names, o.Name)
		}
		c.add(s, aside, finding.Finding{
			ID: "pdb-blocks", Severity: finding.Error, Object: s.Budgets[0].Object,
			What:     fmt.Sprintf("%d disruption budgets select the same pods: each eviction fails, and drains wait forever.", len(names)),
			Evidence: quote("budgets of "+s.ref(), listed(names)),
			Fix:      []finding.Step{do("Keep one of them."), kubectlIn(s.Namespace, "delete", "poddisruptionbudget", names[len(names)-1])},
		})
	}
	for _, o := range s.Budgets {
		c.checkBudget(s, o)
	}
}

func (c *checker) checkBudget(s *subject, o *budgetItem) {
	spec := &o.Value.Spec
	if why, source, text := blocking(spec, s.fewest()); why != "" {
		fix := []finding.Step{kubectlIn(o.Namespace, "patch", "poddisruptionbudget", o.Name, "--type=merge", "-p", `{"spec":{"minAvailable":null,"maxUnavailable":1}}`)}
		if s.fewest() == 1 {
			fix = append([]finding.Step{kubectlIn(s.Namespace, "scale", s.ref(), "--replicas=2")}, fix...)
		}
		c.add(s, aside, finding.Finding{
			ID: "pdb-blocks", Severity: finding.Error, Object: o.Object,
			What:     fmt.Sprintf("The disruption budget lets no pod be evicted, for %s: drains and upgrades of nodes wait for it.", why),
			Evidence: quote(source, text), Fix: fix,
		})
	}
	if policy := spec.UnhealthyPodEvictionPolicy; (policy == nil || *policy != policyv1.AlwaysAllow) && (c.Minor == 0 || c.Minor >= 27) {
		said := "none: IfHealthyBudget"
		if policy != nil {
			said = string(*policy)
		}
		c.add(s, aside, finding.Finding{
			ID: "pdb-unhealthy", Severity: finding.Info, Object: o.Object,
			What:     "Pods that are not ready cannot be evicted while too few are: a proxy that does not get ready keeps its nodes from being drained.",
			Evidence: quote("spec.unhealthyPodEvictionPolicy", said),
			Fix:      []finding.Step{kubectlIn(o.Namespace, "patch", "poddisruptionbudget", o.Name, "--type=merge", "-p", `{"spec":{"unhealthyPodEvictionPolicy":"AlwaysAllow"}}`)},
			Docs:     "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
		})
	}
}

// blocking says why a budget of so many replicas lets no pod go, when all are ready; empty
// if it does. Percentages are rounded up, both ways.
func blocking(spec *policyv1.PodDisruptionBudgetSpec, replicas int) (why, source, text string) {
	switch {
	case spec.MaxUnavailable != nil:
		if n, err := intstr.GetScaledValueFromIntOrPercent(spec.MaxUnavailable, 100, true); err == nil && n == 0 {
			return "none may be unavailable", "spec.maxUnavailable", spec.MaxUnavailable.String()
		}
	case spec.MinAvailable != nil && replicas > 0:
		if n, err := intstr.GetScaledValueFromIntOrPercent(spec.MinAvailable, replicas, true); err == nil && n >= replicas {
			return fmt.Sprintf("%d of %s have to be available", n, counted(replicas, "replica")), "spec.minAvailable", spec.MinAvailable.String()
		}
	}
	return "", "", ""
}

// checkNoBudget finds that there is no budget, or one that was meant for the pods.
func (c *checker) checkNoBudget(s *subject) {
	for _, o := range c.Budgets {
		if o.Namespace == s.Namespace && c.budgetMeant(s, o) {
			c.add(s, aside, finding.Finding{
				ID: "pdb-selector-mismatch", Severity: finding.Warning, Object: o.Object,
				What: fmt.Sprintf("The disruption budget selects no pods, those of %s neither: drains may evict all of them at once.", s.ref()),
				Evidence: append(quote("spec.selector", metav1.FormatLabelSelector(o.Value.Spec.Selector)),
					quote(s.ref()+", labels of its pods", labels.FormatLabels(s.Template.Labels))...),
				Fix: []finding.Step{do("Have its selector be one of these labels: " + labels.FormatLabels(s.Template.Labels))},
			})
			return
		}
	}
	if s.fewest() < 2 || s.Kind == "Pod" || c.Absence("PodDisruptionBudget", s.Namespace) != snapshot.Gone {
		return
	}
	fix := do("Make a PodDisruptionBudget for its pods, with maxUnavailable: 1.")
	if selector := s.Selector.String(); selector != "" {
		fix = kubectlIn(s.Namespace, "create", "poddisruptionbudget", s.Name, "--selector="+selector, "--max-unavailable=1")
	}
	c.add(s, aside, finding.Finding{
		ID: "no-pdb", Severity: finding.Warning, Object: s.Object,
		What:     "No disruption budget selects the pods: drains of two nodes at once may evict all of them.",
		Evidence: quote("PodDisruptionBudgets of namespace "+s.Namespace, "none selects "+labels.FormatLabels(s.Template.Labels)),
		Fix:      []finding.Step{fix},
	})
}

// budgetMeant reports whether a budget that selects no known pods was meant for the
// proxy's, by its name or a label.
func (c *checker) budgetMeant(s *subject, o *budgetItem) bool {
	selector := o.Value.Spec.Selector
	if selector == nil {
		return o.Name == s.Name
	}
	if o.Name != s.Name && !strings.HasPrefix(o.Name, s.Name+"-") && !sharesLabel(selector.MatchLabels, s.Template.Labels) {
		return false
	}
	return !slices.ContainsFunc(c.index.workloadsIn[o.Namespace], func(w *snapshot.Workload) bool { return selects(selector, w.Template.Labels) })
}
