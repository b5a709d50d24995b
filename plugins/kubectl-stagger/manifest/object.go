package manifest

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// group is an object's API group; empty for the core group. What was in extensions until
// Kubernetes 1.16 is in apps: manifests of that time are judged as those of today.
func group(o *manifest.Object) string {
	group, _, named := strings.Cut(o.APIVersion, "/")
	switch {
	case !named:
		return ""
	case group == "extensions":
		return "apps"
	}
	return group
}

// owner names a workload; one that leaves its name to the API by the beginning of it.
func owner(o *manifest.Object) pool.Owner {
	name := o.Name
	if name == "" {
		var object struct {
			Metadata struct {
				GenerateName string `json:"generateName"`
			} `json:"metadata"`
		}
		if manifest.Decode(o.Raw, &object) == nil {
			name = object.Metadata.GenerateName
		}
	}
	return pool.Owner{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: name}
}

// template is the part of a pod's template that is judged.
type template struct {
	Metadata struct {
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec podSpec `json:"spec"`
}

type podSpec struct {
	Tolerations  []toleration      `json:"tolerations"`
	NodeSelector map[string]string `json:"nodeSelector"`
	Affinity     *struct {
		NodeAffinity *corev1.NodeAffinity `json:"nodeAffinity"`
	} `json:"affinity"`
	Grace         *int64 `json:"terminationGracePeriodSeconds"`
	PriorityClass string `json:"priorityClassName"`
	Containers    []struct {
		Lifecycle *struct {
			PreStop *struct {
				Sleep *struct {
					Seconds int64 `json:"seconds"`
				} `json:"sleep"`
			} `json:"preStop"`
		} `json:"lifecycle"`
	} `json:"containers"`
}

// kinds are those that are read, with the group that they are of.
var kinds = map[string]string{
	"Deployment": "apps", "StatefulSet": "apps", "ReplicaSet": "apps", "DaemonSet": "apps",
	"Job": "batch", "CronJob": "batch", "Pod": "", "ReplicationController": "", "PodDisruptionBudget": "policy",
}

// object adds one object to the set, if it is of a kind that matters.
func (s *Set) object(o *manifest.Object) error {
	of, known := kinds[o.Kind]
	if !known || group(o) != of {
		return nil
	}
	if o.Kind == "PodDisruptionBudget" {
		return s.budget(o)
	}
	t, desired, err := templateOf(o.Raw, o.Kind)
	if err != nil {
		return err
	}
	w := Workload{Place: o.Place, Workload: pool.Workload{Owner: owner(o), Desired: desired}, Labels: t.Metadata.Labels}
	w.read(&t.Spec)
	s.Workloads = append(s.Workloads, w)
	return nil
}

// templateOf returns the template of an object's pods, and how many there are to be.
func templateOf(raw []byte, kind string) (t template, desired int, err error) {
	switch kind {
	case "Pod":
		return t, 1, manifest.Decode(raw, &t)
	case "CronJob":
		var object struct {
			Spec struct {
				JobTemplate struct {
					Spec struct {
						Template template `json:"template"`
					} `json:"spec"`
				} `json:"jobTemplate"`
			} `json:"spec"`
		}
		err = manifest.Decode(raw, &object)
		return object.Spec.JobTemplate.Spec.Template, -1, err
	}
	var object struct {
		Spec struct {
			Replicas *int     `json:"replicas"`
			Template template `json:"template"`
		} `json:"spec"`
	}
	err = manifest.Decode(raw, &object)
	switch {
	case kind == "Job" || kind == "DaemonSet":
		desired = -1
	case object.Spec.Replicas == nil:
		desired = 1 // what the API fills in
	default:
		desired = *object.Spec.Replicas
	}
	return object.Spec.Template, desired, err
}

// defaultGrace is what the API fills in.
const defaultGrace = 30 * time.Second

// read takes over what matters of the pods' spec.
func (w *Workload) read(spec *podSpec) {
	w.NodeSelector, w.PriorityClass = spec.NodeSelector, spec.PriorityClass
	if spec.Affinity != nil {
		w.Affinity = spec.Affinity.NodeAffinity
	}
	w.Grace = defaultGrace
	if spec.Grace != nil {
		w.Grace = seconds(*spec.Grace)
	}
	for _, c := range spec.Containers {
		if c.Lifecycle != nil && c.Lifecycle.PreStop != nil && c.Lifecycle.PreStop.Sleep != nil {
			w.PreStop = max(w.PreStop, seconds(c.Lifecycle.PreStop.Sleep.Seconds))
		}
	}
	for i, t := range spec.Tolerations {
		if reason, fix := t.refused(); reason != "" {
			w.Refused = append(w.Refused, Refused{Index: i, Key: t.Key, Text: t.String(), Reason: reason, Fix: fix})
			continue
		}
		value, _ := t.Value.(string)
		w.Tolerations = append(w.Tolerations, corev1.Toleration{
			Key: t.Key, Operator: t.Operator, Value: value, Effect: t.Effect, TolerationSeconds: t.TolerationSeconds,
		})
	}
}

// seconds is a number of seconds of a file, which may be any; it does not overflow.
func seconds(n int64) time.Duration {
	const most = 10 * 365 * 24 * 3600
	return time.Duration(min(max(n, 0), most)) * time.Second
}

func (s *Set) budget(o *manifest.Object) error {
	var object struct {
		Spec struct {
			MinAvailable   *intstr.IntOrString   `json:"minAvailable"`
			MaxUnavailable *intstr.IntOrString   `json:"maxUnavailable"`
			Selector       *metav1.LabelSelector `json:"selector"`
		} `json:"spec"`
	}
	if err := manifest.Decode(o.Raw, &object); err != nil {
		return err
	}
	selector, err := metav1.LabelSelectorAsSelector(object.Spec.Selector)
	if err != nil {
		return fmt.Errorf("spec.selector: %w", err)
	}
	s.Budgets = append(s.Budgets, Budget{
		Place: o.Place, Namespace: o.Namespace, Name: o.Name,
		MinAvailable: object.Spec.MinAvailable, MaxUnavailable: object.Spec.MaxUnavailable, Selector: selector,
	})
	return nil
}
