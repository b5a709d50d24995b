package chain

import (
	"encoding/json"
	"strings"
)

type istioServerJSON struct {
	Port struct {
		Number         int
		Name, Protocol string
	}
	Bind  string
	Hosts []string
	TLS   *struct {
		Mode                                          string
		HTTPSRedirect                                 bool
		ServerCertificate, PrivateKey, CACertificates string
		CredentialName, CACertCredentialName          string
		CredentialNames                               []string
		TLSCertificates                               []struct{ ServerCertificate, PrivateKey, CACertificates string }
		MinProtocolVersion, MaxProtocolVersion        string
	}
}

func (s *Snapshot) addIstioGateway(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			Selector map[string]string
			Servers  []istioServerJSON
		}
		Status struct {
			ValidationMessages []struct {
				Type  struct{ Code, Name string }
				Level any // a number or a word, by version
			}
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	g := &IstioGateway{Meta: m, Selector: o.Spec.Selector}
	for i := range o.Spec.Servers {
		g.Servers = append(g.Servers, o.Spec.Servers[i].server())
	}
	for _, message := range o.Status.ValidationMessages {
		g.Messages = append(g.Messages, strings.TrimSpace(message.Type.Code+" "+message.Type.Name))
	}
	s.IstioGateways = append(s.IstioGateways, g)
	return nil
}

func (o *istioServerJSON) server() Server {
	server := Server{Port: Port{Number: o.Port.Number, Name: o.Port.Name, Protocol: strings.ToUpper(o.Port.Protocol)}, Bind: o.Bind, Hosts: o.Hosts}
	t := o.TLS
	if t == nil {
		return server
	}
	server.Redirect = t.HTTPSRedirect
	server.TLS = &ServerTLS{
		Mode: t.Mode, Certificate: t.ServerCertificate, PrivateKey: t.PrivateKey, CA: t.CACertificates,
		CredentialName: t.CredentialName, CredentialNames: t.CredentialNames, CACredentialName: t.CACertCredentialName,
		MinProtocol: t.MinProtocolVersion, MaxProtocol: t.MaxProtocolVersion,
	}
	for _, f := range t.TLSCertificates {
		server.TLS.TLSCertificates = append(server.TLS.TLSCertificates, TLSFiles{f.ServerCertificate, f.PrivateKey, f.CACertificates})
	}
	return server
}

func (s *Snapshot) addVirtualService(m Meta, raw []byte) error {
	var o struct {
		Spec struct{ Hosts, Gateways []string }
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	s.VirtualServices = append(s.VirtualServices, &VirtualService{Meta: m, Hosts: o.Spec.Hosts, Gateways: o.Spec.Gateways})
	return nil
}

func (s *Snapshot) addGateway(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			GatewayClassName string
			Listeners        []struct {
				Name, Hostname, Protocol string
				Port                     int
				TLS                      *struct {
					Mode            string
					CertificateRefs []struct{ Group, Kind, Namespace, Name string }
				}
			}
		}
		Status struct {
			Addresses  []struct{ Value string }
			Conditions []condition
			Listeners  []struct {
				Name       string
				Conditions []condition
			}
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	g := &Gateway{Meta: m, Class: o.Spec.GatewayClassName, Conditions: conditionsOf(o.Status.Conditions)}
	for _, a := range o.Status.Addresses {
		g.Addresses = append(g.Addresses, a.Value)
	}
	state := map[string]Conditions{}
	for _, l := range o.Status.Listeners {
		state[l.Name] = conditionsOf(l.Conditions)
	}
	for _, l := range o.Spec.Listeners {
		listener := Listener{Name: l.Name, Hostname: l.Hostname, Port: l.Port, Protocol: l.Protocol, Conditions: state[l.Name]}
		if l.TLS != nil {
			listener.Mode = l.TLS.Mode
			if listener.Mode == "" {
				listener.Mode = "Terminate"
			}
			for _, r := range l.TLS.CertificateRefs {
				ref := CertificateRef{Group: r.Group, Kind: r.Kind, Name: Name{r.Namespace, r.Name}, Given: r.Namespace != ""}
				if ref.Kind == "" {
					ref.Kind = "Secret"
				}
				if ref.Namespace == "" {
					ref.Namespace = m.Namespace
				}
				listener.Refs = append(listener.Refs, ref)
			}
		}
		g.Listeners = append(g.Listeners, listener)
	}
	s.Gateways = append(s.Gateways, g)
	return nil
}

func (s *Snapshot) addReferenceGrant(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			From []GrantFrom
			To   []GrantTo
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	s.ReferenceGrants = append(s.ReferenceGrants, &ReferenceGrant{Meta: m, From: o.Spec.From, To: o.Spec.To})
	return nil
}
