package diagnose

import (
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// checkInjectors judges what has the operator put sidecars into pods for an instance that
// the proxy serves.
func (c *checker) checkInjectors(s *subject) {
	for _, o := range c.Injectors {
		var common []string
		for _, i := range s.Spec.Instances {
			if slices.Contains(o.Instances, i.Name) {
				common = append(common, i.Name)
			}
		}
		if len(common) == 0 || nearest(c.around().shared[common[0]], o.Namespace) != s.Proxy {
			continue
		}
		f := finding.Finding{
			ID: "operator-injected", Severity: finding.Info, Object: o.Object,
			What:     fmt.Sprintf("AuthProxyWorkload %s in namespace %s has the operator put a proxy for %s into pods, which %s serves for all.", o.Name, o.Namespace, listed(common), s.ref()),
			Evidence: append(quote("spec.workloadSelector", selectorText(o)), c.injected(o)...),
		}
		f.Fix = []finding.Step{do("Point the applications to the Service; then delete it, and make their pods anew:"), kubectlIn(o.Namespace, "delete", "authproxyworkloads.cloudsql.cloud.google.com", o.Name)}
		if at := servedAt(s.Proxy, common[0]); at != "" {
			f.Evidence = append(f.Evidence, finding.Evidence{Source: "served at", Text: at})
		}
		c.add(s, aside, f)
	}
}

// injected are the workloads that the operator changes.
func (c *checker) injected(o *snapshot.Injector) []finding.Evidence {
	var names []string
	for _, w := range c.index.workloadsIn[o.Namespace] {
		if w.Kind != o.WorkloadKind {
			continue
		}
		if w.Name == o.WorkloadName || o.WorkloadName == "" && hasLabels(w.Meta.Labels, o.Labels) {
			names = append(names, refOf(w.Object))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return quote("workloads", listed(names))
}

func selectorText(o *snapshot.Injector) string {
	if o.WorkloadName != "" {
		return o.WorkloadKind + " " + o.WorkloadName
	}
	return o.WorkloadKind + " with " + labelPairs(o.Labels)
}
