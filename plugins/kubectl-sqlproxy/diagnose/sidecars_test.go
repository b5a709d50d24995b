package diagnose

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
)

func TestHostsIn(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, value, want string }{
		{"DB_HOST", "orders", "orders"},
		{"PGHOST", "Orders.Shop", "orders.shop"},
		{"DB_NAME", "orders", ""},
		{"TABLE", "shop.orders", ""},
		{"DB", "orders.shop.svc", "orders.shop.svc"},
		{"DB", "orders.shop.svc.cluster.local:5432", "orders.shop.svc.cluster.local:5432"},
		{"A", "postgres://web:hunter2@orders:5432/orders?sslmode=disable", "orders:5432"},
		{"A", "postgres://orders:5432@db:5432/x", "db:5432"}, // orders is the user
		{"A", "web:hunter2@tcp(orders:3306)/orders", "orders:3306"},
		{"A", "host=orders port=5432 dbname=orders", "orders"},
		{"DB_HOSTS", "orders, stock", "orders stock"},
		{"A", "jdbc:sqlserver://orders:1433;databaseName=orders", "orders:1433"},
		{"DATABASE_URL", "mysql://orders/db", "orders"},
		{"A", "orders:latest", ""},
		{"A", "12:34:56", "12:34 4:56"}, // are no Services
		{"A", "", ""},
	}
	for _, test := range tests {
		if got := strings.Join(hostsIn(test.name, test.value), " "); got != test.want {
			t.Errorf("%s=%s: %q, want %q", test.name, test.value, got, test.want)
		}
	}
}

func FuzzHostsIn(f *testing.F) {
	f.Add("DB_HOST", "postgres://web:pw@orders:5432/orders")
	f.Add("A", "::1:@//(host=")
	f.Fuzz(func(t *testing.T, name, value string) {
		for _, host := range hostsIn(name, value) {
			if host == "" || strings.ContainsAny(host, "@/ ()=") {
				t.Errorf("%q of %q", host, value)
			}
		}
	})
}

// client is a Deployment behind ok.yaml that is told to use the Service, and the labels
// of its pods.
func client(namespace, variable, value, labels string) []string {
	const end = "  labels: {kubernetes.io/metadata.name: shop}\n"
	return []string{end, end + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ` + namespace + `}
spec:
  template:
    metadata: {labels: {` + labels + `}}
    spec:
      containers:
      - {name: app, image: "example/web:4", env: [{name: ` + variable + `, value: "` + value + `"}]}
`}
}

// TestClientsLetIn: those that get through, and those that do not use the Service.
func TestClientsLetIn(t *testing.T) {
	t.Parallel()
	const from = "    - podSelector: {matchLabels: {sqlproxy-client: \"true\"}}\n"
	tests := []struct {
		name    string
		replace []string
		want    bool // that it is shut out
	}{
		{"without the label", client("shop", "DB_HOST", "orders", "app: web"), true},
		{"with the label", client("shop", "DB_HOST", "orders", `sqlproxy-client: "true"`), false},
		{"with the label, in another namespace", client("web", "DB_HOST", "orders.shop", `sqlproxy-client: "true"`), true},
		{"a Service of that name in its own namespace", client("web", "DB_HOST", "orders", "app: web"), false},
		{"a database of that name", client("shop", "DB_NAME", "orders", "app: web"), false},
		{"its namespace is let in", append(client("web", "DB_HOST", "orders.shop", "app: web"), from, "    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}\n"), false},
		{"another namespace is let in", append(client("web", "DB_HOST", "orders.shop", "app: web"), from, "    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: stock}}\n"), true},
		{"labels of a namespace that nobody has seen", append(client("web", "DB_HOST", "orders.shop", "app: web"), from, "    - namespaceSelector: {matchLabels: {team: web}}\n"), false},
		{"addresses may be its own", append(client("web", "DB_HOST", "orders.shop", "app: web"), from, "    - ipBlock: {cidr: 10.0.0.0/8}\n"), false},
		{"the port is another", append(client("shop", "DB_HOST", "orders", `sqlproxy-client: "true"`), "- {protocol: TCP, port: 5432}\n", "- {protocol: TCP, port: 3306}\n"), true},
		{"the port is in a range", append(client("shop", "DB_HOST", "orders", `sqlproxy-client: "true"`), "- {protocol: TCP, port: 5432}\n", "- {protocol: TCP, port: 5000, endPort: 6000}\n"), false},
		{"nothing enforces", append(client("shop", "DB_HOST", "orders", "app: web"), "kind: Deployment\nmetadata: {name: web", "kind: DaemonSet\nmetadata: {name: fluentbit-gke, namespace: kube-system}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web"), false},
		{"no pods are wanted", append(client("shop", "DB_HOST", "orders", "app: web"), "spec:\n  template:\n    metadata: {labels: {app: web}}", "spec:\n  replicas: 0\n  template:\n    metadata: {labels: {app: web}}"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := idsOf(edited(t, "ok", test.replace...).check(t)); slices.Contains(got, "client-without-label") != test.want {
				t.Errorf("finds %v", got)
			}
		})
	}
}

// job is a Job behind ok.yaml with a sidecar, changed.
func job(changes ...string) []string {
	text := `---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: shop}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: app, image: "example/migrate:4"}
      - {name: cloudsql, image: "cloud-sql-proxy:2.25.3", args: ["shop-prod:europe-west1:other?port=5432"]}
