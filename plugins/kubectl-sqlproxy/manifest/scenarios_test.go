package manifest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"sync"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// scenario is a config whose objects are in testdata.
type scenario struct {
	name   string
	config Config
}

// database is an instance with a Service of its own.
func database(connection, engine string, port int) Instance {
	return Instance{Connection: connection, Engine: engine, Port: port}
}

// scenarios are the ways in which the objects differ.
func scenarios(t *testing.T) []scenario {
	t.Helper()
	orders := database("shop:europe-west1:orders", Postgres, 5432)
	users := database("shop:europe-west1:users", Postgres, 5432)
	stock := database("example.com:stock:europe-west4:stock-of-all-the-warehouses", MySQL, 3306)
	identity := Identity{GoogleAccount: "sql-proxy@shop.iam.gserviceaccount.com"}
	key := Identity{Secret: SecretKey{Name: "cloudsql-key"}}
	with := func(program proxy.Program, tag string, c Config) Config {
		c.Name, c.Program = "sql-proxy", program
		// Images of the tests have no registry.
		c.Image = map[proxy.Engine]string{proxy.V1: "cloudsql-docker/gce-proxy", proxy.V2: "cloud-sql-proxy", proxy.AlloyDB: "alloydb-auth-proxy"}[program.Engine] + ":" + tag
		return c
	}
	program := func(e proxy.Engine, tag string) (proxy.Program, string) {
		v, ok := proxy.ParseVersion(tag)
		if !ok {
			t.Fatalf("%s is no version", tag)
		}
		return proxy.Program{Engine: e, Version: v}, tag
	}
	make := func(name string, e proxy.Engine, tag string, c Config) scenario {
		p, tag := program(e, tag)
		return scenario{name, with(p, tag, c)}
	}
	return []scenario{
		make("workload-identity", proxy.V2, "2.25.3", Config{Instances: []Instance{orders}, Identity: identity}),
		make("two-of-one-engine", proxy.V2, "2.25.3", Config{Namespace: "databases", Instances: []Instance{orders, users, stock}, Identity: key, Route: proxy.RoutePrivate,
			Clients: clients(t, "app=web", "ns:team-a", "ns:team=b:tier in (front,back)", "ns:*:sqlproxy-client=true")}),
		make("single-service", proxy.V2, "2.25.3", Config{Instances: []Instance{orders, database(users.Connection, "", 6432)}, Identity: Identity{Account: "already-there"}, SingleService: true, Route: proxy.RouteAny}),
		make("everything", proxy.V2, "2.25.3", Config{Namespace: "databases", Instances: []Instance{orders}, Identity: identity, Replicas: 3, Route: proxy.RoutePSC, IAMLogin: true,
			Monitoring: "monitoring", HPA: true, Preemptible: true, MaxConnections: 10000}),
		make("exposed", proxy.V2, "2.25.3", Config{Instances: []Instance{orders}, Identity: identity, Exposure: Exposure{"LoadBalancer", true, []string{"10.0.0.0/8", "2001:db8::/32"}}}),
		make("one-replica-of-anybody", proxy.V2, "2.25.3", Config{Instances: []Instance{database("db.example.com", SQLServer, 1433)}, Replicas: 1, Clients: []Client{{Any: true}}, Memory: "48Mi", MaxConnections: 1000}),
		make("old-v2-on-old-server", proxy.V2, "2.4.0", Config{Instances: []Instance{orders}, Identity: identity, Server: ServerVersion{1, 26}}),
		make("old-v2", proxy.V2, "2.11.0", Config{Instances: []Instance{orders}, Identity: identity}),
		make("v1", proxy.V1, "1.38.3", Config{Instances: []Instance{orders, stock}, Identity: key, Route: proxy.RoutePrivate, MaxConnections: 100}),
		make("v1-of-2018", proxy.V1, "1.11", Config{Instances: []Instance{database("sample-165109:asia-northeast1:sample", MySQL, 3306)}, SingleService: true,
			Identity: Identity{Secret: SecretKey{"cloudsql-instance-credentials", "credentials.json"}}}),
		make("in-place-of-another", proxy.V2, "2.25.3", Config{Identity: key, Selector: map[string]string{"app": "sql-proxy"}, Endpoint: "https://sqladmin.example.com", Instances: []Instance{
			{Connection: orders.Connection, Engine: Postgres, Port: 5432, Service: "sql-proxy", PodPort: 5432, PortName: "postgres"},
			{Connection: stock.Connection, Engine: MySQL, Port: 3306, Service: "sql-proxy", PodPort: 3307},
			{Connection: users.Connection, Engine: Postgres, Port: 5432, Service: "users"}}}),
		make("alloydb", proxy.AlloyDB, "1.15.2", Config{Namespace: "databases", IAMLogin: true, Route: proxy.RoutePublic, Identity: identity, Instances: []Instance{
			database("projects/shop/locations/europe-west1/clusters/orders/instances/primary", Postgres, 5432),
			database("projects/shop/locations/europe-west1/clusters/orders/instances/reads", Postgres, 5432)}}),
	}
}

func clients(t *testing.T, texts ...string) []Client {
	t.Helper()
	all := make([]Client, len(texts))
	for i, text := range texts {
		var err error
		if all[i], err = ParseClient(text); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// privateKey is a key made for this run, in PEM.
var privateKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

// keyOf is the key of a service account.
func keyOf(t *testing.T, email string) proxy.Secret {
	t.Helper()
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": email, "private_key": privateKey(), "project_id": "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return proxy.Secret(text)
}
