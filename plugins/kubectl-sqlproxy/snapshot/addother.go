package snapshot

import (
	"cmp"
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
)

func (s *Snapshot) addSecret(o finding.Object, meta *metav1.ObjectMeta, raw []byte) error {
	var in struct {
		Data       map[string][]byte `json:"data"`
		StringData map[string]string `json:"stringData"`
	}
	// The complaint of a decoder may quote a value.
	if err := json.Unmarshal(raw, &in); err != nil {
		s.Problems = append(s.Problems, Problem{Object: o, What: "The Secret cannot be read: a value of data is no base64, or of a wrong type."})
		return nil
	}
	secret := &Secret{Object: o, Changed: changed(meta), Keys: map[string]keyfile.Shape{}}
	for name, value := range in.Data {
		secret.Keys[name] = keyfile.Inspect(value)
	}
	for name, value := range in.StringData {
		secret.Keys[name] = keyfile.Inspect([]byte(value))
	}
	s.Secrets = append(s.Secrets, secret)
	return nil
}

// changed is when an object was last written.
func changed(meta *metav1.ObjectMeta) time.Time {
	last := meta.CreationTimestamp.Time
	for _, m := range meta.ManagedFields {
		if m.Time != nil && m.Time.After(last) {
			last = m.Time.Time
		}
	}
	return last
}

// event is one of the core group, or of events.k8s.io, which has other names for most.
type event struct {
	InvolvedObject corev1.ObjectReference `json:"involvedObject"`
	Regarding      corev1.ObjectReference `json:"regarding"`

	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Note    string `json:"note"`

	Count           int32       `json:"count"`
	DeprecatedCount int32       `json:"deprecatedCount"`
	Last            metav1.Time `json:"lastTimestamp"`
	DeprecatedLast  metav1.Time `json:"deprecatedLastTimestamp"`

	EventTime metav1.MicroTime `json:"eventTime"`
	Series    *struct {
		Count int32            `json:"count"`
		Last  metav1.MicroTime `json:"lastObservedTime"`
	} `json:"series"`
}

func (s *Snapshot) addEvent(raw []byte) error {
	var in event
	if err := manifest.Decode(raw, &in); err != nil {
		return err
	}
	about := in.InvolvedObject
	if about.Kind == "" {
		about = in.Regarding
	}
	e := &Event{
		Kind: about.Kind, Namespace: about.Namespace, Name: about.Name, Type: in.Type, Reason: in.Reason,
		Message: cmp.Or(in.Message, in.Note), Count: cmp.Or(in.Count, in.DeprecatedCount), Last: in.Last.Time,
	}
	if e.Last.IsZero() {
		e.Last = in.DeprecatedLast.Time
	}
	if in.Series != nil {
		e.Count, e.Last = in.Series.Count, in.Series.Last.Time
	}
	if e.Last.IsZero() {
		e.Last = in.EventTime.Time
	}
	s.Events = append(s.Events, e)
	return nil
}

func (s *Snapshot) addInjector(o finding.Object, raw []byte) error {
	var in struct {
		Spec struct {
			Workload struct {
				Kind     string                `json:"kind"`
				Name     string                `json:"name"`
				Selector *metav1.LabelSelector `json:"selector"`
			} `json:"workloadSelector"`
			Instances []struct {
				ConnectionString string `json:"connectionString"`
			} `json:"instances"`
		} `json:"spec"`
	}
	if err := manifest.Decode(raw, &in); err != nil {
		return err
	}
	i := &Injector{Object: o, WorkloadKind: in.Spec.Workload.Kind, WorkloadName: in.Spec.Workload.Name}
	if in.Spec.Workload.Selector != nil {
		i.Labels = in.Spec.Workload.Selector.MatchLabels
	}
	for _, instance := range in.Spec.Instances {
		i.Instances = append(i.Instances, instance.ConnectionString)
	}
	s.Injectors = append(s.Injectors, i)
	return nil
}
