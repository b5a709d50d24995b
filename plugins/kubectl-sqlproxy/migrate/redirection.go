package migrate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// redirection turns addresses of sidecars into those of Services.
type redirection struct {
	addresses map[int]Address
	ports     []int
	sockets   []string // folders and paths
}

func newRedirection(sidecars []*snapshot.Proxy, addresses map[int]Address) *redirection {
	r := &redirection{addresses: addresses, ports: ports(sidecars)}
	for _, p := range sidecars {
		for _, l := range p.Listeners() {
			if l.Network == "unix" && l.Role == proxy.RoleDatabase {
				r.sockets = append(r.sockets, l.Socket)
			}
		}
	}
	return r
}

// value is a variable's value with the Service's address in it, the same where it does
// not name the sidecar's. Where it names no port, siblings tell which is meant: a
// variable DB_PORT beside DB_HOST.
func (r *redirection) value(name, value string, siblings []map[string]any) string {
	if isLocal(value) {
		if port := r.portBeside(name, siblings); port != 0 {
			return r.addresses[port].Host
		}
		return value
	}
	if port, err := strconv.Atoi(value); err == nil {
		return r.port(name, port, value, siblings)
	}
	var b strings.Builder
	end := 0
	for _, l := range locals(value) {
		if address, known := r.addresses[l.port]; known {
			b.WriteString(value[end:l.start] + address.Host + ":" + strconv.Itoa(address.Port))
			end = l.end
		}
	}
	return b.String() + value[end:]
}

// local is a place in a text that names this host and a port.
type local struct{ start, end, port int }

// locals are those of a text. A name that only ends in localhost, or begins with it, is
// another one.
func locals(text string) []local {
	var all []local
	for _, at := range regexp.MustCompile(`(?:127\.0\.0\.1|localhost):([0-9]+)`).FindAllStringSubmatchIndex(text, -1) {
		port, err := strconv.Atoi(text[at[2]:at[3]])
		if err == nil && (at[0] == 0 || !strings.ContainsRune(nameRunes, rune(text[at[0]-1]))) {
			all = append(all, local{at[0], at[1], port})
		}
	}
	return all
}

// nameRunes are what the name of a host is made of.
const nameRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

func isLocal(value string) bool { return value == "127.0.0.1" || value == "localhost" }

// port is a variable of a port, beside one of a host that is the sidecar's.
func (r *redirection) port(name string, port int, value string, siblings []map[string]any) string {
	address, known := r.addresses[port]
	prefix, isPort := cutWord(name, "PORT")
	if !known || !isPort || address.Port == port {
		return value
	}
	for _, s := range siblings {
		if host, ok := cutWord(text(s, "name"), hostWords()...); ok && host == prefix {
			return strconv.Itoa(address.Port)
		}
	}
	return value
}

// portBeside is the sidecar's port that goes with a variable of a host; 0 where that is
// not clear.
func (r *redirection) portBeside(name string, siblings []map[string]any) int {
	prefix, isHost := cutWord(name, hostWords()...)
	if !isHost {
		return 0
	}
	for _, s := range siblings {
		if other, ok := cutWord(text(s, "name"), "PORT"); ok && other == prefix {
			port, err := strconv.Atoi(text(s, "value"))
			if err != nil || !slices.Contains(r.ports, port) {
				return 0
			}
			return port
		}
	}
	if len(r.ports) == 1 {
		return r.ports[0]
	}
	return 0
}

func hostWords() []string { return []string{"HOSTNAME", "HOST", "ADDRESS", "ADDR", "SERVER"} }

// cutWord takes one of the words off the end of a variable's name: DB_ of DB_HOST.
func cutWord(name string, words ...string) (string, bool) {
	upper := strings.ToUpper(name)
	for _, word := range words {
		if prefix, ok := strings.CutSuffix(upper, word); ok {
			return prefix, true
		}
	}
	return "", false
}

// looksLikeHost reports whether a variable's name is one of a database's address.
func (r *redirection) looksLikeHost(name string) bool {
	prefix, isHost := cutWord(name, append(hostWords(), "DSN", "URL", "URI")...)
	return isHost && slices.ContainsFunc([]string{"DB", "PG", "SQL", "DATABASE", "POSTGRES"}, func(word string) bool { return strings.Contains(prefix, word) })
}

// named reports whether a text names an address of a sidecar.
func (r *redirection) named(text string) bool {
	isPort := func(l local) bool { return slices.Contains(r.ports, l.port) }
	return slices.ContainsFunc(locals(text), isPort) || r.socket(text) != ""
}

// socket is the socket, or its folder, that a text names; "" for none.
func (r *redirection) socket(text string) string {
	for _, path := range r.sockets {
		folder := path[:strings.LastIndexByte(path, '/')+1]
		if folder != "/" && strings.Contains(text+"/", folder) {
			return strings.TrimSuffix(folder, "/")
		}
	}
	return ""
}

// hosts are the Services' addresses, for people.
func (r *redirection) hosts() string {
	var all []string
	for _, port := range r.ports {
		if a, ok := r.addresses[port]; ok {
			all = append(all, fmt.Sprintf("%s:%d", a.Host, a.Port))
		}
	}
	if len(all) == 0 {
		return "see the Services above"
	}
	return strings.Join(all, ", ")
}
