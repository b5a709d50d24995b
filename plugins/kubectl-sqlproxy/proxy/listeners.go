package proxy

import (
	"strconv"
	"strings"
)

// Role says what a listener is for.
type Role string

// The roles.
const (
	RoleDatabase Role = "database"
	RoleHTTP     Role = "http"  // health checks and metrics
	RoleAdmin    Role = "admin" // pprof and quitquitquit
)

// Listener is one socket that the proxy hears on.
type Listener struct {
	Role     Role
	Instance int // index in Spec.Instances; -1 where it is of no instance
	// Network is tcp (both families), tcp4, tcp6 or unix.
	Network string
	// Address is an IP address or localhost; "" is all addresses.
	Address string
	// Port is 0 where it is not known: v2 chooses by the engine of the database.
	Port int
	// Socket is a path; v2 adds /.s.PGSQL.5432 for PostgreSQL.
	Socket string
}

// Loopback reports whether only the pod itself reaches the listener: the reference's
// loopback-listener and health-loopback.
func (l Listener) Loopback() bool {
	return l.Network == "unix" || l.Address == "localhost" || l.Address == "::1" || strings.HasPrefix(l.Address, "127.")
}

// DefaultPort is the port of a database's engine, by its version as the API names
// it (POSTGRES_15, MYSQL_8_0, SQLSERVER_2019_WEB); 0 for others.
func DefaultPort(databaseVersion string) int {
	switch {
	case strings.HasPrefix(databaseVersion, "POSTGRES"):
		return 5432
	case strings.HasPrefix(databaseVersion, "MYSQL"):
		return 3306
	case strings.HasPrefix(databaseVersion, "SQLSERVER"):
		return 1433
	}
	return 0
}

// Listeners says on which sockets the proxy hears: those of the instances, in their
// order, then its own. databaseVersion tells the engine of an instance by its name,
// as the API calls it, "" for one that is not known; it may be nil.
func (s *Spec) Listeners(databaseVersion func(name string) string) []Listener {
	if databaseVersion == nil {
		databaseVersion = func(string) string { return "" }
	}
	var all []Listener
	if s.Engine == V1 {
		all = s.v1Listeners()
	} else {
		all = s.instanceListeners(databaseVersion)
	}
	if l, ok := s.HTTPListener(); ok {
		all = append(all, l)
	}
	if l, ok := s.AdminListener(); ok {
		all = append(all, l)
	}
	return all
}

func (s *Spec) v1Listeners() []Listener {
	var all []Listener
	for n, i := range s.Instances {
		switch {
		case i.Unread != "":
		case i.Port.Set:
			network := i.Network
			if network == "" {
				network = "tcp"
			}
			loopback := "127.0.0.1"
			if network == "tcp6" {
				loopback = "::1"
			}
			all = append(all, Listener{RoleDatabase, n, network, allAddresses(network, i.Address.Or(loopback)), i.Port.Value, ""})
		default:
			path := i.UnixSocketPath
			if path == "" {
				path = i.Name
			}
			if !strings.HasPrefix(path, "/") {
				path = strings.TrimSuffix(s.Listen.UnixSocket, "/") + "/" + path
			}
			all = append(all, Listener{RoleDatabase, n, "unix", "", 0, path})
		}
	}
	return all
}

// allAddresses is "" for the address that Go hears on for all of both families.
func allAddresses(network, address string) string {
	if network == "tcp" && (address == "0.0.0.0" || address == "::") {
		return ""
	}
	return address
}

