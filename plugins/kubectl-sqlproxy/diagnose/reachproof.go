package diagnose

import (
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// proven is how long a container has to run in peace until its liveness probe passes for
// sure.
const proven = 10 * time.Minute

// disproved reports whether a pod of the same command line and probe is well: then the
// probe passes, whatever one thinks of it. An image of one's own may answer elsewhere.
func (c *checker) disproved(s *subject, p namedProbe) bool {
	for _, pod := range s.livePods() {
		status := containerStatus(pod, s.Container.Name)
		if status == nil || !status.Ready || status.State.Running == nil {
			continue
		}
		if p.Probe == s.Container.LivenessProbe && (status.RestartCount > 0 || c.Now.Sub(status.State.Running.StartedAt.Time) < proven) {
			continue
		}
		if runs := containerOf(&pod.Value.Spec, s.Container.Name); runs != nil && sameStart(runs, s.Container) &&
			reflect.DeepEqual(probeOf(runs, p.field), p.Probe) {
			return true
		}
	}
	return false
}

func containerOf(spec *corev1.PodSpec, name string) *corev1.Container {
	for _, all := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range all {
			if all[i].Name == name {
				return &all[i]
			}
		}
	}
	return nil
}

func sameStart(a, b *corev1.Container) bool {
	return a.Image == b.Image && reflect.DeepEqual(a.Command, b.Command) && reflect.DeepEqual(a.Args, b.Args) && reflect.DeepEqual(a.Env, b.Env)
}

func probeOf(container *corev1.Container, field string) *corev1.Probe {
	for _, p := range probesOf(container) {
		if p.field == field {
			return p.Probe
		}
	}
	return nil
}
