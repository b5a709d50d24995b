package snapshot

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The types here are as much of some groups' types as is needed: each group's own types
// are a quarter of a megabyte in the binary.

// ServiceNameLabel names the Service of an EndpointSlice.
const ServiceNameLabel = "kubernetes.io/service-name"

// EndpointSlice is that of discovery.k8s.io.
type EndpointSlice struct {
	metav1.ObjectMeta `json:"metadata"`
	Endpoints         []Endpoint     `json:"endpoints"`
	Ports             []EndpointPort `json:"ports"`
}

// Endpoint is one pod behind a Service.
type Endpoint struct {
	Addresses  []string `json:"addresses"`
	Conditions struct {
		Ready *bool `json:"ready"`
	} `json:"conditions"`
}

// IsReady reports whether it is ready, as which one that says nothing counts.
func (e *Endpoint) IsReady() bool { return e.Conditions.Ready == nil || *e.Conditions.Ready }

// EndpointPort is a port of a Service that the pods have.
type EndpointPort struct {
	Name *string `json:"name"`
}

// Autoscaler is a HorizontalPodAutoscaler of any version.
type Autoscaler struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
		MinReplicas *int32 `json:"minReplicas"`
		MaxReplicas int32  `json:"maxReplicas"`
	} `json:"spec"`
}

// job is that of batch.
type job struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              jobSpec `json:"spec"`
}

type jobSpec struct {
	Selector *metav1.LabelSelector  `json:"selector"`
	Template corev1.PodTemplateSpec `json:"template"`
}

// cronJob is that of batch.
type cronJob struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		JobTemplate struct {
			Spec jobSpec `json:"spec"`
		} `json:"jobTemplate"`
	} `json:"spec"`
}
