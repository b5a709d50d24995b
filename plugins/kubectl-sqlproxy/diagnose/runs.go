package diagnose

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// runsCatalogue is what can be wrong with whether the pods run.
func runsCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "crash-loop", Severity: finding.Error, Title: "The proxy ends again and again"},
		{ID: "image-pull", Severity: finding.Error, Title: "The image of the proxy cannot be pulled"},
		{ID: "start-error", Severity: finding.Error, Title: "The container of the proxy cannot be started"},
		{ID: "not-scheduled", Severity: finding.Error, Title: "A pod finds no node"},
		{ID: "container-creating", Severity: finding.Error, Title: "A pod waits for its volumes or its network"},
		{ID: "oom-killed", Severity: finding.Error, Title: "The proxy was killed for its use of memory"},
		{ID: "liveness-restarts", Severity: finding.Error, Title: "The kubelet restarts the proxy, because a probe fails"},
		{ID: "not-ready", Severity: finding.Error, Title: "The proxy runs and is not ready"},
		{ID: "rollout-stuck", Severity: finding.Error, Title: "A rollout does not go on"},
		{ID: "refused", Severity: finding.Error, Title: "The API refuses the pods"},
	}
}

// settling is how long a pod may take to come up before one speaks of it.
const settling = time.Minute

// seen is a finding about one pod, which may be true of others.
type seen struct {
	part
	finding.Finding
	pods []string
}

// checkRuns judges whether the pods run: each by the first thing that is wrong with it.
func (c *checker) checkRuns(s *subject) {
	byID := map[string]*seen{}
	var order []*seen
	for _, p := range s.livePods() {
		part, f, ok := c.run(s, p)
		if !ok {
			continue
		}
		known := byID[f.ID]
		if known == nil {
			f.Object = p.Object
			known = &seen{part, f, nil}
			byID[f.ID] = known
			order = append(order, known)
		}
		known.pods = append(known.pods, p.Name)
	}
	for _, one := range order {
		if others := one.pods[1:]; len(others) > 0 {
			one.Evidence = append(one.Evidence, quote("the same holds for", listed(others))...)
		}
		c.add(s, one.part, one.Finding)
	}
	if s.Shared { // of others it is not the proxy's matter
		c.checkConditions(s)
	}
}

// run says what keeps a pod from running.
func (c *checker) run(s *subject, p *snapshot.Pod) (part, finding.Finding, bool) {
	if message := unschedulable(p); message != "" && s.Shared {
		return c.notScheduled(s, p, message)
	}
	status := containerStatus(p, s.Container.Name)
	if status == nil {
		return 0, finding.Finding{}, false
	}
	for _, look := range []func(*subject, *snapshot.Pod, *corev1.ContainerStatus) (part, finding.Finding, bool){
		c.imagePull, c.startError, c.containerCreating, c.oomKilled, c.livenessRestarts, c.crashLoop, c.notReady,
	} {
		if part, f, ok := look(s, p, status); ok {
			return part, f, true
		}
	}
	return 0, finding.Finding{}, false
}

// containerStatus is the status of a container of a pod, which may be an init container.
func containerStatus(p *snapshot.Pod, name string) *corev1.ContainerStatus {
	for _, all := range [][]corev1.ContainerStatus{p.Value.Status.ContainerStatuses, p.Value.Status.InitContainerStatuses} {
		for i := range all {
			if all[i].Name == name {
				return &all[i]
			}
		}
	}
	return nil
}

// worse is an Error where no pod serves, else a Warning: others do.
func worse(s *subject) finding.Severity {
	if s.ready() > 0 {
		return finding.Warning
	}
	return finding.Error
}

// young reports whether a pod may yet come up.
func (c *checker) young(p *snapshot.Pod) bool {
	created := p.Value.CreationTimestamp.Time
	return !created.IsZero() && c.Now.Sub(created) < settling
}

// ended is the last run of a container; nil if there was none before.
func ended(status *corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if status.State.Terminated != nil {
		return status.State.Terminated
	}
	return status.LastTerminationState.Terminated
}

func shownEnd(t *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exit code %d, reason %s", t.ExitCode, t.Reason)
	if !t.FinishedAt.IsZero() {
		text += ", at " + t.FinishedAt.UTC().Format(time.RFC3339)
	}
	return text
}

func waitingFor(status *corev1.ContainerStatus, reasons ...string) bool {
	if status.State.Waiting == nil {
		return false
	}
	for _, reason := range reasons {
		if status.State.Waiting.Reason == reason {
			return true
		}
	}
	return false
}
