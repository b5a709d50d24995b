package diagnose

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubechores/kubechores/pkg/finding"
)

// What v2.25 needs, as measured: idle, and for each connection that is open.
const (
	idleBytes       = 32 << 20
	connectionBytes = 100 << 10
)

// checkResources judges what the proxy may use of its node.
func (c *checker) checkResources(s *subject) {
	resources := s.resources()
	c.checkRequests(s, resources)
	c.checkCPULimit(s)
	memory, limited := resources.Limits[corev1.ResourceMemory]
	need := int64(idleBytes) + connectionBytes*int64(min(s.Spec.MaxConnections, 1<<20))
	if !limited || memory.Value() >= need {
		return
	}
	f := finding.Finding{
		ID: "memory-low", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("Container %s may use %s of memory, which is less than the proxy needs while it does nothing.", s.Container.Name, memory.String()),
		Evidence: quote(s.Path+".resources.limits.memory", memory.String()),
		Cause:    "An idle proxy takes some 32Mi, and 0.1Mi more for each connection.",
		Fix:      []finding.Step{do(fmt.Sprintf("Set the limit to %s or more.", mebibytes(max(need, 2*idleBytes))))},
	}
	if s.Spec.MaxConnections > 0 {
		f.What = fmt.Sprintf("Container %s may use %s of memory, which is not enough for its %d connections: then it is killed, and all of them end.", s.Container.Name, memory.String(), s.Spec.MaxConnections)
		f.Evidence = append(f.Evidence, s.said("max-connections", "max_connections")...)
		f.Fix = append(f.Fix, do("Or let fewer connections through with max-connections."))
	}
	c.add(s, aside, f)
}

func mebibytes(n int64) string {
	return resource.NewQuantity((n+1<<20-1)>>20<<20, resource.BinarySI).String()
}

// resources are those of the template, or what the cluster gave to a pod that asks for
// nothing: a LimitRange, or a node pool that manages itself.
func (s *subject) resources() corev1.ResourceRequirements {
	own := s.Container.Resources
	if len(own.Limits)+len(own.Requests) > 0 {
		return own
	}
	for _, p := range s.Pods {
		for _, container := range p.Value.Spec.Containers {
			if r := container.Resources; container.Name == s.Container.Name && len(r.Limits)+len(r.Requests) > 0 {
				return r
			}
		}
	}
	return own
}

func (c *checker) checkRequests(s *subject, resources corev1.ResourceRequirements) {
	var missing []string
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		_, limit := resources.Limits[name] // which is the request, where there is none
		if _, ok := resources.Requests[name]; !ok && !limit {
			missing = append(missing, string(name))
		}
	}
	if len(missing) == 0 {
		return
	}
	what := strings.Join(missing, " and ")
	c.add(s, aside, finding.Finding{
		ID: "missing-resources", Severity: finding.Info, Object: s.Object,
		What:     fmt.Sprintf("Container %s requests no %s: where a node has too little, the proxy is among the first to suffer.", s.Container.Name, strings.Join(missing, " and no ")),
		Evidence: quote(s.Path+".resources.requests", "no "+what),
		Fix:      []finding.Step{do("Request 50m of CPU and 64Mi of memory; more where many connections carry much.")},
	})
}

func (c *checker) checkCPULimit(s *subject) {
	limit, ok := s.Container.Resources.Limits[corev1.ResourceCPU]
	if !ok {
		return
	}
	f := finding.Finding{
		ID: "cpu-limit", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("Container %s may use %s of CPU: when connections need more, all of them pause for tens of milliseconds.", s.Container.Name, limit.String()),
		Evidence: quote(s.Path+".resources.limits.cpu", limit.String()),
		Cause:    "The kernel lets a container that has used its share wait until the next period of 100 ms.",
		Fix:      []finding.Step{do("Leave the limit out; the request is what makes the node have the CPU.")},
	}
	if limit.MilliValue() >= 1000 {
		f.Severity = finding.Info
	}
	c.add(s, aside, f)
}
