package chain

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// condition is a Condition as JSON.
type condition struct {
	Type, Status, Reason, Message string
	LastTransitionTime            when
	ObservedGeneration            int64
}

func conditionsOf(all []condition) Conditions {
	var c Conditions
	for _, one := range all {
		c = append(c, Condition{one.Type, one.Status, one.Reason, one.Message, one.LastTransitionTime.Time, one.ObservedGeneration})
	}
	return c
}

type issuerRef struct{ Group, Kind, Name string }

// of fills in what cert-manager does.
func (r issuerRef) of(m *Meta) IssuerRef {
	ref := IssuerRef(r)
	if ref.Kind == "" {
		ref.Kind = "Issuer"
	}
	if ref.Group == "" {
		ref.Group = Group
		if m.OldAPI() {
			ref.Group = OldGroup
		}
	}
	return ref
}

// duration is a Go duration in a field; set is whether there is one.
type duration struct {
	time.Duration
	wrong bool
}

func (d *duration) UnmarshalJSON(raw []byte) error {
	var text string
	err := json.Unmarshal(raw, &text)
	if err == nil && text != "" {
		d.Duration, err = time.ParseDuration(text)
	}
	d.wrong = err != nil
	return nil
}

type certificateJSON struct {
	Spec struct {
		SecretName, CommonName string
		DNSNames, IPAddresses  []string
		URIs, EmailAddresses   []string
		URISANs, EmailSANs     []string // until v1
		OtherNames             []json.RawMessage
		LiteralSubject         string
		IssuerRef              issuerRef
		Duration, RenewBefore  duration
		RenewBeforePercentage  int
		IsCA                   bool
		KeyAlgorithm           string
		KeySize                int
		PrivateKey             struct {
			Algorithm, RotationPolicy string
			Size                      int
		}
		Renewal struct {
			Policy  string
			Windows []json.RawMessage
		}
		ACME *struct {
			Config []struct {
				Domains []string
				DNS01   *struct{ Provider string }
				HTTP01  *struct{}
			}
		}
	}
	Status struct {
		Conditions                                        []condition
		NotBefore, NotAfter, RenewalTime, LastFailureTime when
		Revision, FailedIssuanceAttempts                  int
		NextPrivateKeySecretName                          string
		ACME                                              *struct {
			ARI   json.RawMessage
			Order struct {
				Challenges []struct {
					Domain, Type string
					Wildcard     bool
				}
			}
		}
	}
}

func (s *Snapshot) addCertificate(m Meta, raw []byte) error {
	var o certificateJSON
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	spec, status := &o.Spec, &o.Status
	c := &Certificate{
		Meta: m, SecretName: spec.SecretName, CommonName: spec.CommonName, DNSNames: spec.DNSNames,
		Issuer: spec.IssuerRef.of(&m), Duration: spec.Duration.Duration, RenewBefore: spec.RenewBefore.Duration,
		RenewBeforePercentage: spec.RenewBeforePercentage, IsCA: spec.IsCA,
		RotationPolicy: spec.PrivateKey.RotationPolicy, KeyAlgorithm: spec.PrivateKey.Algorithm, KeySize: spec.PrivateKey.Size,
		RenewalPolicy: spec.Renewal.Policy, Windows: len(spec.Renewal.Windows),
		Conditions: conditionsOf(status.Conditions), NotBefore: status.NotBefore.Time, NotAfter: status.NotAfter.Time,
		RenewalTime: status.RenewalTime.Time, LastFailure: status.LastFailureTime.Time, Revision: status.Revision,
		FailedAttempts: status.FailedIssuanceAttempts, NextKey: status.NextPrivateKeySecretName,
	}
	if c.KeyAlgorithm == "" && c.KeySize == 0 { // as before v1alpha3
		c.KeyAlgorithm, c.KeySize = spec.KeyAlgorithm, spec.KeySize
	}
	c.OtherNames = len(spec.URIs)+len(spec.EmailAddresses)+len(spec.URISANs)+len(spec.EmailSANs)+len(spec.OtherNames) > 0 || spec.LiteralSubject != ""
	for field, d := range map[string]duration{"spec.duration": spec.Duration, "spec.renewBefore": spec.RenewBefore} {
		if d.wrong {
			c.Wrong = append(c.Wrong, field)
		}
	}
	for _, text := range spec.IPAddresses {
		address, err := netip.ParseAddr(text)
		if err != nil {
			c.Wrong = append(c.Wrong, "spec.ipAddresses")
			continue
		}
		c.Addresses = append(c.Addresses, address)
	}
	if spec.ACME != nil {
		c.ACME = &OldACME{}
		for _, one := range spec.ACME.Config {
			config := OldConfig{Domains: one.Domains, HTTP01: one.HTTP01 != nil}
			if one.DNS01 != nil {
				config.Provider = one.DNS01.Provider
			}
			c.ACME.Config = append(c.ACME.Config, config)
		}
	}
	if status.ACME != nil {
		c.ARI = len(status.ACME.ARI) > 0 && string(status.ACME.ARI) != "null"
		for _, one := range status.ACME.Order.Challenges {
			c.Old = append(c.Old, OldChallenge(one))
		}
	}
	s.Certificates = append(s.Certificates, c)
	return nil
}

