package manifest

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// Set is what files hold.
type Set struct {
	Workloads []Workload
	Budgets   []Budget
	Problems  []manifest.Problem
	// Documents is how many were looked at, those of other kinds and those with
	// problems included.
	Documents int
}

// Workload is a template of pods. Its Desired is what the file says or the API would
// fill in; -1 where a file does not say how many (a Job's retries, a DaemonSet).
type Workload struct {
	manifest.Place
	pool.Workload
	// Labels are those of its pods.
	Labels map[string]string
	// PriorityClass is its pods' priorityClassName.
	PriorityClass string
	// PreStop is how long a preStop hook is known to take at least; 0 is not known.
	PreStop time.Duration
	// Refused are its tolerations that the API would not take. They are not among
	// Tolerations.
	Refused []Refused
}

// Refused is a toleration that the API would not take, and why.
type Refused struct {
	Index  int // in the pod's spec.tolerations
	Key    string
	Text   string // as JSON
	Reason string // a whole sentence
	Fix    string // a whole sentence
}

// Budget is a PodDisruptionBudget.
type Budget struct {
	manifest.Place
	Namespace, Name string
	MinAvailable    *intstr.IntOrString
	MaxUnavailable  *intstr.IntOrString
	Selector        labels.Selector
}

// toleration is a toleration as written: its value may be of any type.
type toleration struct {
	Key               string                    `json:"key"`
	Operator          corev1.TolerationOperator `json:"operator"`
	Value             any                       `json:"value"`
	Effect            corev1.TaintEffect        `json:"effect"`
	TolerationSeconds *int64                    `json:"tolerationSeconds"`
}

// Default puts objects that name no namespace into the given one.
func (s *Set) Default(namespace string) {
	for i := range s.Workloads {
		if w := &s.Workloads[i]; w.Namespace == "" {
			w.Namespace = namespace
		}
	}
	for i := range s.Budgets {
		if b := &s.Budgets[i]; b.Namespace == "" {
			b.Namespace = namespace
		}
	}
}
