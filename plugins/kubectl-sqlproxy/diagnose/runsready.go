package diagnose

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// notReady is for proxies that run, and whose readiness or startup probe does not pass;
// that another container of the pod is not ready is not theirs.
func (c *checker) notReady(s *subject, p *snapshot.Pod, status *corev1.ContainerStatus) (part, finding.Finding, bool) {
	if status.State.Running == nil || c.Now.Sub(status.State.Running.StartedAt.Time) < settling {
		return 0, finding.Finding{}, false
	}
	f := finding.Finding{ID: "not-ready", Severity: worse(s), Evidence: quote("status of container "+status.Name, "running since "+status.State.Running.StartedAt.UTC().Format("2006-01-02 15:04:05 MST")+", ready: false")}
	if status.Ready {
		return c.nodeLost(s, p, f)
	}
	word := "Readiness"
	f.What = fmt.Sprintf("The proxy in pod %s runs and is not ready, so it gets no clients.", p.Name)
	if status.Started != nil && !*status.Started {
		word = "Startup"
		f.What = fmt.Sprintf("The proxy in pod %s runs, but its startup probe does not pass, so it gets no clients.", p.Name)
	}
	f.Fix = []finding.Step{kubectlIn(p.Namespace, "logs", p.Name, "-c", status.Name, "--tail=50"), kubectlIn(p.Namespace, "describe", "pod", p.Name)}
	if e := c.lastEvent("Pod", p.Namespace, p.Name, "Unhealthy", word+" probe"); e != nil {
		f.Evidence = append(f.Evidence, quote("event Unhealthy", e.Message)...)
	}
	c.whyNotReady(s, p, &f)
	return symptom, f, true
}

// whyNotReady reads the log for what the health check said last.
func (c *checker) whyNotReady(s *subject, p *snapshot.Pod, f *finding.Finding) {
	said := ""
	for _, l := range s.podLogs() {
		if l.Pod != p.Name || l.Previous {
			continue
		}
		for _, line := range l.lines {
			if strings.HasPrefix(line.message, "[Health Check] ") {
				said = line.message
			}
		}
	}
	f.Evidence = append(f.Evidence, quote("log of pod/"+p.Name, said)...)
	switch {
	case strings.Contains(said, "max connections"):
		f.Cause = fmt.Sprintf("The pod has as many connections as it may have (%d): it is ready again when some end.", s.Spec.MaxConnections)
		f.Fix = []finding.Step{do("Raise --max-connections, or add replicas; look for clients that leave connections open.")}
	case strings.Contains(said, "proxy has stopped"):
		f.Cause = "The proxy was told to end, and waits for its clients."
	case c.readinessDials(s):
		f.Cause = "The readiness of this version asks every database: one that is down takes the pod out of the Service for all of them."
		f.Fix = append(f.Fix, do("Take v2.11.1 or later, whose readiness does not ask databases, or a tcpSocket probe at the port of a database."))
	}
}

// readinessDials reports whether the readiness check of a version asks the databases.
func (c *checker) readinessDials(s *subject) bool {
	probe := s.Container.ReadinessProbe
	if probe == nil || probe.HTTPGet == nil {
		return false
	}
	return s.Spec.Engine == proxy.V1 || s.Spec.Engine == proxy.V2 && s.Spec.Version.Before(proxy.Version{Major: 2, Minor: 11, Patch: 1})
}

// nodeLost is for pods of nodes that do not answer: what their status says of containers
// is old.
func (c *checker) nodeLost(s *subject, p *snapshot.Pod, f finding.Finding) (part, finding.Finding, bool) {
	lost := false
	if !s.Shared {
		return 0, f, false // of an application it is not the proxy's matter
	}
	for _, condition := range p.Value.Status.Conditions {
		lost = lost || condition.Type == corev1.PodReady && condition.Status != corev1.ConditionTrue
	}
	if !lost {
		return 0, f, false
	}
	node := c.nodesNamed(map[string]bool{p.Value.Spec.NodeName: true})[p.Value.Spec.NodeName]
	if node == nil {
		return 0, f, false
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
			f.What = fmt.Sprintf("Pod %s is not ready, because its node %s does not answer.", p.Name, node.Name)
			f.Evidence = quote("node/"+node.Name+", condition Ready", fmt.Sprintf("%s: %s", condition.Status, condition.Message))
			f.Fix = []finding.Step{kubectlIn("", "describe", "node", node.Name), do("If the node is gone for good, delete it: then the pod is made anew elsewhere.")}
			return blocks, f, true
		}
	}
	return 0, f, false
}

// checkConditions reads what the workload says of itself.
func (c *checker) checkConditions(s *subject) {
	if s.Deployment == nil {
		c.checkFailedCreate(s)
		return
	}
	for _, condition := range s.Deployment.Status.Conditions {
		switch {
		case condition.Type == appsv1.DeploymentReplicaFailure && condition.Status == corev1.ConditionTrue:
			c.refused(s, "condition ReplicaFailure", condition.Message)
		case condition.Type == appsv1.DeploymentProgressing && condition.Status == corev1.ConditionFalse && condition.Reason == "ProgressDeadlineExceeded":
			c.add(s, symptom, finding.Finding{
				ID: "rollout-stuck", Severity: worse(s), Object: s.Object,
				What:     "The rollout does not go on: its new pods are not available in time.",
				Evidence: quote("condition Progressing", condition.Reason+": "+condition.Message),
				Fix: []finding.Step{
					kubectlIn(s.Namespace, "rollout", "status", s.ref(), "--timeout=5s"),
					do("See to what is wrong with the new pods, or take the change back:"),
					kubectlIn(s.Namespace, "rollout", "undo", s.ref()),
				},
			})
		}
	}
}

// checkFailedCreate is for workloads that have no condition to say it.
func (c *checker) checkFailedCreate(s *subject) {
	if e := c.lastEvent(s.Kind, s.Namespace, s.Name, "FailedCreate", ""); e != nil && len(s.livePods()) < s.Replicas {
		c.refused(s, "event FailedCreate", e.Message)
	}
}

func (c *checker) refused(s *subject, source, message string) {
	f := finding.Finding{
		ID: "refused", Severity: worse(s), Object: s.Object,
		What:     "The API refuses to make the pods.",
		Evidence: quote(source, message),
		Fix:      []finding.Step{kubectlIn(s.Namespace, "describe", s.ref())},
	}
	p := blocks
	switch {
	case strings.Contains(message, "violates PodSecurity"):
		f.What = "The API refuses to make the pods: they are not as secure as the namespace wants it."
		f.Fix = []finding.Step{do("Give the pod template the securityContext that the message names; the proxy needs no rights at all.")}
		f.Docs = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
	case strings.Contains(message, "exceeded quota"), strings.Contains(message, "failed quota"):
		f.What = "The API refuses to make the pods: the quota of the namespace is used up, or wants limits."
		f.Fix = []finding.Step{kubectlIn(s.Namespace, "describe", "resourcequota"), do("Raise the quota, or lower what the pods request.")}
	case strings.Contains(message, "serviceaccount"):
		f.What = "The API refuses to make the pods: their ServiceAccount does not exist."
		f.Fix = []finding.Step{kubectlIn(s.Namespace, "create", "serviceaccount", s.Template.Spec.ServiceAccountName)}
		p = symptom
	}
	c.add(s, p, f)
}
