package main

import (
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/wire"
)

// localHost is an address, as a name may be an IPv6 one, or for MySQL's client a socket.
const localHost = "127.0.0.1"

// guessEngine is the engine that a port of a proxy is for, by what its container's and
// Services' ports are called, else by their numbers.
func guessEngine(p *snapshot.Proxy, port int) wire.Engine {
	if p.Spec.Engine == proxy.AlloyDB {
		return wire.Postgres
	}
	var names []string
	numbers := []int{port}
	for _, c := range p.Container.Ports {
		if int(c.ContainerPort) == port {
			names = append(names, c.Name)
		}
	}
	for _, o := range p.Services {
		for _, s := range o.Value.Spec.Ports {
			if target, ok := p.TargetPort(s); ok && target == port {
				names = append(names, s.Name)
				numbers = append(numbers, int(s.Port))
			}
		}
	}
	for _, name := range names {
		if engine := engineOfName(name); engine != wire.Unknown {
			return engine
		}
	}
	for _, number := range numbers {
		switch number {
		case 3306:
			return wire.MySQL
		case 5432:
			return wire.Postgres
		case 1433:
			return wire.SQLServer
		}
	}
	return wire.Unknown
}

func engineOfName(name string) wire.Engine {
	has := func(part string) bool { return strings.Contains(name, part) }
	switch {
	case has("mysql") || has("maria"):
		return wire.MySQL
	case has("postgres") || has("pgsql") || name == "pg" || strings.HasPrefix(name, "pg-"):
		return wire.Postgres
	case has("sqlserver") || has("mssql") || name == "tds":
		return wire.SQLServer
	}
	return wire.Unknown
}

// dbClient is how a database's client is told where to connect to.
type dbClient struct {
	engine         wire.Engine
	port           int
	user, database string
}

// commandLine is what a user may type in another terminal; the address alone where the
// engine is not known.
func (c *dbClient) commandLine() string {
	port := strconv.Itoa(c.port)
	add := func(args []string, flag, value string) []string {
		if value == "" {
			return args
		}
		return append(args, flag, value)
	}
	switch c.engine {
	case wire.Postgres:
		args := add(add([]string{"psql", "-h", localHost, "-p", port}, "-U", c.user), "-d", c.database)
		return "PGSSLMODE=disable " + script.Command(args...)
	case wire.MySQL:
		return script.Command(add(add([]string{"mysql", "-h", localHost, "-P", port}, "-u", c.user), "-D", c.database)...)
	case wire.SQLServer:
		// The server's certificate is not for this address.
		return script.Command(add(add([]string{"sqlcmd", "-C", "-S", c.server()}, "-U", c.user), "-d", c.database)...)
	}
	return localHost + ":" + port
}

// server is the address as sqlcmd has it.
func (c *dbClient) server() string { return "tcp:" + localHost + "," + strconv.Itoa(c.port) }

// environment is what clients of all engines read; the engine need not be known.
func (c *dbClient) environment() []string {
	port := strconv.Itoa(c.port)
	env := []string{
		"PGHOST=" + localHost, "PGPORT=" + port, "PGSSLMODE=disable",
		"MYSQL_HOST=" + localHost, "MYSQL_TCP_PORT=" + port,
		"SQLCMDSERVER=" + c.server(),
	}
	if c.user != "" {
		env = append(env, "PGUSER="+c.user, "SQLCMDUSER="+c.user)
	}
	if c.database != "" {
		env = append(env, "PGDATABASE="+c.database, "SQLCMDDBNAME="+c.database)
	}
	return env
}

// fill puts the address in for {host} and {port} in arguments.
func (c *dbClient) fill(args []string) []string {
	put := strings.NewReplacer("{host}", localHost, "{port}", strconv.Itoa(c.port))
	filled := []string{args[0]}
	for _, arg := range args[1:] {
		filled = append(filled, put.Replace(arg))
	}
	return filled
}
