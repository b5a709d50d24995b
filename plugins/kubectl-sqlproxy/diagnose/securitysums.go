package diagnose

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// apiQuota is how many requests to the SQL Admin API a user has per minute, by default.
const apiQuota = 180

// checkSums judges what the replicas do together.
func (c *checker) checkSums(s *subject) {
	replicas, source := s.most()
	if replicas < 2 {
		return
	}
	of := finding.Evidence{Source: source, Text: fmt.Sprint(replicas)}
	c.checkConnectionSum(s, replicas, of)
	calls := replicas * len(s.Spec.Instances) * 2
	if calls <= apiQuota || s.Spec.Engine == proxy.AlloyDB || s.Spec.LazyRefresh {
		return
	}
	c.add(s, aside, finding.Finding{
		ID: "refresh-bursts", Severity: finding.Info, Object: s.Object,
		What: fmt.Sprintf("When all %d replicas of %s start, they ask the SQL Admin API %d times, and each hour again: its quota is %d a minute.",
			replicas, s.ref(), calls, apiQuota),
		Evidence: []finding.Evidence{of, {Source: "instances", Text: fmt.Sprint(len(s.Spec.Instances))}},
		Cause:    "Each replica asks for the settings and for a certificate of each instance.",
		Fix:      []finding.Step{do("Have fewer replicas, or let them start one after the other; or ask for a larger quota.")},
		Docs:     "https://cloud.google.com/sql/quotas",
	})
}

// most is how many replicas there may be, and who says so.
func (s *subject) most() (int, string) {
	replicas, source := s.Replicas, "spec.replicas"
	for _, o := range s.Autoscalers {
		if n := int(o.Value.Spec.MaxReplicas); n > replicas {
			replicas, source = n, "HorizontalPodAutoscaler "+o.Name+", spec.maxReplicas"
		}
	}
	return replicas, source
}

// checkConnectionSum judges a limit that each replica has for itself. How many the
// database takes is not known: but no instance takes more by default than the largest.
func (c *checker) checkConnectionSum(s *subject, replicas int, of finding.Evidence) {
	limit, name := 0, ""
	for _, l := range s.Listeners() {
		if l.Role != proxy.RoleDatabase || l.Instance < 0 {
			continue
		}
		most := defaultConnections(l.Port, s.Spec.Engine)
		if most > 0 && (limit == 0 || most < limit) {
			limit, name = most, s.Spec.Instances[l.Instance].Name
		}
	}
	each := int(min(s.Spec.MaxConnections, 1<<30))
	if limit == 0 || each*replicas <= limit {
		return
	}
	c.add(s, aside, finding.Finding{
		ID: "max-connections-sum", Severity: finding.Info, Object: s.Object,
		What: fmt.Sprintf("The %d replicas of %s together let %d connections through to %s, which by default takes %d at most.",
			replicas, s.ref(), each*replicas, name, limit),
		Evidence: append(s.said("max-connections", "max_connections"), of),
		Cause:    "The limit holds for each replica by itself.",
		Fix:      []finding.Step{do("Set it to what the database takes (its flag max_connections) divided by the number of replicas.")},
		Docs:     "https://cloud.google.com/sql/quotas",
	})
}

// defaultConnections is max_connections of the largest machines, by the port of the
// engine; 0 where it is not known.
func defaultConnections(port int, e proxy.Engine) int {
	switch {
	case e == proxy.AlloyDB, port == proxy.DefaultPort("POSTGRES"):
		return 1000
	case port == proxy.DefaultPort("MYSQL"):
		return 4000
	}
	return 0
}
