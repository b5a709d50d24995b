package diagnose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

type serviceItem = snapshot.Item[corev1.Service]

// checkSelector finds Services that were meant for the proxy and select none of its pods,
// and those that select other pods, too.
func (c *checker) checkSelector(s *subject) {
	for _, o := range c.index.servicesIn[s.Namespace] {
		if !slices.Contains(s.Services, o) && c.meantFor(s, o) {
			c.add(s, blocks, c.selectsNothing(s, o))
		}
	}
	for _, o := range s.Services {
		c.checkOthers(s, o)
	}
}

// meantFor reports whether a Service that selects nothing is for the proxy, as far as one
// can tell: it leads to a port of it, and has its name or one of its labels.
func (c *checker) meantFor(s *subject, o *serviceItem) bool {
	selector := o.Value.Spec.Selector
	if len(selector) == 0 || o.Value.Spec.Type == corev1.ServiceTypeExternalName {
		return false
	}
	if !slices.ContainsFunc(o.Value.Spec.Ports, func(p corev1.ServicePort) bool {
		target, ok := s.TargetPort(p)
		return ok && slices.ContainsFunc(databaseListeners(&s.Spec), func(l proxy.Listener) bool { return l.Port == target && target != 0 })
	}) {
		return false
	}
	alike := o.Name == s.Name || sharesLabel(selector, s.Template.Labels) || slices.Contains(slices.Collect(maps.Values(selector)), s.Name)
	return alike && !c.selectsAny(o) && len(c.addressesOf(o)) == 0
}

func sharesLabel(a, b map[string]string) bool {
	for key, value := range a {
		if have, ok := b[key]; ok && have == value {
			return true
		}
	}
	return false
}

// selectsAny reports whether a Service selects pods of any workload that is known.
func (c *checker) selectsAny(o *serviceItem) bool {
	selector := labels.SelectorFromSet(o.Value.Spec.Selector)
	return slices.ContainsFunc(c.index.workloadsIn[o.Namespace], func(w *snapshot.Workload) bool {
		return selector.Matches(labels.Set(w.Template.Labels))
	})
}

func (c *checker) selectsNothing(s *subject, o *serviceItem) finding.Finding {
	var wrong, patch []string
	for _, key := range sortedKeys(o.Value.Spec.Selector) {
		want, have := o.Value.Spec.Selector[key], s.Template.Labels[key]
		switch {
		case have == "":
			wrong = append(wrong, fmt.Sprintf("it has no label %s", key))
		case have != want:
			wrong = append(wrong, fmt.Sprintf("its label %s is %s", key, have))
		}
	}
	for _, key := range sortedKeys(s.Template.Labels) {
		patch = append(patch, key+"="+s.Template.Labels[key])
	}
	return finding.Finding{
		ID: "selector", Severity: finding.Error, Object: o.Object,
		What: fmt.Sprintf("The Service selects no pods: %s is not selected, for %s.", s.ref(), strings.Join(wrong, " and ")),
		Evidence: append(quote("spec.selector", labels.FormatLabels(o.Value.Spec.Selector)),
			quote(s.ref()+", labels of its pods", labels.FormatLabels(s.Template.Labels))...),
		Fix: []finding.Step{kubectlIn(o.Namespace, "set", "selector", "service/"+o.Name, strings.Join(patch, ","))},
	}
}

// checkOthers finds pods of other workloads that get a share of the clients, and no proxy
// runs there. Pods without the name of the targetPort get none.
func (c *checker) checkOthers(s *subject, o *serviceItem) {
	selector := labels.SelectorFromSet(o.Value.Spec.Selector)
	var others []string
	for _, w := range c.index.workloadsIn[o.Namespace] {
		if w == s.Workload || w.Replicas == 0 || w.RunsToEnd() ||
			!selector.Matches(labels.Set(w.Template.Labels)) || len(c.index.proxies[w]) > 0 {
			continue
		}
		other := &snapshot.Proxy{Workload: w}
		if slices.ContainsFunc(o.Value.Spec.Ports, func(p corev1.ServicePort) bool {
			_, ok := other.TargetPort(p)
			return ok && !forMetrics(p)
		}) {
			others = append(others, refOf(w.Object))
		}
	}
	if len(others) == 0 {
		return
	}
	c.add(s, blocks, finding.Finding{
		ID: "selector", Severity: finding.Error, Object: o.Object,
		What:     fmt.Sprintf("The Service selects the pods of %s, too, where no proxy runs: some connections of its clients go there and fail.", listed(others)),
		Evidence: quote("spec.selector", labels.FormatLabels(o.Value.Spec.Selector)),
		Fix: []finding.Step{
			do(fmt.Sprintf("Give the pods of %s a label that no others have, and have the Service select that.", s.ref())),
			kubectlIn(o.Namespace, "get", "pods", "-l", labels.FormatLabels(o.Value.Spec.Selector), "-o", "wide"),
		},
	})
}

// checkNoService finds a shared proxy that clients have no name for.
func (c *checker) checkNoService(s *subject) {
	if len(s.Services) > 0 || s.has("selector") || s.Template.Spec.HostNetwork || c.Absence("Service", s.Namespace) != snapshot.Gone {
		return
	}
	if len(databaseListeners(&s.Spec)) == 0 {
		return // sockets on the node, or nothing is known
	}
	for _, p := range s.Container.Ports {
		if p.HostPort != 0 {
			return
		}
	}
	c.add(s, aside, finding.Finding{
		ID: "no-service", Severity: finding.Warning, Object: s.Object,
		What:     "No Service selects the pods of the proxy, so clients have no name to reach it by.",
		Evidence: quote("labels of its pods", labels.FormatLabels(s.Template.Labels)),
		Fix:      c.serviceFix(s),
	})
}

func (c *checker) serviceFix(s *subject) []finding.Step {
	l := databaseListeners(&s.Spec)[0]
	if s.Kind != "Deployment" && s.Kind != "ReplicaSet" && s.Kind != "Pod" || l.Port == 0 {
		return []finding.Step{do("Make a Service that selects these labels and leads to the port of the proxy.")}
	}
	return []finding.Step{kubectlIn(s.Namespace, "expose", s.ref(), fmt.Sprintf("--port=%d", l.Port), fmt.Sprintf("--target-port=%d", l.Port))}
}
