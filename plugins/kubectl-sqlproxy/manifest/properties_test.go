package manifest

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/netpolicy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// each runs a test on the objects of each scenario.
func each(t *testing.T, run func(t *testing.T, c Config, set *Set)) {
	t.Helper()
	t.Parallel()
	all := append(scenarios(t), scenario{"key-file", Config{Name: "sql-proxy", Namespace: "databases", Instances: []Instance{database("shop:europe-west1:orders", Postgres, 5432)},
		Identity: Identity{Key: keyOf(t, "sql-proxy@shop.iam.gserviceaccount.com")}}})
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			set, err := Build(s.config)
			if err != nil {
				t.Fatal(err)
			}
			run(t, s.config, set)
		})
	}
}

// only is the one object of a type.
func only[T any](t *testing.T, set *Set) *T {
	t.Helper()
	found := every[T](set)
	if len(found) != 1 {
		t.Fatalf("%d objects are %T, want 1", len(found), *new(T))
	}
	return found[0]
}

func every[T any](set *Set) []*T {
	var found []*T
	for _, o := range set.Objects {
		if v, ok := o.Value.(*T); ok {
			found = append(found, v)
		}
	}
	return found
}

// What is printed is what the types say: read strictly it is the same objects, and says
// nothing of times and states that nobody set.
func TestPrinted(t *testing.T) {
	each(t, func(t *testing.T, c Config, set *Set) {
		text, err := set.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Build(c)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.YAML(); err != nil || !bytes.Equal(text, second) {
			t.Errorf("made again it is not the same, %v", err)
		}
		for _, bad := range []string{"null", "status", "creationTimestamp", "generateName"} {
			if strings.Contains(string(text), bad) {
				t.Errorf("it says %s", bad)
			}
		}
		documents := strings.Split(string(text), "---\n")[1:]
		if len(documents) != len(set.Objects) {
			t.Fatalf("%d documents of %d objects", len(documents), len(set.Objects))
		}
		for i, o := range set.Objects {
			value := reflect.New(reflect.TypeOf(o.Value).Elem()).Interface()
			if err := yaml.UnmarshalStrict([]byte(documents[i]), value); err != nil {
				t.Errorf("%s: %v", o.Kind, err)
			}
			var head struct {
				metav1.TypeMeta `json:",inline"`
				Metadata        metav1.ObjectMeta `json:"metadata"`
			}
			if err := yaml.Unmarshal([]byte(documents[i]), &head); err != nil {
				t.Fatal(err)
			}
			if head.Kind != o.Kind || head.APIVersion != o.APIVersion || head.Metadata.Name != o.Name || head.Metadata.Namespace != o.Namespace || o.Namespace != c.Namespace {
				t.Errorf("%+v is printed as\n%s", o, documents[i][:min(300, len(documents[i]))])
			}
			if fields, err := o.Fields(); err != nil || fields["kind"] != o.Kind {
				t.Errorf("%v, %v", fields["kind"], err)
			}
		}
	})
}

// What the proxy is told can be read again, is the same, and has no fault.
func TestCommandLine(t *testing.T) {
	each(t, func(t *testing.T, c Config, set *Set) {
		p := newPlan(c)
		p.check()
		got, problems := proxy.Parse(p.Program, p.args, nil)
		if len(problems) > 0 || !reflect.DeepEqual(got, p.spec) {
			t.Errorf("%q: %v\n%+v, want\n%+v", p.args, problems, got, p.spec)
		}
		if problems := proxy.Validate(p.spec); len(problems) > 0 {
			t.Errorf("%v", problems)
		}
		// As check will see it, image and program included.
		box := only[appsv1.Deployment](t, set).Spec.Template.Spec.Containers[0]
		spec, problems, ok := proxy.ParseContainer(proxy.Container{Image: box.Image, Command: box.Command, Args: box.Args})
		if !ok || len(problems) > 0 || !reflect.DeepEqual(spec, p.spec) {
			t.Errorf("%v %v\n%+v, want\n%+v", ok, problems, spec, p.spec)
		}
		for _, l := range spec.Listeners(nil) {
			if l.Loopback() {
				t.Errorf("%+v is heard in the pod only", l)
			}
			if !slices.ContainsFunc(box.Ports, func(p corev1.ContainerPort) bool { return int(p.ContainerPort) == l.Port }) {
				t.Errorf("%+v has no port of the container", l)
			}
		}
		if grace, needed := *only[appsv1.Deployment](t, set).Spec.Template.Spec.TerminationGracePeriodSeconds, p.drain+int64((spec.Shutdown.MinDelay+spec.Shutdown.MaxDelay).Seconds()); grace < needed+5 {
			t.Errorf("it gets %d s to end and needs %d", grace, needed)
		}
	})
}

