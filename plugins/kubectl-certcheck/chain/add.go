package chain

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Place is where in a file an object stands; the zero value is none.
type Place struct {
	File string
	Line int
}

// header is what every object has, as JSON.
type header struct {
	APIVersion string
	Kind       string
	Metadata   struct {
		Namespace, Name, UID string
		CreationTimestamp    when
		DeletionTimestamp    when
		Generation           int64
		Labels, Annotations  map[string]string
		Finalizers           []string
		OwnerReferences      []Owner
		ManagedFields        []struct {
			Manager, Operation string
			Time               when
			FieldsV1           managedData
		}
	}
}

// managedData says whether fields that are managed are in data. Most objects have long
// lists of others, which are not taken apart.
type managedData bool

// UnmarshalJSON reads fieldsV1.
func (d *managedData) UnmarshalJSON(raw []byte) error {
	if !bytes.Contains(raw, []byte(`"f:data"`)) {
		return nil
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields)
	_, there := fields["f:data"]
	*d = managedData(there)
	return err
}

// when is a time of the API; what is no time is none.
type when struct{ time.Time }

// UnmarshalJSON reads RFC 3339. The API has no other form.
func (w *when) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			w.Time = t.UTC()
		}
	}
	return nil
}

// reader returns what reads a kind of a group; nil if it is of no account.
func reader(group, kind string) func(*Snapshot, Meta, []byte) error {
	switch group + "/" + kind {
	case "/Secret":
		return (*Snapshot).addSecret
	case "/Pod":
		return (*Snapshot).addPod
	case "/Service":
		return (*Snapshot).addService
	case "/Event", "events.k8s.io/Event":
		return (*Snapshot).addEvent
	case "apps/Deployment", "extensions/Deployment", "apps/DaemonSet", "apps/StatefulSet":
		return (*Snapshot).addWorkload
	case "extensions/Ingress", "networking.k8s.io/Ingress":
		return (*Snapshot).addIngress
	case IstioGroup + "/Gateway":
		return (*Snapshot).addIstioGateway
	case IstioGroup + "/VirtualService":
		return (*Snapshot).addVirtualService
	case GatewayAPIGroup + "/Gateway", GatewayAPIGroup + "/ListenerSet":
		return (*Snapshot).addGateway
	case GatewayAPIGroup + "/ReferenceGrant", GatewayAPIGroup + "/ReferencePolicy":
		return (*Snapshot).addReferenceGrant
	case OldGroup + "/Certificate", Group + "/Certificate":
		return (*Snapshot).addCertificate
	case OldGroup + "/CertificateRequest", Group + "/CertificateRequest":
		return (*Snapshot).addRequest
	case OldGroup + "/Order", ACMEGroup + "/Order":
		return (*Snapshot).addOrder
	case OldGroup + "/Challenge", ACMEGroup + "/Challenge":
		return (*Snapshot).addChallenge
	case OldGroup + "/Issuer", Group + "/Issuer", OldGroup + "/ClusterIssuer", Group + "/ClusterIssuer":
		return (*Snapshot).addIssuer
	case "admissionregistration.k8s.io/ValidatingWebhookConfiguration", "admissionregistration.k8s.io/MutatingWebhookConfiguration":
		return (*Snapshot).addWebhooks
	case "apiregistration.k8s.io/APIService":
		return (*Snapshot).addAPIService
	case "apiextensions.k8s.io/CustomResourceDefinition":
		return (*Snapshot).addCRD
	}
	return nil
}

// clusterWide reports whether objects of a kind are in no namespace.
func clusterWide(kind string) bool {
	switch kind {
	case "ClusterIssuer", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "CustomResourceDefinition":
		return true
	}
	return false
}

// Known reports whether Add keeps objects of that kind.
func Known(apiVersion, kind string) bool { return reader(groupOf(apiVersion), kind) != nil }

func groupOf(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// Add takes an object as JSON. Objects of other kinds are left out. What cannot be
// read becomes a Problem. raw is not kept.
func (s *Snapshot) Add(raw []byte, at Place) {
	var h header
	s.add(&h, json.Unmarshal(raw, &h), raw, at)
}

// add takes an object whose header was read, with an error or without.
func (s *Snapshot) add(h *header, err error, raw []byte, at Place) {
	if err != nil {
		// The fields that could be read say what it was.
		object := finding.Object{APIVersion: h.APIVersion, Kind: h.Kind, Namespace: h.Metadata.Namespace, Name: h.Metadata.Name, File: at.File, Line: at.Line}
		s.problem(object, "The object cannot be read.", err)
		return
	}
	read := reader(groupOf(h.APIVersion), h.Kind)
	if read == nil {
		return
	}
	if h.Metadata.Namespace == "" && !clusterWide(h.Kind) {
		h.Metadata.Namespace = s.Fallback
	}
	m := h.meta(at)
	if err := read(s, m, raw); err != nil {
		s.problem(m.Object, fmt.Sprintf("The %s cannot be read.", h.Kind), err)
		return
	}
	s.note(&m)
}

func (h *header) meta(at Place) Meta {
	md := &h.Metadata
	m := Meta{
		Object: finding.Object{APIVersion: h.APIVersion, Kind: h.Kind, Namespace: md.Namespace, Name: md.Name, File: at.File, Line: at.Line},
		UID:    md.UID, Created: md.CreationTimestamp.Time, Deleting: md.DeletionTimestamp.Time, Generation: md.Generation,
		Labels: md.Labels, Annotations: md.Annotations, Finalizers: md.Finalizers, Owners: md.OwnerReferences,
	}
	const applied = "kubectl.kubernetes.io/last-applied-configuration"
	var manifest struct{ APIVersion string }
	if json.Unmarshal([]byte(m.Annotations[applied]), &manifest) == nil {
		m.Applied = manifest.APIVersion
	}
	delete(m.Annotations, applied) // of a Secret, it is one
	for _, f := range md.ManagedFields {
		m.Managers = append(m.Managers, Manager{f.Manager, f.Operation, f.Time.Time, bool(f.FieldsV1)})
	}
	return m
}

// problem tells what a decoder says, without the words of what it read: those may be
// a Secret's.
func (s *Snapshot) problem(o finding.Object, what string, err error) {
	text := "it is not the JSON that the API writes"
	var wrong *json.UnmarshalTypeError
	var bad base64.CorruptInputError
	switch {
	case errors.As(err, &wrong):
		text = fmt.Sprintf("%s is of the wrong type: %s", asWritten(wrong.Field), strings.Fields(wrong.Value + " ?")[0])
	case errors.As(err, &bad):
		text = fmt.Sprintf("a value of data is not base64 (%v)", bad)
	}
	s.Problems = append(s.Problems, Problem{Object: o, What: what, Text: text})
}

// AddOf takes an object whose kind is told beside it: items of the API's lists do not
// say what they are.
func (s *Snapshot) AddOf(apiVersion, kind string, raw []byte, at Place) {
	var h header
	err := json.Unmarshal(raw, &h)
	h.APIVersion, h.Kind = apiVersion, kind
	s.add(&h, err, raw, at)
}

// asWritten is a path of Go's fields as the API writes it: DNSNames is dnsNames there.
func asWritten(path string) string {
	parts := strings.Split(path, ".")
	for i, part := range parts {
		n := 0
		for n < len(part) && part[n] >= 'A' && part[n] <= 'Z' {
			n++
		}
		if n > 1 && n < len(part) {
			n-- // the last capital begins a word
		}
		parts[i] = strings.ToLower(part[:n]) + part[n:]
	}
	return strings.Join(parts, ".")
}
