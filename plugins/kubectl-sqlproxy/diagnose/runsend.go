package diagnose

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// oldEnd is how long ago a run ended that is of no account to one that goes on since.
const oldEnd = 24 * time.Hour

func (c *checker) oomKilled(s *subject, p *snapshot.Pod, status *corev1.ContainerStatus) (part, finding.Finding, bool) {
	end := ended(status)
	if end == nil || end.Reason != "OOMKilled" || status.Ready && c.Now.Sub(end.FinishedAt.Time) > oldEnd {
		return 0, finding.Finding{}, false
	}
	limit := "none"
	if m := s.Container.Resources.Limits.Memory(); m != nil && !m.IsZero() {
		limit = m.String()
	}
	f := finding.Finding{
		ID: "oom-killed", Severity: finding.Error,
		What: fmt.Sprintf("The proxy in pod %s was killed because it used more memory than its limit: all its connections were cut.", p.Name),
		Evidence: append(quote("last run of container "+status.Name, shownEnd(end)),
			quote(s.Path+".resources.limits.memory", limit)...),
		Cause: "A proxy takes about 32Mi, and 0.1Mi for each open connection.",
		Fix:   []finding.Step{do("Have a limit of 512Mi, which is enough for about 5000 connections.")},
	}
	if m := s.Container.Resources.Limits.Memory(); m != nil && m.Value() >= 512<<20 {
		f.Fix = []finding.Step{do("Raise the limit, or have --max-connections keep the proxy below it; look for clients that leave connections open.")}
	}
	if status.Ready {
		f.Severity = finding.Warning
		return aside, f, true
	}
	return blocks, f, true
}

// livenessRestarts is for proxies that the kubelet has ended because a probe failed.
func (c *checker) livenessRestarts(s *subject, p *snapshot.Pod, status *corev1.ContainerStatus) (part, finding.Finding, bool) {
	end := ended(status)
	if status.RestartCount == 0 || end == nil {
		return 0, finding.Finding{}, false
	}
	killed := c.lastEvent("Pod", p.Namespace, p.Name, "Killing", "Container "+status.Name+" failed")
	word := "Liveness"
	if killed != nil && strings.Contains(killed.Message, "startup probe") {
		word = "Startup"
	}
	e := c.lastEvent("Pod", p.Namespace, p.Name, "Unhealthy", word+" probe")
	if killed == nil || killed.Last.Before(end.StartedAt.Time) || c.settled(status, killed) {
		return 0, finding.Finding{}, false
	}
	f := finding.Finding{
		ID: "liveness-restarts", Severity: finding.Error,
		What:     fmt.Sprintf("The kubelet restarts the proxy in pod %s, because its %s probe fails: %s so far.", p.Name, strings.ToLower(word), counted(int(status.RestartCount), "restart")),
		Evidence: quote("event Killing", killed.Message),
		Fix:      []finding.Step{kubectlIn(p.Namespace, "logs", p.Name, "-c", status.Name, "--previous")},
	}
	if e != nil {
		f.Evidence = append(quote("event Unhealthy", e.Message), f.Evidence...)
		if hasAny(e.Message, "context deadline exceeded", "Client.Timeout") {
			f.Cause = "The proxy answers too late: it may lack CPU."
		}
	}
	f.Evidence = append(f.Evidence, quote("last run of container "+status.Name, shownEnd(end))...)
	if status.Ready {
		f.Severity = finding.Warning
	}
	return symptom, f, true
}

// settled reports whether a container has run in peace for ten minutes since an event.
func (c *checker) settled(status *corev1.ContainerStatus, e *snapshot.Event) bool {
	return status.Ready && status.State.Running != nil && c.Now.Sub(status.State.Running.StartedAt.Time) > 10*time.Minute && e.Last.Before(status.State.Running.StartedAt.Time)
}

func (c *checker) crashLoop(s *subject, p *snapshot.Pod, status *corev1.ContainerStatus) (part, finding.Finding, bool) {
	end := ended(status)
	running := status.State.Running != nil
	if end == nil || !waitingFor(status, "CrashLoopBackOff") && (running || status.RestartCount == 0) || s.RunsToEnd() && end.ExitCode == 0 {
		return 0, finding.Finding{}, false
	}
	f := finding.Finding{
		ID: "crash-loop", Severity: worse(s),
		What:     fmt.Sprintf("The proxy in pod %s ends again and again, with exit code %d: %s so far.", p.Name, end.ExitCode, counted(int(status.RestartCount), "restart")),
		Evidence: quote("last run of container "+status.Name, shownEnd(end)),
		Cause:    exitMeaning(s.Spec.Engine, end.ExitCode),
		Fix:      []finding.Step{kubectlIn(p.Namespace, "logs", p.Name, "-c", status.Name, "--previous")},
		Retry:    "The kubelet starts it again by itself, after five minutes at most.",
	}
	if line := lastWords(s, p); line != "" {
		f.Evidence = append(f.Evidence, quote("log of pod/"+p.Name+", run before", line)...)
	}
	return symptom, f, true
}

// exitMeaning is what the exit code of a proxy says, in words.
func exitMeaning(e proxy.Engine, code int32) string {
	switch {
	case code == 137:
		return "It was killed: by the kubelet, when it did not end in time, or by the node, which lacked memory."
	case code == 128:
		return "The program could not be started: it is not in the image."
	case e == proxy.V1 && code == 0:
		return "Exit code 0 of v1 is that of SIGTERM, and of an endpoint (-host) without a slash at its end, for which it prints its help."
	case e == proxy.V1 && code == 2:
		return "Exit code 2 of v1 is that of a flag that it does not know, and of connections that were open when it ended."
	case code == 143 || code == 0:
		return "Somebody asked it to end, by SIGTERM or /quitquitquit."
	case code == 1:
		return "Exit code 1 is that of a fault in what it is told, or at its start; its log says which."
	}
	return ""
}

// lastWords is the line of the log of the run before that says why it ended.
func lastWords(s *subject, p *snapshot.Pod) string {
	for _, l := range s.podLogs() {
		if l.Pod != p.Name || !l.Previous {
			continue
		}
		last := ""
		for _, said := range l.lines {
			if hasAny(said.message, "terminal error", "flag provided but not defined", "errors parsing config", "panic:") {
				return said.message
			}
			last = said.message
		}
		return last
	}
	return ""
}