// instanceListeners is for v2 and AlloyDB. Ports count up from the one for all, or,
// in v2, from each engine's own; an instance with a port of its own takes none.
func (s *Spec) instanceListeners(databaseVersion func(string) string) []Listener {
	var all []Listener
	next := s.Listen.Port.Or(0)
	if s.Engine == AlloyDB {
		next = s.Listen.Port.Or(5432)
	}
	counted := map[int]int{}
	for n, i := range s.Instances {
		own := i.Port.Or(0)
		if !s.isTCP(i) {
			all = append(all, Listener{RoleDatabase, n, "unix", "", 0, s.socket(i)})
			continue
		}
		address := i.Address.Or(s.Listen.Address.Or("127.0.0.1"))
		network := "tcp4"
		if strings.Contains(address, ":") {
			network = "tcp6"
		}
		port := own
		switch {
		case own != 0:
		case next != 0 || s.Engine == AlloyDB:
			port = next
			next++
		default:
			base := DefaultPort(databaseVersion(i.Name))
			if i.SQLData.Or(false) || s.IP.SQLData {
				base = DefaultPort("POSTGRES")
			}
			if base != 0 {
				port = base + counted[base]
				counted[base]++
			}
		}
		all = append(all, Listener{RoleDatabase, n, network, address, port, ""})
	}
	return all
}

// isTCP reports whether an instance is heard on a port: without any socket, or with
// an address or port of its own.
func (s *Spec) isTCP(i Instance) bool {
	return s.Listen.UnixSocket == "" && i.UnixSocket == "" && i.UnixSocketPath == "" || i.Address.Or("") != "" || i.Port.Or(0) != 0
}

func (s *Spec) socket(i Instance) string {
	if i.UnixSocketPath != "" {
		return i.UnixSocketPath
	}
	dir, name := s.Listen.UnixSocket, i.Name
	if dir == "" {
		dir = i.UnixSocket
	}
	if c, err := ParseName(s.Engine, i.Name); err == nil && s.Engine == AlloyDB {
		name = strings.ToLower(strings.Join([]string{strings.ReplaceAll(c.Project, ":", "_"), c.Region, c.Cluster, c.Instance}, "."))
	}
	return strings.TrimSuffix(dir, "/") + "/" + name
}

// HTTPListener is the server for health checks and metrics; false where there is none.
func (s *Spec) HTTPListener() (Listener, bool) {
	l := Listener{Role: RoleHTTP, Instance: -1, Network: "tcp"}
	if s.Engine == V1 {
		l.Port, _ = strconv.Atoi(s.HTTP.Port.Or("8090"))
		return l, s.HTTP.HealthCheck
	}
	l.Address = allAddresses("tcp", s.HTTP.Address.Or("localhost"))
	l.Port, _ = strconv.Atoi(s.HTTP.Port.Or("9090"))
	return l, s.HTTP.HealthCheck || s.HTTP.Prometheus
}

// AdminListener is the server for pprof and quitquitquit; false where there is none.
func (s *Spec) AdminListener() (Listener, bool) {
	l := Listener{Role: RoleAdmin, Instance: -1, Network: "tcp", Address: "localhost"}
	l.Port, _ = strconv.Atoi(s.Admin.Port.Or("9091"))
	return l, s.Engine != V1 && (s.Admin.Debug || s.Admin.QuitQuitQuit)
}

// clashes reports whether two listeners cannot be had at once.
func (l Listener) clashes(other Listener) bool {
	if l.Network == "unix" || other.Network == "unix" {
		return l.Network == other.Network && l.Socket == other.Socket
	}
	if l.Port == 0 || l.Port != other.Port {
		return false
	}
	four, six := l.families()
	otherFour, otherSix := other.families()
	return (four && otherFour || six && otherSix) && (l.host() == "" || other.host() == "" || l.host() == other.host())
}

func (l Listener) families() (four, six bool) {
	switch {
	case l.Network == "tcp4":
		return true, false
	case l.Network == "tcp6" || strings.Contains(l.Address, ":"):
		return false, true
	}
	return true, l.Address == ""
}

// host is the address, "" for all of a family.
func (l Listener) host() string {
	switch l.Address {
	case "0.0.0.0", "::":
		return ""
	case "localhost":
		return "127.0.0.1"
	}
	return l.Address
}
