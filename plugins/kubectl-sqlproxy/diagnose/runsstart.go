package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// unschedulable is what the scheduler says of a pod for which there is no node; "" for
// others.
func unschedulable(p *snapshot.Pod) string {
	for _, condition := range p.Value.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse && condition.Reason == corev1.PodReasonUnschedulable {
			return condition.Message
		}
	}
	return ""
}

func (c *checker) notScheduled(s *subject, p *snapshot.Pod, message string) (part, finding.Finding, bool) {
	f := finding.Finding{
		ID: "not-scheduled", Severity: worse(s),
		What:     fmt.Sprintf("The scheduler finds no node for pod %s.", p.Name),
		Evidence: quote("condition PodScheduled", message),
		Retry:    "The scheduler tries again by itself, when nodes or pods change.",
	}
	for _, hint := range []struct{ sign, cause, fix string }{
		{"anti-affinity", "Its anti-affinity keeps it off nodes that have one of its kind.", "Add a node, or replace the required anti-affinity by a topologySpreadConstraint with matchLabelKeys: [pod-template-hash]."},
		{"topology spread", "Its spread constraint keeps it off nodes that have more of its kind than others.", "Add a node, or have whenUnsatisfiable: ScheduleAnyway; matchLabelKeys: [pod-template-hash] counts the pods of one version only."},
		{"node affinity/selector", "No node has the labels that its nodeSelector or nodeAffinity asks for.", "Have these labels on nodes, or leave them out of the pod template."},
		{"Insufficient", "No node has as much free as it requests.", "Lower the requests: 50m of CPU and 64Mi are enough for most; or add a node."},
		{"untolerated taint", "The nodes have taints that the pods do not tolerate.", "Add a node without taints, or a toleration that is on purpose."},
		{"volume", "A volume of it is not there, or elsewhere.", "See to the volume that the message names."},
	} {
		if strings.Contains(message, hint.sign) {
			f.Cause, f.Fix = hint.cause, []finding.Step{do(hint.fix)}
			break
		}
	}
	f.Fix = append(f.Fix, kubectlIn(p.Namespace, "describe", "pod", p.Name))
	return symptom, f, !c.young(p)
}

func (c *checker) imagePull(s *subject, p *snapshot.Pod, status *corev1.ContainerStatus) (part, finding.Finding, bool) {
	if !waitingFor(status, "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable") {
		return 0, finding.Finding{}, false
	}
	f := finding.Finding{
		ID: "image-pull", Severity: worse(s),
		What:     fmt.Sprintf("The node of pod %s cannot pull the image %s.", p.Name, s.Container.Image),
		Evidence: quote("state.waiting", status.State.Waiting.Reason+": "+status.State.Waiting.Message),
		Retry:    "The kubelet tries again by itself, after five minutes at most.",
	}
	message := status.State.Waiting.Message
	if e := c.lastEvent("Pod", p.Namespace, p.Name, "Failed", "Failed to pull"); e != nil {
		f.Evidence = append(f.Evidence, quote("event Failed", e.Message)...)
		message = e.Message
	}
	switch {
	case hasAny(message, "not found", "manifest unknown", "NotFound", "InvalidImageName", "couldn't parse image"):
		f.Fix = []finding.Step{do("Name an image and a tag that exist.")}
	case hasAny(message, "unauthorized", "denied", "Forbidden", "403", "401"):
		f.Fix = []finding.Step{do("Let the node's service account read the registry, or give the pods an imagePullSecret.")}
	case hasAny(message, "no such host", "timeout", "connection refused", "i/o timeout"):
		f.Fix = []finding.Step{do("Let the nodes reach the registry; private nodes need a way out, or a mirror.")}
	default:
		f.Fix = []finding.Step{kubectlIn(p.Namespace, "describe", "pod", p.Name)}
	}
	return blocks, f, true
}

func hasAny(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// startError is for containers that the runtime, or the kubelet before it, does not start.
func (c *checker) startError(s *subject, p *snapshot.Pod, status *corev1.ContainerStatus) (part, finding.Finding, bool) {
	text := ""
	end := ended(status)
	switch {
	case waitingFor(status, "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "PostStartHookError"):
		text = status.State.Waiting.Reason + ": " + status.State.Waiting.Message
	case end != nil && (end.Reason == "StartError" || end.Reason == "ContainerCannotRun") && status.State.Running == nil:
		text = fmt.Sprintf("%s, exit code %d: %s", end.Reason, end.ExitCode, end.Message)
	default:
		return 0, finding.Finding{}, false
	}
	f := finding.Finding{
		ID: "start-error", Severity: worse(s),
		What:     fmt.Sprintf("The container of the proxy cannot be started in pod %s.", p.Name),
		Evidence: quote("status of container "+status.Name, text),
		Fix:      []finding.Step{kubectlIn(p.Namespace, "describe", "pod", p.Name)},
	}
	switch {
	case hasAny(text, "no such file or directory", "executable file not found"):
		f.Cause = "The program that the container is to run is not in its image: v1's is /cloud_sql_proxy, v2's /cloud-sql-proxy."
		f.Fix = []finding.Step{do("Of v2, leave command out: the image knows its program. Of v1, have /cloud_sql_proxy be the first word of command.")}
	case strings.Contains(text, "runAsNonRoot"):
		f.Cause = "The image does not say by a number that it runs as another user than root; v1's does since 1.18."
		f.Fix = []finding.Step{do("Add runAsUser: 65532 to the securityContext.")}
	}
	return symptom, f, true
}

// containerCreating is for pods that have a node and wait there, most often for a volume.
func (c *checker) containerCreating(s *subject, p *snapshot.Pod, status *corev1.ContainerStatus) (part, finding.Finding, bool) {
	if !waitingFor(status, "ContainerCreating") || c.young(p) {
		return 0, finding.Finding{}, false
	}
	f := finding.Finding{
		ID: "container-creating", Severity: worse(s),
		What:     fmt.Sprintf("Pod %s has a node, but its containers are not created.", p.Name),
		Evidence: quote("state.waiting", status.State.Waiting.Reason),
		Fix:      []finding.Step{kubectlIn(p.Namespace, "describe", "pod", p.Name)},
		Retry:    "The kubelet tries again by itself, within two minutes.",
	}
	for _, reason := range []string{"FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"} {
		if e := c.lastEvent("Pod", p.Namespace, p.Name, reason, ""); e != nil {
			f.Evidence = append(f.Evidence, quote("event "+reason, e.Message)...)
			f.What = fmt.Sprintf("Pod %s waits for a volume that cannot be mounted.", p.Name)
			if reason == "FailedCreatePodSandBox" {
				f.What = fmt.Sprintf("Pod %s waits for its network, which cannot be made.", p.Name)
			}
			return symptom, f, s.Shared || mounts(s.Container, e.Message)
		}
	}
	return symptom, f, s.Shared
}

// mounts reports whether a message names a volume of a container: what else a sidecar's
// pod waits for is not the proxy's matter.
func mounts(container *corev1.Container, message string) bool {
	return slices.ContainsFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool { return strings.Contains(message, `"`+m.Name+`"`) })
}
