package proxy

import (
	"net/netip"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Validate says what is wrong with what a Spec says together: names, addresses,
// ports, sockets, credentials. Parse has said it already of what it returns.
func Validate(s Spec) []Problem {
	r := &reader{dialect: dialectOf(s.Engine), spec: s}
	for _, i := range s.Instances {
		r.places = append(r.places, Place{Name: shownName(i.Name)})
	}
	r.validate()
	return r.problems
}

func (r *reader) validate() {
	r.checkInstances()
	r.checkAddresses()
	r.checkPorts()
	r.checkClashes()
	r.checkIP()
	if r.spec.Engine == V1 {
		r.checkV1()
		return
	}
	r.checkSockets()
	r.checkAuth()
	r.checkEndpoint()
	r.checkIgnored()
}

// wrong adds an Error about an option.
func (r *reader) wrong(id ID, option, what, fix string) {
	r.add(id, finding.Error, r.place(option), what, fix)
}

func (r *reader) checkInstances() {
	s := &r.spec
	listed := len(s.Instances) > 0 || s.FUSE.Dir != "" || s.FUSE.Enabled || s.ConfigFile != ""
	switch {
	case s.Engine == V1 && !listed && len(s.V1.Projects) == 0 && s.V1.InstancesMetadata == "":
		r.add(InstanceMissing, finding.Error, Place{Name: "-instances"}, "no instance is named, so v1 asks gcloud for a project, which its image does not have", "write -instances=PROJECT:REGION:INSTANCE=tcp:PORT")
	case s.Engine != V1 && !listed:
		r.add(InstanceMissing, finding.Error, Place{Name: "instances"}, "no instance is named, and the proxy does not start", "add its name to the arguments: "+formOf(s.Engine))
	}
	for n, i := range s.Instances {
		r.checkName(i.Name, r.places[n])
	}
}

// formOf is how an engine wants its instances.
func formOf(e Engine) string {
	switch e {
	case V1:
		return "PROJECT:REGION:INSTANCE=tcp:PORT"
	case AlloyDB:
		return "projects/PROJECT/locations/REGION/clusters/CLUSTER/instances/INSTANCE"
	}
	return "PROJECT:REGION:INSTANCE?port=PORT"
}

func (r *reader) checkName(name string, where Place) {
	engine := r.spec.Engine
	parsed, err := ParseName(engine, name)
	switch {
	case err == nil && parsed.DNS != "" && r.spec.Version.Before(dnsNamesSince):
		r.add(InstanceName, finding.Error, where, "DNS names came with version "+dnsNamesSince.String()+", and "+r.spec.Version.String()+" does not know them", "write "+formOf(engine))
	case err == nil:
	case engine != V1 && (strings.Contains(name, "=tcp:") || strings.Contains(name, "=unix:")):
		r.add(InstanceOther, finding.Error, where, "what follows the = is v1's, and is taken for a part of the name", "write "+formOf(engine))
	case engine == V1 && strings.Contains(name, "?"):
		r.add(InstanceOther, finding.Error, where, "what follows the ? is v2's, and is taken for a part of the name", "write "+formOf(engine))
	case engine != AlloyDB && strings.HasPrefix(name, "projects/"):
		r.add(InstanceOther, finding.Error, where, "this is a name of AlloyDB, not of Cloud SQL", "write "+formOf(engine)+", or use the AlloyDB Auth Proxy")
	case engine == AlloyDB && strings.Count(name, ":") > 1 && !strings.Contains(name, "/"):
		r.add(InstanceOther, finding.Error, where, "this is a name of Cloud SQL, not of AlloyDB", "write "+formOf(engine)+", or use the Cloud SQL Proxy")
	default:
		// v2 takes five parts and an unscoped fourth for good, until a client comes.
		r.add(InstanceName, finding.Error, where, "the name cannot be right: "+err.Error(), "write "+formOf(engine))
	}
}

func (r *reader) checkAddresses() {
	if r.spec.Engine == V1 {
		return // it takes names of hosts, too
	}
	if a := r.spec.Listen.Address; a.Set && !isIP(a.Value) {
		r.wrong(AddressNotIP, "address", quote(a.Value)+" is no IP address, and the proxy does not start", "write 0.0.0.0 to be heard in the cluster, 127.0.0.1 in the pod")
	}
	for n, i := range r.spec.Instances {
		if i.Address.Set && !isIP(i.Address.Value) {
			r.add(AddressNotIP, finding.Error, r.places[n], quote(i.Address.Value)+" is no IP address, and the proxy does not start", "write 0.0.0.0 to be heard in the cluster, 127.0.0.1 in the pod")
		}
	}
}

// isIP reports what net.ParseIP would take; that takes no zones.
func isIP(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && a.Zone() == ""
}

// checkSockets is for v2 and AlloyDB: a socket or a port, not both.
func (r *reader) checkSockets() {
	l := r.spec.Listen
	if l.UnixSocket != "" && (l.Address.Set || l.Port.Set) {
		r.wrong(SocketConflict, "unix-socket", "--unix-socket goes neither with --address nor with --port, and the proxy does not start", "leave --unix-socket out, or say address and port of each instance after its name")
	}
	for n, i := range r.spec.Instances {
		switch {
		case i.UnixSocket != "" && i.UnixSocketPath != "":
			r.add(SocketConflict, finding.Error, r.places[n], "unix-socket and unix-socket-path do not go together, and the proxy does not start", "leave one of them out")
		case (i.UnixSocket != "" || i.UnixSocketPath != "") && (i.Address.Set || i.Port.Set):
			r.add(SocketConflict, finding.Error, r.places[n], "a socket goes neither with address nor with port, and the proxy does not start", "leave the socket or the others out")
		}
	}
}

func (r *reader) checkEndpoint() {
	if r.spec.Engine == V2 && r.spec.API.Endpoint.Set && r.spec.API.UniverseDomain != "" {
		r.wrong(EndpointConflict, "universe-domain", "it does not go with --sqladmin-api-endpoint, and the proxy does not start", "leave one of them out")
	}
	if r.spec.FUSE.Dir != "" && r.spec.RunConnectionTest {
		r.wrong(FUSEConflict, "run-connection-test", "it does not go with --fuse, and the proxy does not start", "leave one of them out")
	}
}
