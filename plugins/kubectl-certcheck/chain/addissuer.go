package chain

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

type secretKeyJSON struct{ Name, Key string }

func (k *secretKeyJSON) ref() *SecretKey {
	if k == nil {
		return nil
	}
	return &SecretKey{k.Name, k.Key}
}

type acmeJSON struct {
	Server, Email               string
	PrivateKeySecretRef         secretKeyJSON
	PreferredChain, Profile     string
	SkipTLSVerify               bool
	CABundle                    string
	DisableAccountKeyGeneration bool
	EnableDurationFeature       bool
	ExternalAccountBinding      *struct{ KeySecretRef *secretKeyJSON }
	Solvers                     []solverJSON
	DNS01                       *struct{ Providers []map[string]json.RawMessage }
	HTTP01                      *struct{}
}

func (s *Snapshot) addIssuer(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			ACME       *acmeJSON
			CA         *struct{ SecretName string }
			SelfSigned *struct{}
			Vault      *struct {
				Server, Path string
				Auth         json.RawMessage
			}
			Venafi *struct{}
		}
		Status struct {
			Conditions []condition
			ACME       struct{ URI string }
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	i := &Issuer{Meta: m, SelfSigned: o.Spec.SelfSigned != nil, Conditions: conditionsOf(o.Status.Conditions), AccountURI: o.Status.ACME.URI}
	if o.Spec.ACME != nil {
		acme, err := o.Spec.ACME.acme()
		if err != nil {
			return err
		}
		i.ACME = acme
	}
	if o.Spec.CA != nil {
		i.CA = &SecretKey{Name: o.Spec.CA.SecretName}
	}
	if v := o.Spec.Vault; v != nil {
		i.Vault = &Vault{Server: v.Server, Path: v.Path, Secrets: secretsIn("spec.vault.auth", v.Auth)}
	}
	if o.Spec.Venafi != nil {
		i.Other = "venafi"
	}
	s.Issuers = append(s.Issuers, i)
	return nil
}

func (o *acmeJSON) acme() (*ACME, error) {
	a := &ACME{
		Server: o.Server, Email: o.Email, AccountKey: SecretKey(o.PrivateKeySecretRef), PreferredChain: o.PreferredChain,
		Profile: o.Profile, SkipTLSVerify: o.SkipTLSVerify, CABundle: o.CABundle != "", NoKeyGeneration: o.DisableAccountKeyGeneration,
		DurationFeature: o.EnableDurationFeature,
	}
	if a.AccountKey.Key == "" {
		a.AccountKey.Key = "tls.key"
	}
	if o.ExternalAccountBinding != nil {
		a.ExternalAccountKey = o.ExternalAccountBinding.KeySecretRef.ref()
	}
	for n := range o.Solvers {
		solver, err := o.Solvers[n].solver()
		if err != nil {
			return nil, fmt.Errorf("spec.acme.solvers[%d]: %w", n, err)
		}
		a.Solvers = append(a.Solvers, solver)
	}
	if o.DNS01 != nil {
		a.Old = true
		for n, provider := range o.DNS01.Providers {
			dns, err := dns01Of(provider)
			if err != nil {
				return nil, fmt.Errorf("spec.acme.dns01.providers[%d]: %w", n, err)
			}
			var name string
			_ = json.Unmarshal(provider["name"], &name) // without one, no certificate can choose it
			a.Solvers = append(a.Solvers, Solver{Name: name, DNS01: dns})
		}
	}
	if o.HTTP01 != nil {
		a.Old = true
		a.Solvers = append(a.Solvers, Solver{HTTP01: &HTTP01{}})
	}
	return a, nil
}

type solverJSON struct {
	Selector *struct {
		MatchLabels        map[string]string
		DNSNames, DNSZones []string
	}
	HTTP01 *struct {
		Ingress          *struct{ Class, IngressClassName, Name string }
		GatewayHTTPRoute *struct {
			ParentRefs []struct{ Namespace, Name string }
		}
	}
	DNS01                  map[string]json.RawMessage
	WaitInsteadOfSelfCheck *string
}