`
	const end = "  labels: {kubernetes.io/metadata.name: shop}\n"
	return []string{end, end + strings.NewReplacer(changes...).Replace(text)}
}

func TestSidecarsThatEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		changes []string
		want    bool // that it keeps the pods from ending
	}{
		{"nothing ends it", nil, true},
		{"native", []string{"      containers:\n", "      initContainers:\n      - {name: cloudsql, restartPolicy: Always, image: \"cloud-sql-proxy:2.25.3\", args: [\"shop-prod:europe-west1:other?port=5432\"]}\n      containers:\n",
			"      - {name: cloudsql, image: \"cloud-sql-proxy:2.25.3\", args: [\"shop-prod:europe-west1:other?port=5432\"]}\n", ""}, false},
		{"its own server ends it", []string{"args: [", "args: [--quitquitquit, "}, false},
		{"the application says so", []string{"\"example/migrate:4\"", "\"example/migrate:4\", args: [\"migrate; curl -X POST localhost:9091/quitquitquit\"]"}, false},
		{"the application sees its process", []string{"restartPolicy: Never", "restartPolicy: Never\n      shareProcessNamespace: true"}, false},
		{"a shell is around it", []string{"\"cloud-sql-proxy:2.25.3\", args", "\"cloud-sql-proxy:2.25.3\", command: [timeout, \"60\", /cloud-sql-proxy], args"}, false},
		{"nothing else is in the pod", []string{"      - {name: app, image: \"example/migrate:4\"}\n", ""}, false},
		{"a pod that is to end", []string{"batch/v1\nkind: Job", "v1\nkind: Pod", "spec:\n  template:\n    spec:\n      restartPolicy", "spec:\n      restartPolicy"}, true},
		{"a pod that goes on", []string{"batch/v1\nkind: Job", "v1\nkind: Pod", "spec:\n  template:\n    spec:\n      restartPolicy: Never\n", "spec:\n"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := idsOf(edited(t, "ok", job(test.changes...)...).check(t)); slices.Contains(got, "sidecar-in-job") != test.want {
				t.Errorf("finds %v", got)
			}
		})
	}
}

// TestValuesOfClientsStayHidden: of a client's variables nothing but the host is shown.
func TestValuesOfClientsStayHidden(t *testing.T) {
	t.Parallel()
	report := edited(t, "ok", client("shop", "DATABASE_URL", "postgres://web:hunter2@orders:5432/orders", "app: web")...).check(t)
	var b strings.Builder
	if err := report.Print(&b, finding.Options{Format: finding.JSON}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "client-without-label") || strings.Contains(b.String(), "hunter2") {
		t.Errorf("shown:\n%s", b.String())
	}
}
