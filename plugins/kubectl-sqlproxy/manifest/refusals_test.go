package manifest

import (
	"strings"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// sample is a config without a fault.
func sample() Config {
	return Config{Name: "sql-proxy", Instances: []Instance{database("shop:europe-west1:orders", Postgres, 5432)},
		Identity: Identity{GoogleAccount: "sql-proxy@shop.iam.gserviceaccount.com"}}
}

func instances(names ...string) func(*Config) {
	return func(c *Config) {
		c.Instances = nil
		for _, n := range names {
			c.Instances = append(c.Instances, database(n, Postgres, 5432))
		}
	}
}

func engine(e proxy.Engine, version, instance string, more func(*Config)) func(*Config) {
	return func(c *Config) {
		c.Engine = e
		c.Version, _ = proxy.ParseVersion(version)
		instances(instance)(c)
		if more != nil {
			more(c)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	if _, err := Build(sample()); err != nil {
		t.Fatal(err)
	}
	const alloydb = "projects/shop/locations/europe-west1/clusters/orders/instances/primary"
	long := strings.Repeat("x", 60)
	for _, test := range []struct {
		want   []string
		change func(*Config)
	}{
		{[]string{"--instance is needed"}, instances()},
		{[]string{`--instance "shop:orders"`, "fewer than the three parts"}, instances("shop:orders")},
		{[]string{`--instance "a:b:c:d"`, "the first is no domain"}, instances("a:b:c:d")},
		{[]string{`--instance "a.com:b:c:d:e"`, "more than the three parts"}, instances("a.com:b:c:d:e")},
		{[]string{`--instance "shop:europe-west1:orders?port=1"`, "characters"}, func(c *Config) { // and nothing of --private-ip
			instances("shop:europe-west1:orders?port=1")(c)
			c.Route = proxy.RoutePrivate
		}},
		{[]string{"its pods have it on port 9090"}, func(c *Config) { c.Instances[0].PodPort = 9090 }},
		{[]string{"on the port called http"}, func(c *Config) { c.Instances[0].PortName = "http" }},
		{[]string{`--instance "shop::orders"`, "empty"}, instances("shop::orders")},
		{[]string{`--instance "` + alloydb + `"`}, instances(alloydb)},
		{[]string{"--instance shop:europe-west1:orders is there twice"}, instances("shop:europe-west1:orders", "shop:europe-west1:orders")},
		{[]string{"both have the Service sql-proxy-shop-orders"}, instances("shop:europe-west1:orders", "shop:us-central1:orders")},
		{[]string{"--instance " + "shop:europe-west1:" + long, "choose a shorter --name, or --single-service"}, instances("shop:europe-west1:" + long)},
		{[]string{"--single-service", "both have the port", "5432", "=PORT"}, func(c *Config) {
			instances("shop:europe-west1:orders", "shop:europe-west1:users")(c)
			c.SingleService = true
		}},
		{[]string{"both have the port of the Service old 5432"}, func(c *Config) {
			instances("shop:europe-west1:orders", "shop:europe-west1:users")(c)
			c.Instances[0].Service, c.Instances[1].Service = "old", "old"
		}},
		{[]string{"the proxy itself has port 9090"}, func(c *Config) { c.Instances[0].Port = 9090 }},
		{[]string{"the proxy itself has port 9091"}, func(c *Config) { c.Instances[0].Port = 9091 }},
		{[]string{"70000 is no port"}, func(c *Config) { c.Instances[0].Port = 70000 }},
		{[]string{"0 is no port"}, func(c *Config) { c.Instances[0].Port = 0 }},
		{[]string{"only root may listen on port 443"}, func(c *Config) { c.Instances[0].Port = 443 }},
		{[]string{"port 65535 is another's in the pods already"}, func(c *Config) { // the second has to go on after the last
			instances("shop:europe-west1:orders", "shop:europe-west1:users")(c)
			c.Instances[0].Port, c.Instances[1].Port = 65535, 65535
		}},
		{[]string{`--name "Sql_proxy"`}, func(c *Config) { c.Name = "Sql_proxy" }},
		{[]string{"--name", "63"}, func(c *Config) { c.Name = strings.Repeat("x", 64) }},
		{[]string{`--name ""`}, func(c *Config) { c.Name = "" }},
		{[]string{`--namespace "a.b"`}, func(c *Config) { c.Namespace = "a.b" }},
		{[]string{"--name csql-proxy", "CSQL_PROXY_PORT", "choose another --name"}, func(c *Config) { c.Name, c.SingleService = "csql-proxy", true }},
		{[]string{"ALLOYDB_PROXY_PORT"}, func(c *Config) { c.Name, c.SingleService = "alloydb-proxy", true }},
		{[]string{"CSQL_PROXY_HTTP_PORT"}, func(c *Config) { c.Name = "csql-proxy"; instances("shop:europe-west1:http")(c) }},
		{[]string{"--replicas -1"}, func(c *Config) { c.Replicas = -1 }},
		{[]string{"--replicas 1001"}, func(c *Config) { c.Replicas = 1001 }},
		{[]string{"--hpa", "2 or more"}, func(c *Config) { c.HPA, c.Replicas = true, 1 }},
		{[]string{`--memory "much"`, "no quantity"}, func(c *Config) { c.Memory = "much" }},
		{[]string{"--memory 16Mi", "32Mi already"}, func(c *Config) { c.Memory = "16Mi" }},
		{[]string{"--server-version 1.22", "1.23"}, func(c *Config) { c.Server = ServerVersion{1, 22} }},
		{[]string{"--workload-identity and --credentials-secret", "give one of them"}, func(c *Config) { c.Identity.Secret.Name = "key" }},
		{[]string{"--workload-identity and --service-account"}, func(c *Config) { c.Identity.Account = "other" }},
		{[]string{"--workload-identity and --key-file"}, func(c *Config) { c.Identity.Key = keyOf(t, "a@shop.iam.gserviceaccount.com") }},
		{[]string{`--workload-identity "me@example.com"`, "NAME@PROJECT.iam.gserviceaccount.com"}, func(c *Config) { c.Identity.GoogleAccount = "me@example.com" }},
		{[]string{`--workload-identity "a;b@p.iam`}, func(c *Config) { c.Identity.GoogleAccount = "a;b@p.iam.gserviceaccount.com" }},
		{[]string{`--service-account "No"`}, func(c *Config) { c.Identity = Identity{Account: "No"} }},
		{[]string{`--credentials-secret "No"`}, func(c *Config) { c.Identity = Identity{Secret: SecretKey{Name: "No"}} }},
		{[]string{"--credentials-secret", "the key"}, func(c *Config) { c.Identity = Identity{Secret: SecretKey{"key", "a/b"}} }},
		{[]string{`--credentials-secret ""`}, func(c *Config) { c.Identity = Identity{Secret: SecretKey{"", "b"}} }},
		{[]string{"--key-file: this is no service account's key", "not JSON"}, func(c *Config) { c.Identity = Identity{Key: "hello"} }},
		{[]string{"--key-file", "authorized_user", "--credentials-secret"}, func(c *Config) { c.Identity = Identity{Key: `{"type":"authorized_user"}`} }},
		{[]string{"--service-type LoadBalancer", "add --expose"}, func(c *Config) { c.Exposure = Exposure{Type: "LoadBalancer", Ranges: []string{"10.0.0.0/8"}} }},
		{[]string{"--service-type NodePort", "--source-ranges"}, func(c *Config) { c.Exposure = Exposure{Type: "NodePort", Wanted: true} }},
		{[]string{`--source-ranges "0.0.0.0/0"`, "all addresses"}, func(c *Config) { c.Exposure = Exposure{"LoadBalancer", true, []string{"0.0.0.0/0"}} }},
		{[]string{`--source-ranges "10.0.0.1"`, "no range"}, func(c *Config) { c.Exposure = Exposure{"LoadBalancer", true, []string{"10.0.0.1"}} }},
		{[]string{`--source-ranges "10.0.0.1/8"`, "10.0.0.0/8 meant?"}, func(c *Config) { c.Exposure = Exposure{"LoadBalancer", true, []string{"10.0.0.1/8"}} }},
		{[]string{`--service-type "ExternalName"`}, func(c *Config) { c.Exposure = Exposure{Type: "ExternalName"} }},
		{[]string{"--expose and --source-ranges go with"}, func(c *Config) { c.Exposure = Exposure{Wanted: true} }},
		{[]string{`--monitoring "a b"`}, func(c *Config) { c.Monitoring = "a b" }},
		{[]string{`--engine "v3"`}, func(c *Config) { c.Engine = "v3" }},
		{[]string{"--proxy-version 1.38.3", "begin with 2."}, func(c *Config) { c.Version = proxy.Version{Major: 1, Minor: 38, Patch: 3} }},
		{[]string{"--image", "blanks"}, func(c *Config) { c.Image = "a b" }},
		{[]string{"--image", "an image of --engine v1, not v2"}, func(c *Config) { c.Image = "mirror/gce-proxy:1.38.3" }},
		{[]string{"--image", "not --proxy-version 2.25.3"}, func(c *Config) { c.Image = "mirror/cloud-sql-proxy:2.11.0" }},

		// What an engine or a version cannot be told.
		{[]string{"--psc: the Cloud SQL Proxy 2.4.0", "2.5.0 or newer"}, engine(proxy.V2, "2.4.0", "shop:europe-west1:orders", func(c *Config) { c.Route = proxy.RoutePSC })},
		{[]string{"--auto-ip", "2.2.0 or newer"}, engine(proxy.V2, "2.1.0", "shop:europe-west1:orders", func(c *Config) { c.Route = proxy.RouteAny })},
		{[]string{"DNS names came with version 2.15.0"}, engine(proxy.V2, "2.14.0", "db.example.com", nil)},
		{[]string{"--private-ip: the Cloud SQL Proxy v1 1.11.0", "1.12.0 or newer"}, engine(proxy.V1, "1.11", "shop:europe-west1:orders", func(c *Config) { c.Route = proxy.RoutePrivate })},
		{[]string{"--psc: the Cloud SQL Proxy v1 1.38.3"}, engine(proxy.V1, "1.38.3", "shop:europe-west1:orders", func(c *Config) { c.Route = proxy.RoutePSC })},
		{[]string{"--auto-iam-authn", "1.20.0 or newer"}, engine(proxy.V1, "1.19.0", "shop:europe-west1:orders", func(c *Config) { c.IAMLogin = true })},
		{[]string{"--api-endpoint", "1.12.0 or newer"}, engine(proxy.V1, "1.11", "shop:europe-west1:orders", func(c *Config) { c.Endpoint = "https://sqladmin.example.com" })},
		{[]string{"--monitoring: v1 has no metrics"}, engine(proxy.V1, "1.38.3", "shop:europe-west1:orders", func(c *Config) { c.Monitoring = "monitoring" })},
		{[]string{`--instance "db.example.com"`}, engine(proxy.V1, "1.38.3", "db.example.com", nil)},
		{[]string{"--auto-ip: the AlloyDB Auth Proxy"}, engine(proxy.AlloyDB, "1.15.2", alloydb, func(c *Config) { c.Route = proxy.RouteAny })},
		{[]string{`--instance "shop:europe-west1:orders"`, "projects/PROJECT/locations"}, engine(proxy.AlloyDB, "1.15.2", "shop:europe-west1:orders", nil)},
	} {
		c := sample()
		test.change(&c)
		set, err := Build(c)
		if err == nil || set != nil {
			t.Errorf("nothing is wrong with it, want %q", test.want)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want %q in it", err, want)
			}
		}
		if n := strings.Count(err.Error(), "\n"); n > 0 {
			t.Errorf("one fault is told in %d lines: %v", n+1, err)
		}
	}
}

// All is told at once.
func TestRefusalsTogether(t *testing.T) {
	t.Parallel()
	_, err := Build(Config{Name: "A", Namespace: "b.c", Replicas: 5000, Route: proxy.RoutePSC, Program: proxy.Program{Engine: proxy.V1}, Identity: Identity{GoogleAccount: "x", Account: "Y"}})
	for _, want := range []string{"--name", "--namespace", "--instance is needed", "--replicas", "--workload-identity and --service-account", `--workload-identity "x"`, `--service-account "Y"`, "--psc"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}
