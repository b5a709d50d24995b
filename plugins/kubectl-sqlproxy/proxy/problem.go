package proxy

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Problem is one thing that is wrong with what a proxy is told. Its texts hold no
// secrets.
type Problem struct {
	ID       ID
	Severity finding.Severity
	Where    Place
	What     string // what is wrong, and what the proxy does about it
	Fix      string // what to do
}

func (p Problem) String() string {
	return fmt.Sprintf("%s: %s: %s; %s (%s)", p.Severity, p.Where, p.What, p.Fix, p.ID)
}

// Place is where something was said.
type Place struct {
	List  string // Args, Command, Env, Config; "" for something that nobody said
	Index int    // in that list, from 0
	Name  string // the flag, variable, key, or instance
}

// The lists of a Place.
const (
	Args    = "args"
	Command = "command"
	Env     = "env"
	Config  = "config"
)

func (p Place) String() string {
	switch {
	case p.List == "":
		return p.Name
	case p.Name == "":
		return fmt.Sprintf("%s[%d]", p.List, p.Index)
	}
	return fmt.Sprintf("%s[%d] %s", p.List, p.Index, p.Name)
}

// ID says which problem it is: a promise to rules and scripts.
type ID string

// What can be wrong. An Error keeps the proxy from starting or an instance from
// being served, a Warning is ignored by it in silence or is rarely meant.
const (
	// Of the command line.
	FlagUnknown     ID = "flag-unknown"
	FlagValue       ID = "flag-value"
	FlagNewer       ID = "flag-newer" // the flag came with a later version
	FlagOther       ID = "flag-other" // another engine's, or one dash instead of two
	FlagRepeated    ID = "flag-repeated"
	FlagExits       ID = "flag-exits" // --help, --version
	ArgumentIgnored ID = "argument-ignored"
	Subcommand      ID = "subcommand"   // wait, shutdown: not the proxy itself
	BinaryOther     ID = "binary-other" // the image has no such program
	DurationUnit    ID = "duration-without-unit"
	Unexpanded      ID = "variable-unexpanded"

	// Of the environment and the configuration file. The proxy ignores all in silence.
	EnvUnknown    ID = "env-unknown"
	EnvValue      ID = "env-value"
	EnvIgnored    ID = "env-ignored"
	ConfigUnknown ID = "config-unknown"
	ConfigValue   ID = "config-value"
	ConfigFile    ID = "config-file"
	ConfigUnread  ID = "config-unread"

	// Of an instance.
	InstanceMissing ID = "instance-missing"
	InstanceName    ID = "instance-name"
	InstanceOptions ID = "instance-options"
	InstanceOther   ID = "instance-other" // written as for another engine
	QueryUnknown    ID = "query-unknown"
	QueryValue      ID = "query-value"
	QueryNewer      ID = "query-newer"

	// Of what is said together.
	AddressNotIP     ID = "address-not-ip"
	PortRange        ID = "port-range"
	PortConflict     ID = "port-conflict"
	SocketConflict   ID = "socket-conflict" // a socket, and an address or port
	SocketDir        ID = "socket-dir"      // v1: a socket without -dir
	IPConflict       ID = "ip-conflict"
	AuthConflict     ID = "auth-conflict"
	LoginToken       ID = "login-token"
	EndpointConflict ID = "endpoint-conflict"
	EndpointSlash    ID = "endpoint-slash" // v1: prints its help and exits 0
	FUSEConflict     ID = "fuse-conflict"
	OptionIgnored    ID = "option-ignored"

	// Of rendering.
	Inexpressible ID = "inexpressible"
)
