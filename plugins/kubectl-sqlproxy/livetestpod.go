package main

import (
	"crypto/rand"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// testLabel marks throw-away pods: app.kubernetes.io/component.
const testLabel = "sqlproxy-connection-test"

// testPorts is the first port of a throw-away proxy: with hostNetwork it must not meet
// the real one's.
const testPorts = 21306

// testPod is a pod that starts a proxy as its workload does, tries all instances, and
// serves nobody: it has labels of its own, so that no Service, budget or policy selects
// it. Where there can be none, the reason is said.
func testPod(p *snapshot.Proxy) (*corev1.Pod, string) {
	spec, reason := testSpec(p)
	if reason != "" {
		return nil, reason
	}
	args, env, _ := proxy.Render(spec)
	c := p.Container.DeepCopy()
	c.Args, c.Command = args, c.Command[:min(len(c.Command), 1)]
	c.Env = testEnv(c.Env, env)
	c.Ports, c.StartupProbe, c.LivenessProbe, c.ReadinessProbe, c.Lifecycle, c.RestartPolicy = nil, nil, nil, nil, nil, nil
	pod := &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Namespace, Name: p.Name[:min(len(p.Name), 40)] + "-test-" + strings.ToLower(rand.Text()[:6]),
			Labels:      map[string]string{"app.kubernetes.io/managed-by": "kubectl-sqlproxy", "app.kubernetes.io/component": testLabel},
			Annotations: p.Template.Annotations,
		},
		Spec: *p.Template.Spec.DeepCopy(),
	}
	if p.Meta.UID != "" { // so that it goes with its workload at the latest
		pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: p.APIVersion, Kind: p.Kind, Name: p.Name, UID: p.Meta.UID}}
	}
	s := &pod.Spec
	s.Containers, s.InitContainers, s.EphemeralContainers = []corev1.Container{*c}, nil, nil
	s.RestartPolicy = corev1.RestartPolicyNever
	s.NodeName, s.Hostname, s.Subdomain = "", "", ""
	s.TopologySpreadConstraints = nil // of other pods' labels
	if s.Affinity != nil {
		s.Affinity = &corev1.Affinity{NodeAffinity: s.Affinity.NodeAffinity}
	}
	s.TerminationGracePeriodSeconds = new(int64(1))
	s.ActiveDeadlineSeconds = new(int64(2 * testPatience.Seconds())) // should nobody delete it
	return pod, ""
}

// testSpec is what the proxy is told, with the test, on other ports, and without servers
// of its own.
func testSpec(p *snapshot.Proxy) (proxy.Spec, string) {
	spec := p.Spec
	since := proxy.Version{Major: 2, Minor: 4}
	if spec.Engine == proxy.AlloyDB {
		since = proxy.Version{Major: 1, Minor: 3}
	}
	switch {
	case spec.Engine == proxy.V1:
		return spec, "the first version of the proxy has no connection test"
	case spec.Version.Before(since):
		return spec, "the proxy has a connection test since " + since.String() + ", and this is " + spec.Version.String()
	case len(spec.Instances) == 0:
		return spec, "it is not known which instances it has"
	}
	spec.Instances = slices.Clone(spec.Instances)
	for _, l := range p.Listeners() {
		if l.Role == proxy.RoleDatabase && l.Network != "unix" {
			i := &spec.Instances[l.Instance]
			i.Address, i.Port = proxy.Some("127.0.0.1"), proxy.Some(testPorts+l.Instance)
		}
	}
	spec.HTTP, spec.Admin, spec.Shutdown = proxy.HTTP{}, proxy.Admin{}, proxy.Shutdown{}
	spec.Logs.Quiet = false
	spec.RunConnectionTest = true
	return spec, ""
}

// testEnv is a container's environment without what the Spec has of it, which may say
// ports, and with what the Spec renders to. What is set from Secrets stays.
func testEnv(env []corev1.EnvVar, rendered []proxy.Variable) []corev1.EnvVar {
	kept := slices.DeleteFunc(slices.Clone(env), func(e corev1.EnvVar) bool {
		own := strings.HasPrefix(e.Name, "CSQL_PROXY_") || strings.HasPrefix(e.Name, "ALLOYDB_PROXY_")
		return own && (e.ValueFrom == nil || e.ValueFrom.ConfigMapKeyRef != nil)
	})
	for _, v := range rendered {
		at := slices.IndexFunc(kept, func(e corev1.EnvVar) bool { return e.Name == v.Name })
		switch {
		case at < 0:
			kept = append(kept, corev1.EnvVar{Name: v.Name, Value: string(v.Value)})
		case kept[at].ValueFrom == nil:
			kept[at].Value = string(v.Value)
		}
	}
	return kept
}
