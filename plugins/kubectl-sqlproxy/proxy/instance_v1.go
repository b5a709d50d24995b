package proxy

import (
	"net"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// v1Instance reads NAME, NAME=tcp:PORT, NAME=tcp:HOST:PORT, or NAME=unix:PATH.
func (r *reader) v1Instance(text string, where Place) {
	name, options, found := strings.Cut(text, "=")
	where.Name = shownName(name)
	instance := Instance{Name: name}
	if found {
		if problem := instance.readV1(options); problem != "" {
			instance = Instance{Name: name, Unread: Secret(options)}
			fix := "write =tcp:PORT, =tcp:HOST:PORT or =unix:PATH after the name"
			if !strings.Contains(name, "?") { // that is v2's way, and said with the name
				r.add(InstanceOptions, finding.Error, where, problem+", and v1 does not start", fix)
			}
		}
	}
	r.spec.Instances = append(r.spec.Instances, instance)
	r.places = append(r.places, where)
}

// readV1 reads what follows the = and says what is wrong with it.
func (i *Instance) readV1(options string) (problem string) {
	network, address, ok := strings.Cut(options, ":")
	if !ok || strings.Contains(options, "=") || address == "" {
		return "what follows the = cannot be read"
	}
	switch network {
	case "unix":
		i.UnixSocketPath = address
		return ""
	case "tcp":
	case "tcp4", "tcp6":
		i.Network = network
	default:
		return "the network is none of tcp, tcp4, tcp6 and unix"
	}
	port := address
	if strings.Contains(address, ":") {
		host, p, err := net.SplitHostPort(address)
		if err != nil {
			return "the address cannot be read"
		}
		i.Address, port = Some(host), p
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "the port is no number"
	}
	i.Port = Some(n)
	return ""
}

// v1Text is an instance as v1 takes it; false where v1 has no words for it.
func (i *Instance) v1Text() (string, bool) {
	plain := Instance{Name: i.Name, Network: i.Network, Address: i.Address, Port: i.Port, UnixSocketPath: i.UnixSocketPath, Unread: i.Unread}
	known := i.UnixSocket == "" && i.IAMLogin == Inherit && i.Private == Inherit && i.Public == Inherit && i.PSC == Inherit && i.SQLData == Inherit && len(i.Extra) == 0
	network := plain.Network
	if network == "" {
		network = "tcp"
	}
	text := i.Name
	switch {
	case i.Unread != "":
		text += "=" + string(i.Unread)
	case i.UnixSocketPath != "":
		text += "=unix:" + i.UnixSocketPath
		known = known && !i.Port.Set && !i.Address.Set && i.Network == ""
	case i.Port.Set && i.Address.Set:
		text += "=" + network + ":" + net.JoinHostPort(i.Address.Value, strconv.Itoa(i.Port.Value))
	case i.Port.Set:
		text += "=" + network + ":" + strconv.Itoa(i.Port.Value)
	default:
		known = known && !i.Address.Set && i.Network == ""
	}
	return text, known && text != "" && !strings.Contains(text, ",") && !strings.Contains(i.Name, "=")
}