// annotation returns an annotation of cert-manager, by its name of today or of then.
func (m *Meta) annotation(name string) string {
	for _, group := range []string{Group, OldGroup} {
		if value, ok := m.Annotations[group+"/"+name]; ok {
			return value
		}
	}
	return ""
}

func (s *Snapshot) addRequest(m Meta, raw []byte) error {
	var o struct {
		Spec   struct{ IssuerRef issuerRef }
		Status struct {
			Conditions  []condition
			FailureTime when
			Certificate string
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	revision, err := strconv.Atoi(m.annotation("certificate-revision"))
	if err != nil {
		revision = -1
	}
	s.Requests = append(s.Requests, &Request{
		Meta: m, Issuer: o.Spec.IssuerRef.of(&m), Certificate: m.annotation("certificate-name"), Revision: revision,
		Conditions: conditionsOf(o.Status.Conditions), FailedAt: o.Status.FailureTime.Time, Issued: o.Status.Certificate != "",
	})
	return nil
}

func (s *Snapshot) addOrder(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			IssuerRef           issuerRef
			CommonName, Profile string
			DNSNames            []string
		}
		Status struct {
			State, Reason, URL string
			FailureTime        when
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	s.Orders = append(s.Orders, &Order{
		Meta: m, Issuer: o.Spec.IssuerRef.of(&m), CommonName: o.Spec.CommonName, DNSNames: o.Spec.DNSNames, Profile: o.Spec.Profile,
		State: o.Status.State, Reason: o.Status.Reason, FailedAt: o.Status.FailureTime.Time, URL: o.Status.URL,
	})
	return nil
}

func (s *Snapshot) addChallenge(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			IssuerRef     issuerRef
			DNSName, Type string
			Wildcard      bool
			Solver        solverJSON
		}
		Status struct {
			Processing, Presented bool
			PresentedAt           when
			State, Reason         string
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	solver, err := o.Spec.Solver.solver()
	if err != nil {
		return fmt.Errorf("spec.solver: %w", err)
	}
	s.Challenges = append(s.Challenges, &Challenge{
		Meta: m, Issuer: o.Spec.IssuerRef.of(&m), DNSName: o.Spec.DNSName, Wildcard: o.Spec.Wildcard,
		Type: strings.ToUpper(o.Spec.Type), Solver: solver, Processing: o.Status.Processing, Presented: o.Status.Presented,
		PresentedAt: o.Status.PresentedAt.Time, State: o.Status.State, Reason: o.Status.Reason,
	})
	return nil
}
