package manifest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// maxPortName is how long a port's name may be, in bytes: see validation.IsValidPortName.
const maxPortName = 15

// nameAll gives each instance its names and ports.
//
// A name tells nothing but the instance: while pods with and without a change run side
// by side, a Service finds its database by the port's name in both. Were ports counted
// (postgres-1, postgres-2), the removal of one instance would send its neighbour's
// clients to the wrong database until the last old pod is gone. For the same reason
// instances that would share a name both get another one.
func (p *plan) nameAll() {
	p.served = make([]served, len(p.Instances))
	services, names := map[string]int{}, map[string]int{httpPortName: 1}
	taken := map[int]bool{httpPort: true, adminPort: true}
	for n, i := range p.Instances {
		conn, _ := proxy.ParseName(p.Engine, i.Connection) // check says what is wrong with it
		p.served[n] = served{Instance: i, conn: conn, portName: cmp.Or(i.PortName, portName(conn, i.Connection)), port: i.PodPort}
		services[shortName(conn)]++
		names[p.served[n].portName]++
		taken[i.PodPort] = true // what exists stays, and what is new gives way
	}
	for n := range p.served {
		s := &p.served[n]
		name := shortName(s.conn)
		if services[name] > 1 {
			name = plain(s.conn.Project) + "-" + name
		}
		s.service = cmp.Or(s.Service, p.Name+"-"+name)
		if s.PortName == "" && names[s.portName] > 1 {
			s.portName = hashedName(s.portName, s.Connection)
		}
		if s.PodPort == 0 {
			for s.port = s.Port; taken[s.port]; s.port++ {
			}
			taken[s.port] = true
		}
	}
}

// shortName is what an instance is called within its project. Of AlloyDB most are
// called "primary", so that the cluster's name is needed, too.
func shortName(c proxy.ConnectionName) string {
	switch {
	case c.DNS != "":
		return plain(c.DNS)
	case c.Cluster != "":
		return plain(c.Cluster) + "-" + plain(c.Instance)
	}
	return plain(c.Instance)
}

// plain is a text in the letters of a DNS label.
func plain(text string) string {
	_, project, scoped := strings.Cut(text, ":") // a project's domain
	if scoped {
		text = project
	}
	return strings.NewReplacer(".", "-", "_", "-").Replace(strings.ToLower(text))
}

// portName is the name of an instance's port in the pods.
func portName(c proxy.ConnectionName, connection string) string {
	name := shortName(c)
	if len(validation.IsValidPortName(name)) > 0 {
		return hashedName(name, connection)
	}
	return name
}

// hashedName is a port's name that no other instance has.
func hashedName(name, connection string) string {
	sum := sha256.Sum256([]byte(connection))
	hash := hex.EncodeToString(sum[:])[:5]
	const room = maxPortName - 1 - 5
	name = strings.Trim(name, "-")
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	if len(name) > room {
		name = strings.TrimRight(name[:room], "-")
	}
	// A name needs a letter, which a hash may lack, and so may the rest.
	if name == "" || !strings.ContainsFunc(name, func(r rune) bool { return r >= 'a' }) {
		name = "db"
	}
	return name + "-" + hash
}

// ServiceNames are the names of the Services that Build makes, by the instances' names.
func ServiceNames(c Config) map[string]string {
	names := map[string]string{}
	for _, s := range newPlan(c).served {
		names[s.Connection] = s.service
		if c.SingleService {
			names[s.Connection] = c.Name
		}
	}
	return names
}
