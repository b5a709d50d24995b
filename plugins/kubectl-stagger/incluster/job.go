package incluster

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// nobody is the user that the container runs as, whatever its image says.
const nobody = 65532

// Objects returns the objects, in the order in which they are to be applied. The
// error says all that is wrong with the config.
func Objects(c Config) ([]runtime.Object, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	cron, err := schedule(c.Every)
	if err != nil {
		return nil, err
	}
	return append(c.rights(), c.cronJob(cron)), nil
}

// meta names an object; "" is for those of no namespace.
func (c Config) meta(namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: c.Name, Namespace: namespace, Labels: c.labels()}
}

func (c Config) labels() map[string]string {
	return map[string]string{"app.kubernetes.io/name": "kubectl-stagger", "app.kubernetes.io/instance": c.Name}
}

func (c Config) cronJob(cron string) *batchv1.CronJob {
	return &batchv1.CronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: batchv1.SchemeGroupVersion.String(), Kind: "CronJob"},
		ObjectMeta: c.meta(c.Namespace),
		Spec: batchv1.CronJobSpec{
			Schedule: cron,
			// A run lasts about as long as the time to the next, so that the next often has
			// to wait for it; that is no reason to leave it out.
			ConcurrencyPolicy:          batchv1.ForbidConcurrent,
			StartingDeadlineSeconds:    new(int64(c.Every / time.Second)),
			SuccessfulJobsHistoryLimit: new(int32(2)),
			FailedJobsHistoryLimit:     new(int32(3)),
			JobTemplate: batchv1.JobTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: c.labels()},
				Spec: batchv1.JobSpec{
					BackoffLimit:          new(int32(0)), // the next run goes on where this one ended
					ActiveDeadlineSeconds: new(int64((c.Every + c.Slack) / time.Second)),
					Template:              c.pod(),
				},
			},
		},
	}
}

func (c Config) pod() corev1.PodTemplateSpec {
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: c.labels(), Annotations: map[string]string{
			"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", // not in the middle of a drain
		}},
		Spec: corev1.PodSpec{
			ServiceAccountName:           c.Name,
			AutomountServiceAccountToken: new(true),
			RestartPolicy:                corev1.RestartPolicyNever,
			// After SIGTERM a run leaves its node as it was found.
			TerminationGracePeriodSeconds: new(int64(60)),
			NodeSelector:                  map[string]string{corev1.LabelOSStable: "linux"},
			Affinity:                      c.elsewhere(),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), RunAsUser: new(int64(nobody)), RunAsGroup: new(int64(nobody)),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{c.container()},
		},
	}
	if c.Via == ViaKarpenter {
		template.Annotations["karpenter.sh/do-not-disrupt"] = "true"
	}
	if c.writes() {
		template.Spec.Volumes = []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	}
	return template
}

// elsewhere keeps the job off the nodes that it drains. Nodes without such a label
// are no nodes of the pool.
func (c Config) elsewhere() *corev1.Affinity {
	if len(c.PoolLabels) == 0 {
		return nil
	}
	var term corev1.NodeSelectorTerm
	for _, label := range c.PoolLabels {
		term.MatchExpressions = append(term.MatchExpressions,
			corev1.NodeSelectorRequirement{Key: label, Operator: corev1.NodeSelectorOpNotIn, Values: []string{c.Pool}})
	}
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}},
	}}
}

func (c Config) container() corev1.Container {
	box := corev1.Container{
		Name: "stagger", Image: c.Image,
		Command: []string{"kubectl-stagger"},
		Args:    append([]string{"nodepool", c.Pool, "--once", "--yes", "--for=" + minutes(c.Every)}, c.Args...),
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("20m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
			Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")},
		},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true), RunAsNonRoot: new(true),
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
	if c.writes() {
		box.Env = []corev1.EnvVar{{Name: "HOME", Value: "/tmp"}}
		box.VolumeMounts = []corev1.VolumeMount{{Name: "tmp", MountPath: "/tmp"}}
	}
	return box
}

// writes reports whether the container has to write files: gcloud keeps some, and a
// command of the user's may.
func (c Config) writes() bool { return c.Via == ViaGcloud || c.Via == ViaExec }
