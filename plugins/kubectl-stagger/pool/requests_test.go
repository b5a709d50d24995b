package pool

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func list(cpu, memory string) corev1.ResourceList {
	l := corev1.ResourceList{}
	if cpu != "" {
		l[corev1.ResourceCPU] = resource.MustParse(cpu)
	}
	if memory != "" {
		l[corev1.ResourceMemory] = resource.MustParse(memory)
	}
	return l
}

func needing(cpu, memory string) corev1.Container {
	return corev1.Container{Resources: corev1.ResourceRequirements{Requests: list(cpu, memory)}}
}

func sidecar(cpu, memory string) corev1.Container {
	c := needing(cpu, memory)
	c.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
	return c
}

func TestRequests(t *testing.T) {
	type containers = []corev1.Container
	for name, tc := range map[string]struct {
		spec corev1.PodSpec
		want Resources
	}{
		"nothing":    {corev1.PodSpec{Containers: containers{{}}}, Resources{0, 0, 1}},
		"a sum":      {corev1.PodSpec{Containers: containers{needing("100m", "1Ki"), needing("1", ""), needing("1m", "1M")}}, Resources{1101, 1001024, 1}},
		"init less":  {corev1.PodSpec{Containers: containers{needing("200m", "2k")}, InitContainers: containers{needing("100m", "1k"), needing("150m", "1k")}}, Resources{200, 2000, 1}},
		"init more":  {corev1.PodSpec{Containers: containers{needing("200m", "2k")}, InitContainers: containers{needing("300m", "1k"), needing("100m", "5k")}}, Resources{300, 5000, 1}},
		"a sidecar":  {corev1.PodSpec{Containers: containers{needing("200m", "2k")}, InitContainers: containers{sidecar("50m", "1k")}}, Resources{250, 3000, 1}},
		"before one": {corev1.PodSpec{Containers: containers{needing("10m", "")}, InitContainers: containers{needing("300m", ""), sidecar("50m", "")}}, Resources{300, 0, 1}},
		"after one":  {corev1.PodSpec{Containers: containers{needing("10m", "")}, InitContainers: containers{sidecar("50m", ""), needing("300m", "")}}, Resources{350, 0, 1}},
		"overhead":   {corev1.PodSpec{Containers: containers{needing("10m", "1k")}, Overhead: list("5m", "2k")}, Resources{15, 3000, 1}},
		"of the pod": {corev1.PodSpec{Containers: containers{needing("10m", "1k")}, Resources: &corev1.ResourceRequirements{Requests: list("500m", "")}}, Resources{500, 1000, 1}},
	} {
		if got := requestsOf(&tc.spec); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
