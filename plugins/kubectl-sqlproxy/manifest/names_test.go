package manifest

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// namesOf are the names and ports of instances: SERVICE PORTNAME PORT.
func namesOf(e proxy.Engine, connections ...string) []string {
	c := Config{Name: "sql-proxy", Program: proxy.Program{Engine: e}}
	for _, connection := range connections {
		c.Instances = append(c.Instances, database(connection, Postgres, 5432))
	}
	var all []string
	for _, s := range newPlan(c).served {
		all = append(all, strings.Join([]string{s.service, s.portName, portOf(s.port).Port.String()}, " "))
	}
	return all
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		engine      proxy.Engine
		connections []string
		want        []string
	}{
		{"one", proxy.V2, []string{"shop:eu:orders"}, []string{"sql-proxy-orders orders 5432"}},
		{"ports go on, past the proxy's own names", proxy.V2, []string{"shop:eu:orders", "shop:eu:http", "shop:eu:users"},
			[]string{"sql-proxy-orders orders 5432", "sql-proxy-http http-5eef9 5433", "sql-proxy-users users 5434"}},
		{"one name in two projects: neither has it alone", proxy.V2, []string{"shop:eu:main", "example.com:back-office:eu:main"},
			[]string{"sql-proxy-shop-main main-f16bf 5432", "sql-proxy-back-office-main main-d8d39 5433"}},
		{"a DNS name", proxy.V2, []string{"db.example.com"}, []string{"sql-proxy-db-example-com db-example-com 5432"}},
		{"of AlloyDB the cluster, too", proxy.AlloyDB, []string{"projects/p/locations/r/clusters/orders/instances/primary"}, []string{"sql-proxy-orders-primary orders-primary 5432"}},
		{"too long for a port", proxy.V2, []string{"shop:eu:orders-of-europe", "shop:eu:orders-of-asia"},
			[]string{"sql-proxy-orders-of-europe orders-of-df055 5432", "sql-proxy-orders-of-asia orders-of-asia 5433"}},
		{"letters that names do not have", proxy.V2, []string{"shop:eu:Orders_1"}, []string{"sql-proxy-orders-1 orders-1 5432"}},
		{"without a letter", proxy.V2, []string{"shop:eu:1234"}, []string{"sql-proxy-1234 db-873ab 5432"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := namesOf(test.engine, test.connections...)
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// An instance's port keeps its name whatever comes and goes beside it: during a rollout
// a Service finds it in old pods and new. Of two that would share a name none keeps it.
func TestPortNamesStay(t *testing.T) {
	t.Parallel()
	portNames := func(connections ...string) map[string]string {
		names := map[string]string{}
		for i, text := range namesOf(proxy.V2, connections...) {
			names[connections[i]] = strings.Fields(text)[1]
		}
		return names
	}
	const orders, users, main, other = "shop:eu:orders", "shop:eu:users", "shop:eu:main", "store:eu:main"
	before, after := portNames(orders, users), portNames(users)
	if before[users] != after[users] || before[orders] == after[users] {
		t.Errorf("%v, then %v", before, after)
	}
	both, first, second := portNames(main, other), portNames(main), portNames(other)
	for _, alone := range []string{first[main], second[other]} {
		if alone == both[main] || alone == both[other] {
			t.Errorf("%q is the port of one of %v", alone, both)
		}
	}
}

// What the pods of a proxy that exists have stays, and what is new gives way.
func TestKeptPorts(t *testing.T) {
	t.Parallel()
	c := Config{Name: "sql-proxy", Instances: []Instance{
		{Connection: "shop:eu:mysql", Port: 3306},
		{Connection: "shop:eu:orders", Port: 3306, PodPort: 3307, PortName: "mysql"},
		{Connection: "shop:eu:users", Port: 5432, PodPort: 3306},
	}}
	var got []string
	for _, s := range newPlan(c).served {
		target := s.servicePort("x").TargetPort
		got = append(got, strings.Join([]string{s.portName, portOf(s.port).Port.String(), target.String()}, " "))
	}
	hashed := hashedName("mysql", "shop:eu:mysql")
	want := []string{hashed + " 3308 " + hashed, "mysql 3307 mysql", "users 3306 3306"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzPortName: whatever an instance is called, its port has a name that Kubernetes takes.
func FuzzPortName(f *testing.F) {
	for _, seed := range []string{"shop:eu:orders", "shop:eu:--", "shop:eu:12345678901234567890", "a.b:c:d:E_f.g", "db.example.com", "shop:eu:a--b", "x:y:-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		c, err := proxy.ParseName(proxy.V2, name)
		if err != nil {
			return
		}
		for _, got := range []string{portName(c, name), hashedName(portName(c, name), name)} {
			if bad := validation.IsValidPortName(got); len(bad) > 0 {
				t.Errorf("%q of %q: %v", got, name, bad)
			}
		}
	})
}
