package snapshot

import (
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
)

// Place is where in a file an object stands.
type Place struct {
	File string
	Line int
}

// Add takes an object as JSON. apiVersion and kind are what it is, which an item of a
// list does not say itself. Kinds that say nothing of proxies are passed over.
func (s *Snapshot) Add(apiVersion, kind string, raw []byte, at Place) {
	var meta struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	o := finding.Object{APIVersion: apiVersion, Kind: kind, File: at.File, Line: at.Line}
	if err := manifest.Decode(raw, &meta); err != nil {
		s.refuse(o, err)
		return
	}
	o.Namespace, o.Name = meta.Metadata.Namespace, meta.Metadata.Name
	if o.Namespace == "" && !clusterWide(kind) {
		o.Namespace = s.Fallback
	}
	if meta.Metadata.UID != "" {
		if s.dumped == nil {
			s.dumped = map[scope]bool{}
		}
		s.dumped[scope{kind, o.Namespace}] = true
	}
	if err := s.take(o, &meta.Metadata, raw); err != nil {
		s.refuse(o, err)
	}
}

func clusterWide(kind string) bool { return kind == "Node" || kind == "Namespace" }

func (s *Snapshot) refuse(o finding.Object, err error) {
	s.Problems = append(s.Problems, Problem{Object: o, What: "The object cannot be read, so what it says is not checked.", Text: err.Error()})
}

func (s *Snapshot) take(o finding.Object, meta *metav1.ObjectMeta, raw []byte) error {
	if add, ok := workloads()[o.Kind]; ok {
		return add(s, o, raw)
	}
	switch o.Kind {
	case "Service":
		return into(&s.Services, o, raw)
	case "EndpointSlice":
		return into(&s.EndpointSlices, o, raw)
	case "PodDisruptionBudget":
		return into(&s.Budgets, o, raw)
	case "NetworkPolicy":
		return into(&s.Policies, o, raw)
	case "HorizontalPodAutoscaler":
		return into(&s.Autoscalers, o, raw)
	case "ServiceAccount":
		return into(&s.ServiceAccounts, o, raw)
	case "ConfigMap":
		return into(&s.ConfigMaps, o, raw)
	case "Namespace":
		return into(&s.Namespaces, o, raw)
	case "Node":
		return into(&s.Nodes, o, raw)
	case "Secret":
		return s.addSecret(o, meta, raw)
	case "Event":
		return s.addEvent(raw)
	case "AuthProxyWorkload":
		return s.addInjector(o, raw)
	}
	return nil
}

// into adds an object as its Go type has it.
func into[T any](all *[]*Item[T], o finding.Object, raw []byte) error {
	item := &Item[T]{Object: o}
	if err := manifest.Decode(raw, &item.Value); err != nil {
		return err
	}
	*all = append(*all, item)
	return nil
}

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

func (s *Snapshot) addEvent(raw []byte) error {
	var in corev1.Event
	if err := manifest.Decode(raw, &in); err != nil {
		return err
	}
	e := &Event{
		Kind: in.InvolvedObject.Kind, Namespace: in.InvolvedObject.Namespace, Name: in.InvolvedObject.Name,
		Type: in.Type, Reason: in.Reason, Message: in.Message, Count: in.Count, Last: in.LastTimestamp.Time,
	}
	if in.Series != nil {
		e.Count, e.Last = in.Series.Count, in.Series.LastObservedTime.Time
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
				Kind, Name string
				Selector   *metav1.LabelSelector
			} `json:"workloadSelector"`
			Instances []struct{ ConnectionString string }
		}
	}
	// The fields are read in any case of their letters: there is no Go type to say it.
	if err := json.Unmarshal(raw, &in); err != nil {
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
