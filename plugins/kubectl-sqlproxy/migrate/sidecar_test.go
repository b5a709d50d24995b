package migrate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  uid: 1c4f
  resourceVersion: "17"
  annotations: {team: shop, deployment.kubernetes.io/revision: "4"}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:7
        env:
        - {name: DB_HOST, value: 127.0.0.1}
        - {name: DB_PORT, value: "3306"}
        - {name: ORDERS_URL, value: "postgres://web@localhost:5432/orders?sslmode=disable"}
        - {name: CACHE_URL, value: "redis://localhost:6379"}
        - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
        - {name: REPORTS_DB_HOST, valueFrom: {configMapKeyRef: {name: reports, key: host}}}
        - {name: SOMETHING, value: my-localhost:3306}
        volumeMounts: [{name: data, mountPath: /data}]
        lifecycle: {preStop: {sleep: {seconds: 5}}}
      - name: cloudsql-proxy
        image: cloudsql-docker/gce-proxy:1.11
        command: [/cloud_sql_proxy, "-instances=p:r:shop=tcp:3306,p:r:orders=tcp:5432", -credential_file=/secrets/credentials.json]
        volumeMounts: [{name: key, mountPath: /secrets}]
      volumes:
      - {name: data, emptyDir: {}}
      - {name: key, secret: {secretName: sql-key}}
status: {replicas: 3}
`

// world is a workload of YAML as an object, and its proxies.
func world(t *testing.T, text string) (map[string]any, []*snapshot.Proxy) {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	s := &snapshot.Snapshot{Files: true}
	s.Add(object["apiVersion"].(string), object["kind"].(string), raw, snapshot.Place{})
	s.Close()
	if len(s.Proxies) == 0 {
		t.Fatal("no proxy")
	}
	return object, s.Proxies
}

func addresses() map[int]Address {
	return map[int]Address{3306: {"shop-db.shop", 3306}, 5432: {"orders-db.shop", 15432}}
}

func TestWithoutSidecars(t *testing.T) {
	t.Parallel()
	object, proxies := world(t, web)
	before, _ := json.Marshal(object)
	c, err := WithoutSidecars(object, proxies, addresses(), map[string]string{"sqlproxy-client": "true"})
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(object); string(after) != string(before) {
		t.Error("the workload that was given is changed")
	}
	want := web
	for _, edit := range [][2]string{
		{"  uid: 1c4f\n  resourceVersion: \"17\"\n", ""},
		{", deployment.kubernetes.io/revision: \"4\"", ""},
		{"{app: web}}\n    spec", "{app: web, sqlproxy-client: \"true\"}}\n    spec"},
		{"{name: DB_HOST, value: 127.0.0.1}", "{name: DB_HOST, value: shop-db.shop}"},
		{"web@localhost:5432", "web@orders-db.shop:15432"},
		{"      - {name: key, secret: {secretName: sql-key}}\n", ""},
		{"status: {replicas: 3}\n", ""},
	} {
		if strings.Count(want, edit[0]) != 1 {
			t.Fatalf("%q", edit[0])
		}
		want = strings.Replace(want, edit[0], edit[1], 1)
	}
	start := strings.Index(want, "      - name: cloudsql-proxy")
	want = want[:start] + want[strings.Index(want, "      volumes:"):]
	wanted := map[string]any{}
	if err := yaml.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	got, _ := yaml.Marshal(c.Object)
	expected, _ := yaml.Marshal(wanted)
	if string(got) != string(expected) {
		t.Errorf("got\n%s\nwant\n%s", got, expected)
	}
	if len(c.Left) != 1 || !strings.Contains(c.Left[0], "REPORTS_DB_HOST") || !strings.Contains(c.Left[0], "orders-db.shop:15432") {
		t.Errorf("left: %q", c.Left)
	}
	for _, part := range []string{"cloudsql-proxy", "volume key", "DB_HOST", "ORDERS_URL", "sqlproxy-client=true"} {
		if !slices.ContainsFunc(c.Changed, func(s string) bool { return strings.Contains(s, part) }) {
			t.Errorf("%q is not told: %q", part, c.Changed)
		}
	}
}

// What names the sidecar, and what only looks like it.
func TestValues(t *testing.T) {
	t.Parallel()
	_, proxies := world(t, web)
	r := newRedirection(proxies, addresses())
	sibling := func(name, value string) map[string]any { return map[string]any{"name": name, "value": value} }
	beside := []map[string]any{sibling("ORDERS_HOST", "localhost"), sibling("ORDERS_PORT", "5432"), sibling("OTHER_PORT", "8080")}
	for _, test := range []struct{ name, value, want string }{
		{"DSN", "web:pw@tcp(127.0.0.1:3306)/shop?parseTime=true", "web:pw@tcp(shop-db.shop:3306)/shop?parseTime=true"},
		{"URL", "jdbc:postgresql://localhost:5432/orders", "jdbc:postgresql://orders-db.shop:15432/orders"},
		{"BOTH", "localhost:3306,localhost:5432", "shop-db.shop:3306,orders-db.shop:15432"},
		{"ORDERS_HOST", "localhost", "orders-db.shop"},
		{"ORDERS_PORT", "5432", "15432"},
		{"OTHER_HOST", "localhost", "localhost"}, // its port is no sidecar's
		{"DB_HOST", "localhost", "localhost"},    // which of two is not clear
		{"NAME", "localhost", "localhost"},
		{"RETRIES", "5432", "5432"},
		{"URL", "http://localhost:8080/", "http://localhost:8080/"},
		{"URL", "http://localhost.example.com:3306/", "http://localhost.example.com:3306/"},
		{"URL", "1127.0.0.1:3306", "1127.0.0.1:3306"},
		{"URL", "localhost:33060", "localhost:33060"},
	} {
		if got := r.value(test.name, test.value, beside); got != test.want {
			t.Errorf("%s=%s becomes %q, want %q", test.name, test.value, got, test.want)
		}
	}
}

func TestWhatIsLeftToDo(t *testing.T) {
	t.Parallel()
	object, proxies := world(t, `apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: report
            image: report:1
            command: [sh, -c, "report --db 127.0.0.1:5432; curl -X POST localhost:9091/quitquitquit"]
            env:
            - {name: SOCKET, value: /cloudsql/p:r:shop}
            volumeMounts: [{name: sockets, mountPath: /cloudsql}]
          initContainers:
          - name: proxy
            image: cloud-sql-proxy:2.25.3
            restartPolicy: Always
            args: [--quitquitquit, "p:r:orders?port=5432", "p:r:shop?unix-socket=/cloudsql"]
            volumeMounts: [{name: sockets, mountPath: /cloudsql}]
          volumes: [{name: sockets, emptyDir: {}}]
`)
	c, err := WithoutSidecars(object, proxies, map[int]Address{5432: {"orders", 5432}}, map[string]string{"sqlproxy-client": "true"})
	if err != nil {
		t.Fatal(err)
	}
	if _, found, _ := unstructured.NestedSlice(c.Object, "spec", "jobTemplate", "spec", "template", "spec", "initContainers"); found {
		t.Error("the sidecar is still there")
	}
	if v, _, _ := unstructured.NestedString(c.Object, "spec", "jobTemplate", "spec", "template", "metadata", "labels", "sqlproxy-client"); v != "true" {
		t.Errorf("the pods have no label: %v", c.Object)
	}
	for _, part := range []string{"quitquitquit", "SOCKET", "its command names an address"} {
		if !slices.ContainsFunc(c.Left, func(s string) bool { return strings.Contains(s, part) }) {
			t.Errorf("%s is not told: %q", part, c.Left)
		}
	}
}
