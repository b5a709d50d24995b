package proxy

import (
	"fmt"
	"strconv"

	"github.com/kubechores/kubechores/pkg/finding"
)

func (r *reader) checkPorts() {
	s := &r.spec
	if p := s.Listen.Port; p.Set && (p.Value < 0 || p.Value > 65535) {
		r.wrong(PortRange, "port", fmt.Sprintf("%d is no port", p.Value), "write a port from 1 to 65535")
	}
	for n, i := range s.Instances {
		low := 1
		if s.Engine != V1 {
			low = 0 // as if not said
		}
		if i.Port.Set && (i.Port.Value < low || i.Port.Value > 65535) {
			r.add(PortRange, finding.Error, r.places[n], fmt.Sprintf("%d is no port that clients can find", i.Port.Value), "write a port from 1 to 65535")
		}
	}
	r.checkOwnPort(s.HTTP.Port, optionOf(r.dialect, &s.HTTP.Port, s))
	r.checkOwnPort(s.Admin.Port, optionOf(r.dialect, &s.Admin.Port, s))
}

func (r *reader) checkOwnPort(port Optional[string], option string) {
	if n, err := strconv.ParseUint(port.Value, 10, 16); port.Set && option != "" && (err != nil || n == 0) {
		r.wrong(PortRange, option, quote(port.Value)+" is no port", "write a port from 1 to 65535")
	}
}

// optionOf is what a field's flag is called; "" where there is none.
func optionOf(d *dialect, field any, s *Spec) string {
	for i := range d.options {
		if d.options[i].field(s) == field {
			return d.options[i].name
		}
	}
	return ""
}

// checkClashes finds two listeners on one port, the proxy's own among them.
func (r *reader) checkClashes() {
	all := r.spec.Listeners(nil)
	for n, l := range all {
		for _, before := range all[:n] {
			if !before.clashes(l) {
				continue
			}
			on := "port " + strconv.Itoa(l.Port)
			if l.Network == "unix" {
				on = "socket " + quote(l.Socket)
			}
			r.add(PortConflict, finding.Error, r.placeOfListener(l), fmt.Sprintf("%s is taken by %s, and the proxy does not start", on, r.describe(before)), "give each its own")
			break
		}
	}
}

func (r *reader) placeOfListener(l Listener) Place {
	switch l.Role {
	case RoleHTTP:
		return r.firstPlace(&r.spec.HTTP.Port, &r.spec.HTTP.HealthCheck, &r.spec.HTTP.Prometheus)
	case RoleAdmin:
		return r.firstPlace(&r.spec.Admin.Port, &r.spec.Admin.QuitQuitQuit, &r.spec.Admin.Debug)
	}
	return r.places[l.Instance]
}

// firstPlace is where the first of some fields was said; the first one's option where
// none was.
func (r *reader) firstPlace(fields ...any) Place {
	for _, field := range fields {
		if place, ok := r.said[optionOf(r.dialect, field, &r.spec)]; ok {
			return place
		}
	}
	return r.place(optionOf(r.dialect, fields[0], &r.spec))
}

func (r *reader) describe(l Listener) string {
	switch l.Role {
	case RoleHTTP:
		return "the health checks"
	case RoleAdmin:
		return "the admin server"
	}
	at := r.places[l.Instance]
	if at.List == Args || at.List == Command {
		at.Name = "" // which is the instance
	}
	return "instance " + shownName(r.spec.Instances[l.Instance].Name) + ", " + at.String()
}
