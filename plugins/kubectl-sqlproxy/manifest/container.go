package manifest

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// What a proxy takes, in bytes: measured with v2.25.3, a connection with some to spare.
const (
	idleMemory       = 32 << 20
	connectionMemory = (1 << 20) / 10
	memoryStep       = 64 << 20
	leastRequest     = 64 << 20
)

func (p *plan) container() corev1.Container {
	box := corev1.Container{
		Name: containerName, Image: p.Image, Args: p.args,
		Resources: p.resources(),
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true), RunAsNonRoot: new(true),
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
	if p.Engine == proxy.V1 {
		box.Command = []string{"/cloud_sql_proxy"} // its image has no entry point
	}
	for _, s := range p.served {
		box.Ports = append(box.Ports, corev1.ContainerPort{Name: s.portName, ContainerPort: int32(s.port), Protocol: corev1.ProtocolTCP})
	}
	if p.spec.HTTP.HealthCheck {
		box.Ports = append(box.Ports, corev1.ContainerPort{Name: httpPortName, ContainerPort: httpPort, Protocol: corev1.ProtocolTCP})
	}
	p.addProbes(&box)
	if secret := p.credentials(); secret.Name != "" {
		box.VolumeMounts = []corev1.VolumeMount{{Name: "credentials", MountPath: keyDirectory, ReadOnly: true}}
	}
	if p.drain > 0 {
		box.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: p.drain}}}
	}
	return box
}

// addProbes asks the health server where there is one that does not ask the databases:
// if it did, one database's maintenance would take all others away.
func (p *plan) addProbes(box *corev1.Container) {
	listens := corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString(p.served[0].portName)}}
	handler := func(path string) corev1.ProbeHandler {
		if !p.spec.HTTP.HealthCheck {
			return listens
		}
		return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString(httpPortName)}}
	}
	box.StartupProbe = &corev1.Probe{ProbeHandler: handler("/startup"), PeriodSeconds: 1, FailureThreshold: 60}
	box.LivenessProbe = &corev1.Probe{ProbeHandler: handler("/liveness"), PeriodSeconds: 10, FailureThreshold: 3}
	if p.Engine == proxy.V1 && p.spec.HTTP.HealthCheck {
		box.LivenessProbe.FailureThreshold = 30 // it fails while certificates cannot be had, which a restart does not cure
	}
	box.ReadinessProbe = &corev1.Probe{ProbeHandler: handler("/readiness"), PeriodSeconds: 5, FailureThreshold: 2}
	if p.readinessDials() {
		// Each time the proxy dials the database for the probe, too, so not so often.
		box.ReadinessProbe = &corev1.Probe{ProbeHandler: listens, PeriodSeconds: 10, FailureThreshold: 2}
	}
}

// readinessDials reports whether the version's /readiness fails when one database
// cannot be reached: cloud-sql-proxy#2207, alloydb-auth-proxy#641.
func (p *plan) readinessDials() bool {
	switch p.Engine {
	case proxy.V1:
		return true
	case proxy.AlloyDB:
		return p.Version.Before(proxy.Version{Major: 1, Minor: 10})
	}
	return p.Version.Before(proxy.Version{Major: 2, Minor: 11, Patch: 1})
}

// resources has no limit of CPU, which would make clients wait.
func (p *plan) resources() corev1.ResourceRequirements {
	limit := p.memoryLimit()
	request := resource.MustParse("64Mi")
	if limit.Cmp(request) < 0 {
		request = limit
	}
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: request},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: limit},
	}
}

func (p *plan) memoryLimit() resource.Quantity {
	if p.Memory != "" {
		return resource.MustParse(p.Memory) // check has read it
	}
	limit := resource.MustParse(defaultMemory)
	if needed := p.memoryNeeded(); needed > limit.Value() {
		needed = (needed + memoryStep - 1) / memoryStep * memoryStep
		limit = *resource.NewQuantity(needed, resource.BinarySI)
	}
	return limit
}

// memoryNeeded is what a pod takes with all connections that it may have, in bytes.
func (p *plan) memoryNeeded() int64 {
	return idleMemory + int64(min(p.MaxConnections, maxConnections))*connectionMemory
}

// maxConnections is more than any pod has ports for.
const maxConnections = 1 << 20