// What selects the pods selects them, and what names their ports names them.
func TestWiring(t *testing.T) {
	each(t, func(t *testing.T, c Config, set *Set) {
		d := only[appsv1.Deployment](t, set)
		template := d.Spec.Template
		box := template.Spec.Containers[0]
		selects := func(what string, s *metav1.LabelSelector) {
			selector, err := metav1.LabelSelectorAsSelector(s)
			if err != nil || selector.Empty() || !selector.Matches(labels.Set(template.Labels)) {
				t.Errorf("the selector of %s, %v, is not of the pods: %v, %v", what, s, template.Labels, err)
			}
		}
		named := map[string]int32{}
		for _, port := range box.Ports {
			if bad := validation.IsValidPortName(port.Name); len(bad) > 0 || named[port.Name] != 0 {
				t.Errorf("port %s: %v", port.Name, bad)
			}
			named[port.Name] = port.ContainerPort
			if port.ContainerPort < 1024 || port.HostPort != 0 {
				t.Errorf("port %d, of the node %d", port.ContainerPort, port.HostPort)
			}
		}
		reached := 0
		for _, s := range every[corev1.Service](set) {
			selects("the Service "+s.Name, &metav1.LabelSelector{MatchLabels: s.Spec.Selector})
			if len(validation.IsDNS1035Label(s.Name)) > 0 {
				t.Errorf("the Service is called %s", s.Name)
			}
			for _, port := range s.Spec.Ports {
				target := port.TargetPort
				if named[target.StrVal] == 0 && !slices.Contains(slices.Collect(maps.Values(named)), target.IntVal) || port.Name == "" || *port.AppProtocol != "tcp" {
					t.Errorf("%+v goes to no port of %v", port, named)
				}
				reached++
			}
		}
		if reached != len(c.Instances) {
			t.Errorf("%d of %d instances have a Service", reached, len(c.Instances))
		}
		selects("the Deployment", d.Spec.Selector)
		selects("the policy", &only[netpolicy.NetworkPolicy](t, set).Spec.PodSelector)
		for _, s := range template.Spec.TopologySpreadConstraints {
			selects("the spread", s.LabelSelector)
		}
		for _, b := range every[policyv1.PodDisruptionBudget](set) {
			selects("the budget", b.Spec.Selector)
		}
		for _, h := range every[autoscalingv2.HorizontalPodAutoscaler](set) {
			if d.Spec.Replicas != nil || *h.Spec.MinReplicas < 2 || h.Spec.ScaleTargetRef.Name != d.Name {
				t.Errorf("%+v, and the Deployment has %v replicas", h.Spec, d.Spec.Replicas)
			}
		}
		if strategy := d.Spec.Strategy.RollingUpdate; strategy.MaxUnavailable.IntVal != 0 || strategy.MaxSurge.IntVal != 1 {
			t.Errorf("%+v", strategy)
		}
		if !box.Resources.Limits.Cpu().IsZero() || box.Resources.Limits.Memory().Cmp(*box.Resources.Requests.Memory()) < 0 {
			t.Errorf("%+v", box.Resources)
		}
	})
}

// The pods pass Kubernetes' Pod Security level "restricted" (its page Pod Security
// Standards), by the rules that they could break.
func TestRestricted(t *testing.T) {
	each(t, func(t *testing.T, _ Config, set *Set) {
		for _, complaint := range unrestricted(only[appsv1.Deployment](t, set).Spec.Template.Spec) {
			t.Error(complaint)
		}
	})
}

