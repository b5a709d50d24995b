package chain

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// clientConfig is how the API server calls somebody.
type clientConfig struct {
	CABundle []byte
	Service  *struct {
		Namespace, Name string
		Port            int
	}
}

func (o *clientConfig) bundle(field string) CABundle {
	b := CABundle{Field: field}
	if o.Service != nil {
		b.Service, b.Port = Name{o.Service.Namespace, o.Service.Name}, o.Service.Port
		if b.Port == 0 {
			b.Port = 443
		}
	}
	if len(o.CABundle) > 0 {
		b.Bundle = material.Parse(o.CABundle, material.Certificates)
	}
	return b
}

func (s *Snapshot) addWebhooks(m Meta, raw []byte) error {
	var o struct {
		Webhooks []struct{ ClientConfig clientConfig }
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	t := &Trusting{Meta: m, InjectFrom: injectionOf(&m)}
	for i, w := range o.Webhooks {
		t.Bundles = append(t.Bundles, w.ClientConfig.bundle(fmt.Sprintf("webhooks[%d].clientConfig.caBundle", i)))
	}
	s.Trusting = append(s.Trusting, t)
	return nil
}

func (s *Snapshot) addAPIService(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			clientConfig
			InsecureSkipTLSVerify bool
		}
		Status struct{ Conditions []condition }
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	if o.Spec.Service == nil || o.Spec.InsecureSkipTLSVerify {
		return nil // of the API server itself, or nothing is verified
	}
	t := &Trusting{Meta: m, InjectFrom: injectionOf(&m), Bundles: []CABundle{o.Spec.bundle("spec.caBundle")}}
	if available := conditionsOf(o.Status.Conditions).Get("Available"); available != nil && available.Status == "False" {
		t.Unavailable = available.Reason + ": " + available.Message
	}
	s.Trusting = append(s.Trusting, t)
	return nil
}

func (s *Snapshot) addCRD(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			Group, Version string
			Names          struct{ Kind string }
			Versions       []struct {
				Name   string
				Served bool
			}
			Conversion struct {
				Webhook *struct{ ClientConfig clientConfig }
			}
		}
		Status struct{ StoredVersions []string }
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	c := &CRD{Meta: m, Group: o.Spec.Group, Kind: o.Spec.Names.Kind, Stored: o.Status.StoredVersions}
	for _, v := range o.Spec.Versions {
		c.Listed = append(c.Listed, v.Name)
		if v.Served {
			c.Served = append(c.Served, v.Name)
		}
	}
	if len(o.Spec.Versions) == 0 && o.Spec.Version != "" { // apiextensions v1beta1
		c.Listed, c.Served = []string{o.Spec.Version}, []string{o.Spec.Version}
	}
	s.CRDs = append(s.CRDs, c)
	if w := o.Spec.Conversion.Webhook; w != nil {
		s.Trusting = append(s.Trusting, &Trusting{Meta: m, InjectFrom: injectionOf(&m), Bundles: []CABundle{w.ClientConfig.bundle("spec.conversion.webhook.clientConfig.caBundle")}})
	}
	return nil
}

// injectionOf reads the annotations of cainjector, of today and of then.
func injectionOf(m *Meta) *Injection {
	if from := m.annotation("inject-ca-from"); from != "" {
		return &Injection{"Certificate", nameOf(from)}
	}
	if from := m.annotation("inject-ca-from-secret"); from != "" {
		return &Injection{"Secret", nameOf(from)}
	}
	if m.annotation("inject-apiserver-ca") == "true" {
		return &Injection{Kind: "APIServer"}
	}
	return nil
}

// nameOf reads namespace/name.
func nameOf(text string) Name {
	namespace, name, _ := strings.Cut(text, "/")
	return Name{namespace, name}
}