func (o *solverJSON) solver() (Solver, error) {
	s := Solver{NoSelfCheck: o.WaitInsteadOfSelfCheck != nil}
	if o.Selector != nil {
		s.Selector = &Selector{o.Selector.MatchLabels, o.Selector.DNSNames, o.Selector.DNSZones}
	}
	if o.HTTP01 != nil {
		s.HTTP01 = &HTTP01{}
		if i := o.HTTP01.Ingress; i != nil {
			s.HTTP01.Class, s.HTTP01.Ingress = i.Class+i.IngressClassName, i.Name
		}
		if g := o.HTTP01.GatewayHTTPRoute; g != nil {
			var parents []string
			for _, p := range g.ParentRefs {
				parents = append(parents, p.Name)
			}
			s.HTTP01.GatewayParents = strings.Join(parents, ", ")
		}
	}
	if o.DNS01 != nil {
		dns, err := dns01Of(o.DNS01)
		if err != nil {
			return Solver{}, fmt.Errorf("dns01: %w", err)
		}
		s.DNS01 = dns
	}
	return s, nil
}

// dns01Of reads a provider; the field's name is the provider's.
func dns01Of(fields map[string]json.RawMessage) (*DNS01, error) {
	d := &DNS01{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		raw := fields[name]
		switch name {
		case "name":
		case "cnameStrategy":
			d.FollowCNAME = strings.EqualFold(string(raw), `"Follow"`)
		default:
			if string(raw) == "null" {
				continue
			}
			d.Providers = append(d.Providers, name)
			d.Secrets = append(d.Secrets, secretsIn(name, raw)...)
		}
	}
	if len(d.Providers) > 0 {
		d.Provider = d.Providers[0]
	}
	if raw, ok := fields["route53"]; ok && string(raw) != "null" {
		route, err := route53Of(raw)
		if err != nil {
			return nil, fmt.Errorf("route53: %w", err)
		}
		d.Route53 = route
	}
	return d, nil
}

func route53Of(raw json.RawMessage) (*Route53, error) {
	var o struct {
		Region, HostedZoneID, Role, AccessKeyID string
		AccessKeyIDSecretRef                    *secretKeyJSON
		SecretAccessKeySecretRef                *secretKeyJSON
		SecretAccessKey                         *string
		Auth                                    *struct {
			Kubernetes *struct{ ServiceAccountRef struct{ Name string } }
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	r := &Route53{
		Region: o.Region, HostedZoneID: o.HostedZoneID, Role: o.Role, AccessKeyID: o.AccessKeyID,
		AccessKeyIDRef: o.AccessKeyIDSecretRef.ref(), InlineSecret: -1,
	}
	// An empty reference is what cert-manager itself writes for none.
	if ref := o.SecretAccessKeySecretRef.ref(); ref != nil && *ref != (SecretKey{}) {
		r.SecretAccessKey = ref
	}
	if o.SecretAccessKey != nil {
		r.InlineSecret = len(*o.SecretAccessKey)
	}
	if o.Auth != nil && o.Auth.Kubernetes != nil {
		r.ServiceAccount = o.Auth.Kubernetes.ServiceAccountRef.Name
	}
	return r, nil
}

// secretsIn finds the references to Secrets in a part of a spec: fields that end in
// SecretRef and have a name.
func secretsIn(path string, raw json.RawMessage) []FieldSecret { return secretsBelow(path, raw, 4) }

// secretsBelow looks so many levels deep: no provider has its credentials deeper.
func secretsBelow(path string, raw json.RawMessage, levels int) []FieldSecret {
	var fields map[string]json.RawMessage
	if levels == 0 || json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	var all []FieldSecret
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		field := path + "." + name
		var ref SecretKey
		if strings.HasSuffix(strings.ToLower(name), "secretref") && json.Unmarshal(fields[name], &ref) == nil && ref.Name != "" {
			all = append(all, FieldSecret{field, ref})
			continue
		}
		all = append(all, secretsBelow(field, fields[name], levels-1)...)
	}
	return all
}