func unrestricted(pod corev1.PodSpec) (complaints []string) {
	complain := func(when bool, what string) {
		if when {
			complaints = append(complaints, what)
		}
	}
	complain(pod.HostNetwork || pod.HostPID || pod.HostIPC, "it shares the node's namespaces")
	for _, v := range pod.Volumes {
		s := v.VolumeSource
		complain(s.ConfigMap == nil && s.CSI == nil && s.DownwardAPI == nil && s.EmptyDir == nil && s.Ephemeral == nil && s.PersistentVolumeClaim == nil && s.Projected == nil && s.Secret == nil,
			"the volume "+v.Name+" is of a kind that is not allowed")
	}
	p := pod.SecurityContext
	if p == nil {
		p = &corev1.PodSecurityContext{}
	}
	complain(len(p.Sysctls) > 0 || p.SELinuxOptions != nil || p.AppArmorProfile != nil || p.WindowsOptions != nil, "the pod's context sets what it should leave alone")
	complain(p.RunAsUser != nil && *p.RunAsUser == 0, "it runs as root")
	for _, box := range slices.Concat(pod.Containers, pod.InitContainers) {
		s := box.SecurityContext
		if s == nil {
			s = &corev1.SecurityContext{}
		}
		complain(s.Privileged != nil && *s.Privileged, box.Name+" is privileged")
		complain(s.ProcMount != nil || s.SELinuxOptions != nil || s.AppArmorProfile != nil || s.WindowsOptions != nil, box.Name+"'s context sets what it should leave alone")
		complain(s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation, box.Name+" may become more than it is")
		nonRoot := s.RunAsNonRoot
		if nonRoot == nil {
			nonRoot = p.RunAsNonRoot
		}
		complain(nonRoot == nil || !*nonRoot || s.RunAsUser != nil && *s.RunAsUser == 0, box.Name+" may run as root")
		complain(s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL"), box.Name+" keeps capabilities")
		complain(s.Capabilities != nil && slices.ContainsFunc(s.Capabilities.Add, func(c corev1.Capability) bool { return c != "NET_BIND_SERVICE" }), box.Name+" adds capabilities")
		profile := s.SeccompProfile
		if profile == nil {
			profile = p.SeccompProfile
		}
		complain(profile == nil || profile.Type == corev1.SeccompProfileTypeUnconfined, box.Name+" has no seccomp profile")
		for _, port := range box.Ports {
			complain(port.HostPort != 0, box.Name+" takes a port of the node")
		}
		for _, probe := range []*corev1.Probe{box.LivenessProbe, box.ReadinessProbe, box.StartupProbe} {
			complain(probe != nil && (probe.HTTPGet != nil && probe.HTTPGet.Host != "" || probe.TCPSocket != nil && probe.TCPSocket.Host != ""), box.Name+"'s probes go to another host")
		}
	}
	return complaints
}

// TestUnrestricted: the rules of the test above find what they are for.
func TestUnrestricted(t *testing.T) {
	t.Parallel()
	set, err := Build(scenarios(t)[0].config)
	if err != nil {
		t.Fatal(err)
	}
	good := only[appsv1.Deployment](t, set).Spec.Template.Spec
	for name, spoil := range map[string]func(p *corev1.PodSpec, s *corev1.SecurityContext){
		"namespaces": func(p *corev1.PodSpec, _ *corev1.SecurityContext) { p.HostNetwork = true },
		"volume": func(p *corev1.PodSpec, _ *corev1.SecurityContext) {
			p.Volumes = append(p.Volumes, corev1.Volume{Name: "x", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{}}})
		},
		"root":        func(p *corev1.PodSpec, _ *corev1.SecurityContext) { p.SecurityContext.RunAsUser = new(int64(0)) },
		"may run as":  func(_ *corev1.PodSpec, s *corev1.SecurityContext) { s.RunAsNonRoot = new(false) },
		"privileged":  func(_ *corev1.PodSpec, s *corev1.SecurityContext) { s.Privileged = new(true) },
		"become more": func(_ *corev1.PodSpec, s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = nil },
		"keeps":       func(_ *corev1.PodSpec, s *corev1.SecurityContext) { s.Capabilities.Drop = nil },
		"seccomp":     func(p *corev1.PodSpec, _ *corev1.SecurityContext) { p.SecurityContext.SeccompProfile = nil },
		"of the node": func(p *corev1.PodSpec, _ *corev1.SecurityContext) { p.Containers[0].Ports[0].HostPort = 1 },
	} {
		pod := good.DeepCopy()
		spoil(pod, pod.Containers[0].SecurityContext)
		if complaints := unrestricted(*pod); !slices.ContainsFunc(complaints, func(c string) bool { return strings.Contains(c, name) }) {
			t.Errorf("%s: %q", name, complaints)
		}
	}
}
