package manifest

import (
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// addDeployment adds the pods, and how they are replaced: a new one is ready before an
// old one goes.
func (p *plan) addDeployment() {
	d := &appsv1.Deployment{
		TypeMeta: typeOf("apps/v1", "Deployment"), ObjectMeta: p.meta(p.Name),
		Spec: appsv1.DeploymentSpec{
			Replicas: new(p.Replicas),
			Selector: p.labelSelector(),
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: new(intstr.FromInt32(0)), MaxSurge: new(intstr.FromInt32(1))}},
			MinReadySeconds:         10,
			RevisionHistoryLimit:    new(int32(5)),
			ProgressDeadlineSeconds: new(int32(120)),
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: p.podLabels(), Annotations: p.podAnnotations()},
				Spec:       p.pod(),
			},
		},
	}
	if p.HPA {
		d.Spec.Replicas = nil // else each apply would undo what the autoscaler did
	}
	p.add(d.TypeMeta, d.Name, d)
}

func (p *plan) podLabels() map[string]string {
	labels := p.names()
	maps.Copy(labels, p.selector())
	return labels
}

func (p *plan) podAnnotations() map[string]string {
	annotations := map[string]string{
		"kubectl.kubernetes.io/default-container":        containerName,
		"cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
	}
	if sum := p.checksum(); sum != "" {
		annotations["sqlproxy.kubechores.io/credentials-sha256"] = sum
	}
	return annotations
}

func (p *plan) pod() corev1.PodSpec {
	spec := corev1.PodSpec{
		ServiceAccountName: p.account(),
		// Nothing in the pod talks to the API server; Workload Identity asks the node.
		AutomountServiceAccountToken: new(false),
		// A Service called csql-proxy would set CSQL_PROXY_PORT, which the proxy reads.
		EnableServiceLinks:            new(false),
		TerminationGracePeriodSeconds: new(p.grace()),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: new(true), RunAsUser: new(int64(nobody)), RunAsGroup: new(int64(nobody)), FSGroup: new(int64(nobody)),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Affinity:                  p.affinity(),
		TopologySpreadConstraints: p.spread(),
		Containers:                []corev1.Container{p.container()},
	}
	if secret := p.credentials(); secret.Name != "" {
		spec.Volumes = []corev1.Volume{{Name: "credentials", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
			SecretName: secret.Name, DefaultMode: new(int32(0o440)),
			Items: []corev1.KeyToPath{{Key: secret.Key, Path: secret.Key}},
		}}}}
	}
	if p.Preemptible {
		// What node pools of machines that may die are tainted with, by custom.
		for _, key := range []string{"gke-preemptible", "cloud.google.com/gke-preemptible", "cloud.google.com/gke-spot"} {
			spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Key: key, Operator: corev1.TolerationOpEqual, Value: "true", Effect: corev1.TaintEffectNoSchedule})
		}
	}
	return spec
}

// spread keeps the pods on nodes apart, of each revision by itself: the one more that a
// rollout needs then has room on as many nodes as there are pods. Servers that cannot
// tell revisions apart only prefer nodes apart (see affinity), as a rollout would wait
// forever otherwise.
func (p *plan) spread() []corev1.TopologySpreadConstraint {
	zone := corev1.TopologySpreadConstraint{MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: p.labelSelector()}
	if !p.Server.has(matchLabelKeysSince) {
		return []corev1.TopologySpreadConstraint{zone}
	}
	host := zone
	host.TopologyKey, host.WhenUnsatisfiable = corev1.LabelHostname, corev1.DoNotSchedule
	zone.MatchLabelKeys = []string{"pod-template-hash"}
	host.MatchLabelKeys = zone.MatchLabelKeys
	return []corev1.TopologySpreadConstraint{host, zone}
}

// affinity prefers nodes that stay.
func (p *plan) affinity() *corev1.Affinity {
	stays := func(key string) corev1.NodeSelectorRequirement {
		return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpDoesNotExist}
	}
	a := &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{Weight: 100, Preference: corev1.NodeSelectorTerm{
			MatchExpressions: []corev1.NodeSelectorRequirement{stays("cloud.google.com/gke-preemptible"), stays("cloud.google.com/gke-spot")},
		}}},
	}}
	if !p.Server.has(matchLabelKeysSince) {
		a.PodAntiAffinity = &corev1.PodAntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
			Weight: 100, PodAffinityTerm: corev1.PodAffinityTerm{TopologyKey: corev1.LabelHostname, LabelSelector: p.labelSelector()},
		}}}
	}
	return a
}
