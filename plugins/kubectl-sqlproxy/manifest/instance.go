package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// The engines of databases.
const (
	MySQL     = "mysql"
	Postgres  = "postgres"
	SQLServer = "sqlserver"
)

// enginePort is the port that a database's engine has everywhere; 0 for others.
func enginePort(engine string) int {
	switch engine {
	case MySQL:
		return proxy.DefaultPort("MYSQL")
	case Postgres:
		return proxy.DefaultPort("POSTGRES")
	case SQLServer:
		return proxy.DefaultPort("SQLSERVER")
	}
	return 0
}

// ParseInstance reads CONNECTION=PORT and CONNECTION=ENGINE; of AlloyDB, which has one
// engine only, CONNECTION as well.
func ParseInstance(e proxy.Engine, text string) (Instance, error) {
	name, port, said := strings.Cut(text, "=")
	i := Instance{Connection: name}
	if _, err := proxy.ParseName(e, name); err != nil {
		return Instance{}, fmt.Errorf("%q: %w", name, err)
	}
	switch {
	case !said && e == proxy.AlloyDB:
		i.Engine = Postgres
	case !said:
		return Instance{}, fmt.Errorf("%q: only the API knows which engine it has, and so which port: add =%s, =%s, =%s or =PORT", name, MySQL, Postgres, SQLServer)
	case enginePort(port) != 0:
		i.Engine = port
	default:
		n, err := strconv.Atoi(port)
		if err != nil {
			return Instance{}, fmt.Errorf("%q: after the = comes a port, or one of %s, %s and %s, not %q", name, MySQL, Postgres, SQLServer, port)
		}
		i.Port = n
		return i, nil
	}
	if e == proxy.AlloyDB && i.Engine != Postgres {
		return Instance{}, fmt.Errorf("%q: AlloyDB has no %s, only %s", name, i.Engine, Postgres)
	}
	i.Port = enginePort(i.Engine)
	return i, nil
}
