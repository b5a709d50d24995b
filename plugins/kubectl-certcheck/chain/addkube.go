package chain

import (
	"encoding/json"
	"fmt"
)

type loadBalancerJSON struct {
	LoadBalancer struct {
		Ingress []struct{ IP, Hostname string }
	}
}

func (o *loadBalancerJSON) addresses() []string {
	var all []string
	for _, i := range o.LoadBalancer.Ingress {
		if i.IP+i.Hostname != "" {
			all = append(all, i.IP+i.Hostname) // one of them
		}
	}
	return all
}

func (s *Snapshot) addIngress(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			IngressClassName string
			TLS              []IngressTLS
			Rules            []struct{ Host string }
		}
		Status loadBalancerJSON
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	i := &Ingress{Meta: m, Class: o.Spec.IngressClassName, TLS: o.Spec.TLS, Addresses: o.Status.addresses()}
	if i.Class == "" {
		i.Class = m.Annotations["kubernetes.io/ingress.class"]
	}
	for _, r := range o.Spec.Rules {
		if r.Host != "" {
			i.RuleHosts = append(i.RuleHosts, r.Host)
		}
	}
	s.Ingresses = append(s.Ingresses, i)
	return nil
}

func (s *Snapshot) addService(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			Type     string
			Selector map[string]string
			Ports    []struct {
				Name, Protocol string
				Port           int
				TargetPort     any // a number or a name
			}
		}
		Status loadBalancerJSON
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	service := &Service{Meta: m, Type: o.Spec.Type, Selector: o.Spec.Selector, Addresses: o.Status.addresses()}
	for _, p := range o.Spec.Ports {
		target := fmt.Sprint(p.TargetPort)
		if p.TargetPort == nil {
			target = fmt.Sprint(p.Port)
		}
		service.Ports = append(service.Ports, Port{Number: p.Port, Name: p.Name, Protocol: p.Protocol, Target: target})
	}
	s.Services = append(s.Services, service)
	return nil
}

func (s *Snapshot) addEvent(m Meta, raw []byte) error {
	var o struct {
		InvolvedObject, Regarding   ObjectRef
		Type, Reason, Message, Note string
		Count, DeprecatedCount      int
		LastTimestamp, EventTime    when
		FirstTimestamp              when
		DeprecatedLastTimestamp     when
		Series                      *struct {
			Count            int
			LastObservedTime when
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	e := &Event{Meta: m, About: o.InvolvedObject, Type: o.Type, Reason: o.Reason, Message: o.Message + o.Note, Count: max(o.Count, o.DeprecatedCount, 1)}
	if e.About == (ObjectRef{}) {
		e.About = o.Regarding
	}
	for _, t := range []when{o.LastTimestamp, o.DeprecatedLastTimestamp, o.EventTime, o.FirstTimestamp, {m.Created}} {
		if e.LastSeen.IsZero() {
			e.LastSeen = t.Time
		}
	}
	if o.Series != nil {
		e.Count, e.LastSeen = o.Series.Count, o.Series.LastObservedTime.Time
	}
	s.Events = append(s.Events, e)
	return nil
}
