package snapshot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// of is the closed snapshot of objects, given as YAML with --- between them.
func of(t testing.TB, documents ...string) *Snapshot {
	t.Helper()
	s := &Snapshot{Fallback: "default"}
	add(t, s, documents...)
	s.Close()
	return s
}

func add(t testing.TB, s *Snapshot, documents ...string) {
	t.Helper()
	line := 1
	for document := range strings.SplitSeq(strings.Join(documents, "\n---\n"), "\n---\n") {
		var head struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			t.Fatal(err)
		}
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		s.Add(head.APIVersion, head.Kind, raw, Place{File: "a.yaml", Line: line})
		line += strings.Count(document, "\n") + 2
	}
}

// deployment is one of a template: its labels are app=<name>.
func deployment(name, podSpec string) string {
	return fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s, namespace: shop}, spec: {replicas: 2, selector: {matchLabels: {app: %s}},
 template: {metadata: {labels: {app: %s, tier: db}}, spec: %s}}}`, name, name, name, podSpec)
}

func service(name, selector, ports string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Service, metadata: {name: %s, namespace: shop}, spec: {selector: %s, ports: [%s]}}`, name, selector, ports)
}

func pod(name, labels, controllerKind, controller string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: shop, labels: %s, ownerReferences: [{apiVersion: x/v1, kind: %s, name: %s, uid: u, controller: true}]}, spec: {containers: [{name: proxy}]}}`,
		name, labels, controllerKind, controller)
}

const (
	v2      = `{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i?port=5432"]}`
	v2Auto  = `{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i", "p:r:j"]}`
	v1      = `{name: proxy, image: "cloudsql-docker/gce-proxy:1.11", command: [/cloud_sql_proxy, "-instances=p:r:i=tcp:0.0.0.0:3306"]}`
	app     = `{name: app, image: "app:1", ports: [{name: http, containerPort: 8080}]}`
	bouncer = `{name: bouncer, image: "edoburu/pgbouncer:1.22", ports: [{name: pg, containerPort: 6432}]}`
	mesh    = `{name: istio-proxy, image: "istio/proxyv2:1.27.1"}`
)

// TestShared: which proxies are for other pods than their own.
func TestShared(t *testing.T) {
	t.Parallel()
	toApp := service("web", "{app: x}", "{port: 80, targetPort: http}")
	for name, tc := range map[string]struct {
		spec, more string
		want       bool
	}{
		"alone":                                  {`{containers: [` + v2 + `]}`, "", true},
		"v1, alone":                              {`{containers: [` + v1 + `]}`, "", true},
		"with a mesh's proxy":                    {`{containers: [` + v2 + `, ` + mesh + `]}`, "", true},
		"two proxies":                            {`{containers: [` + v2 + `, {name: other, image: "gce-proxy:1.33.2", command: [/cloud_sql_proxy, "-instances=p:r:j=tcp:3306"]}]}`, "", true},
		"a sidecar":                              {`{containers: [` + app + `, ` + v2 + `]}`, "", false},
		"a sidecar, the app is served":           {`{containers: [` + app + `, ` + v2 + `]}`, toApp, false},
		"a sidecar that is served":               {`{containers: [` + app + `, ` + v2 + `]}`, service("db", "{app: x}", "{port: 1, targetPort: 5432}"), true},
		"served by a port without a target":      {`{containers: [` + app + `, ` + v2 + `]}`, service("db", "{app: x}", "{port: 5432}"), true},
		"a Service of others":                    {`{containers: [` + app + `, ` + v2 + `]}`, service("db", "{app: other}", "{port: 5432}"), false},
		"a Service that wants more labels":       {`{containers: [` + app + `, ` + v2 + `]}`, service("db", "{app: x, zone: a}", "{port: 5432}"), false},
		"a Service without a selector":           {`{containers: [` + app + `, ` + v2 + `]}`, service("db", "{}", "{port: 5432}"), false},
		"v2 without a port, served as its first": {`{containers: [` + app + `, ` + v2Auto + `]}`, service("db", "{app: x}", "{port: 5432}"), true},
		"v2 without a port, served as its next":  {`{containers: [` + app + `, ` + v2Auto + `]}`, service("db", "{app: x}", "{port: 3307}"), true},
		"v2 without a port, not that many":       {`{containers: [` + app + `, ` + v2Auto + `]}`, service("db", "{app: x}", "{port: 3308}"), false},
		"v2 without a port, the app is served":   {`{containers: [` + app + `, ` + v2Auto + `]}`, toApp, false},
		"v2 without a port, the app has it": {`{containers: [{name: mysql, image: "mysql:8", ports: [{containerPort: 3306}]}, ` + v2Auto + `]}`,
			service("db", "{app: x}", "{port: 3306}"), false},
		"its health port is served":             {`{containers: [` + app + `, {name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["--health-check", "p:r:i?port=5432"]}]}`, service("db", "{app: x}", "{port: 9090}"), false},
		"a pooler in front of it":               {`{containers: [` + bouncer + `, ` + v2 + `]}`, service("db", "{app: x}", "{port: 5432, targetPort: pg}"), true},
		"a pooler that nobody leads to":         {`{containers: [` + bouncer + `, ` + v2 + `]}`, "", false},
		"a pooler in the app's pod":             {`{containers: [` + app + `, ` + bouncer + `, ` + v2 + `]}`, toApp, false},
		"a pooler in the app's pod, for others": {`{containers: [` + app + `, ` + bouncer + `, ` + v2 + `]}`, service("db", "{app: x}", "{port: 5432, targetPort: pg}"), true},
		"a native sidecar":                      {`{initContainers: [{name: proxy, restartPolicy: Always, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i?port=5432"]}], containers: [` + app + `]}`, "", false},
		"a native sidecar that is served": {`{initContainers: [{name: proxy, restartPolicy: Always, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i?port=5432"], ports: [{name: db, containerPort: 5432}]}], containers: [` + app + `]}`,
			service("db", "{app: x}", "{port: 1, targetPort: db}"), true},
		"an init container that ends": {`{initContainers: [{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i?port=5432"]}], containers: [` + mesh + `]}`, "", false},
	} {
		documents := []string{deployment("x", tc.spec)}
		if tc.more != "" {
			documents = append(documents, tc.more)
		}
		s := of(t, documents...)
		if len(s.Proxies) == 0 || len(s.Problems) != 0 {
			t.Errorf("%s: proxies %v, problems %v", name, s.Proxies, s.Problems)
			continue
		}
		if got := s.Proxies[0].Shared; got != tc.want {
			t.Errorf("%s: shared %t, want %t", name, got, tc.want)
		}
	}
}

// TestKinds: which objects are workloads with a proxy, and where in them it is.
func TestKinds(t *testing.T) {
	t.Parallel()
	owned := `ownerReferences: [{apiVersion: apps/v1, kind: OWNER, name: o, uid: u, controller: true}]`
	template := `template: {metadata: {labels: {app: x}}, spec: {containers: [` + app + `, ` + v2 + `]}}`
	for _, tc := range []struct{ document, want string }{
		{`{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {` + template + `}}`, "Deployment default/x spec.template.spec.containers[1] 1"},
		{`{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: x, namespace: shop}, spec: {replicas: 3, ` + template + `}}`, "Deployment shop/x spec.template.spec.containers[1] 3"},
		{`{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: 0, ` + template + `}}`, "Deployment default/x spec.template.spec.containers[1] 0"},
		{`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x}, spec: {` + template + `}}`, "StatefulSet default/x spec.template.spec.containers[1] 1"},
		{`{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x}, spec: {` + template + `}}`, "DaemonSet default/x spec.template.spec.containers[1] -1"},
		{`{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: x}, spec: {` + template + `}}`, "ReplicaSet default/x spec.template.spec.containers[1] 1"},
		{`{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: x, ` + strings.Replace(owned, "OWNER", "Rollout", 1) + `}, spec: {` + template + `}}`, "ReplicaSet default/x spec.template.spec.containers[1] 1"},
		{`{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: x, ` + strings.Replace(owned, "OWNER", "Deployment", 1) + `}, spec: {` + template + `}}`, ""},
		{`{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {` + template + `}}`, "Job default/x spec.template.spec.containers[1] -1"},
		{`{apiVersion: batch/v1, kind: Job, metadata: {name: x, ` + strings.Replace(owned, "OWNER", "CronJob", 1) + `}, spec: {` + template + `}}`, ""},
		{`{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {jobTemplate: {spec: {` + template + `}}}}`, "CronJob default/x spec.jobTemplate.spec.template.spec.containers[1] -1"},
		{`{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [` + v2 + `]}}`, "Pod default/x spec.containers[0] 1"},
		{`{apiVersion: v1, kind: Pod, metadata: {name: x, ` + strings.Replace(owned, "OWNER", "ReplicaSet", 1) + `}, spec: {containers: [` + v2 + `]}}`, ""},
		{`{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {template: {spec: {initContainers: [` + v1 + `], containers: [` + app + `]}}}}`, "Deployment default/x spec.template.spec.initContainers[0] 1"},
		// Other groups have kinds of the same names.
		{`{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: x}, spec: {` + template + `}}`, ""},
		{`{apiVersion: batch.volcano.sh/v1alpha1, kind: Job, metadata: {name: x}, spec: {` + template + `}}`, ""},
		{`{apiVersion: v1, kind: Deployment, metadata: {name: x}, spec: {` + template + `}}`, ""},
	} {
		s := of(t, tc.document)
		got := ""
		for _, p := range s.Proxies {
			got += fmt.Sprintf("%s %s/%s %s %d", p.Kind, p.Namespace, p.Name, p.Path, p.Replicas)
		}
		if got != tc.want || len(s.Problems) != 0 {
			t.Errorf("%s:\n%q, want %q; problems %v", tc.document, got, tc.want, s.Problems)
		}
	}
}

// TestPods: which pods are a workload's.
func TestPods(t *testing.T) {
	t.Parallel()
	alone := `{containers: [` + v2 + `]}`
	s := of(t, deployment("sql", alone), deployment("sql-proxy", strings.ReplaceAll(alone, "5432", "5433")),
		`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: set, namespace: shop}, spec: {selector: {matchLabels: {app: sql}}, template: {spec: `+alone+`}}}`,
		`{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: sql-1, namespace: shop}, spec: {selector: {matchLabels: {app: bare}}, template: {spec: `+alone+`}}}`,
		`{apiVersion: batch/v1, kind: CronJob, metadata: {name: report, namespace: shop}, spec: {jobTemplate: {spec: {template: {spec: `+alone+`}}}}}`,
		`{apiVersion: batch/v1, kind: Job, metadata: {name: report-x, namespace: shop}, spec: {template: {spec: `+alone+`}}}`,
		`{apiVersion: v1, kind: Pod, metadata: {name: lonely, namespace: shop, labels: {app: sql}}, spec: `+alone+`}`,
		pod("sql-5f-a", "{app: sql, pod-template-hash: 5f}", "ReplicaSet", "sql-5f"),
		pod("sql-proxy-6c-a", "{app: sql-proxy, pod-template-hash: 6c}", "ReplicaSet", "sql-proxy-6c"),
		pod("sql-1-a", "{app: bare}", "ReplicaSet", "sql-1"),
		pod("blue-7d-a", "{app: sql, pod-template-hash: 7d}", "ReplicaSet", "blue-7d"), // of a Deployment with the same labels
		pod("set-0", "{app: sql}", "StatefulSet", "set"),
		pod("report-29000-a", "{}", "Job", "report-29000"),
		pod("report-x-a", "{}", "Job", "report-x"),
		strings.Replace(pod("sql-5f-b", "{app: sql, pod-template-hash: 5f}", "ReplicaSet", "sql-5f"), "namespace: shop", "namespace: bank", 1),
	)
	want := map[string]string{
		"Deployment/sql": "sql-5f-a", "Deployment/sql-proxy": "sql-proxy-6c-a", "StatefulSet/set": "set-0", "ReplicaSet/sql-1": "sql-1-a",
		"CronJob/report": "report-29000-a", "Job/report-x": "report-x-a", "Pod/lonely": "lonely",
	}
	for _, p := range s.Proxies {
		var got []string
		for _, pod := range p.Pods {
			got = append(got, pod.Name)
		}
		if name := p.Kind + "/" + p.Name; strings.Join(got, " ") != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
		delete(want, p.Kind+"/"+p.Name)
	}
	if len(want) != 0 {
		t.Errorf("no proxies: %v", want)
	}
}

// TestAttached: what is a proxy's, and what is not.
func TestAttached(t *testing.T) {
	t.Parallel()
	meta := func(name string) string { return "metadata: {name: " + name + ", namespace: shop}" }
	s := of(t, deployment("x", `{containers: [`+v2+`]}`),
		service("b", "{app: x}", "{port: 1}"), service("a", "{tier: db, app: x}", "{port: 1}"), service("c", "{tier: web}", "{port: 1}"),
		`{apiVersion: policy/v1, kind: PodDisruptionBudget, `+meta("mine")+`, spec: {selector: {matchLabels: {app: x}}}}`,
		`{apiVersion: policy/v1, kind: PodDisruptionBudget, `+meta("all")+`, spec: {selector: {}}}`,
		`{apiVersion: policy/v1, kind: PodDisruptionBudget, `+meta("none")+`, spec: {}}`,
		`{apiVersion: policy/v1, kind: PodDisruptionBudget, `+meta("other")+`, spec: {selector: {matchLabels: {app: other}}}}`,
		`{apiVersion: policy/v1, kind: PodDisruptionBudget, `+meta("bad")+`, spec: {selector: {matchExpressions: [{key: app, operator: Near}]}}}`,
		`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, `+meta("ingress")+`, spec: {podSelector: {}, policyTypes: [Egress, Ingress]}}`,
		`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, `+meta("untyped")+`, spec: {podSelector: {matchExpressions: [{key: app, operator: In, values: [x]}]}}}`,
		`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, `+meta("egress")+`, spec: {podSelector: {}, policyTypes: [Egress]}}`,
		`{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, `+meta("mine")+`, spec: {scaleTargetRef: {kind: Deployment, name: x}, maxReplicas: 3}}`,
		`{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, `+meta("other")+`, spec: {scaleTargetRef: {kind: StatefulSet, name: x}, maxReplicas: 3}}`,
		pod("x-5f-a", "{app: x, pod-template-hash: 5f}", "ReplicaSet", "x-5f"),
	)
	s.Logs = []*Log{{Namespace: "shop", Pod: "x-5f-a", Container: "proxy"}, {Namespace: "shop", Pod: "x-5f-a", Container: "app"}, {Namespace: "bank", Pod: "x-5f-a", Container: "proxy"}}
	s.Probes = []*Probe{{Namespace: "shop", Pod: "x-5f-a", Port: 5432}, {Namespace: "shop", Pod: "y", Port: 5432}}
	for range 2 { // closing again finds the same
		s.Close()
		p := s.Proxies[0]
		got := fmt.Sprint(itemNames(p.Services), itemNames(p.Budgets), itemNames(p.Policies), itemNames(p.Autoscalers), len(p.Logs), len(p.Probes), len(p.Pods), len(s.Proxies))
		if want := "[a b] [mine all] [ingress untyped] [mine] 1 1 1 1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func itemNames[T any](all []*Item[T]) []string {
	var names []string
	for _, o := range all {
		names = append(names, o.Name)
	}
	return names
}

// TestEnv: what is known of a container's variables, in the order in which they are set.
func TestEnv(t *testing.T) {
	t.Parallel()
	settings := `{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {ADDRESS: 0.0.0.0, PORT: "5433", REGION: europe-west1}}`
	for name, tc := range map[string]struct{ container, want, unknown string }{
		"in place":      {`env: [{name: CSQL_PROXY_ADDRESS, value: 0.0.0.0}]`, "0.0.0.0 - p:r:i", ""},
		"all of a map":  {`envFrom: [{prefix: CSQL_PROXY_, configMapRef: {name: settings}}]`, "0.0.0.0 5433 p:r:i", ""},
		"a key":         {`env: [{name: CSQL_PROXY_PORT, valueFrom: {configMapKeyRef: {name: settings, key: PORT}}}]`, "- 5433 p:r:i", ""},
		"place wins":    {`envFrom: [{prefix: CSQL_PROXY_, configMapRef: {name: settings}}], env: [{name: CSQL_PROXY_PORT, value: "1"}]`, "0.0.0.0 1 p:r:i", ""},
		"of others":     {`envFrom: [{configMapRef: {name: settings}}], env: [{name: I, value: "p:$(REGION):j"}], args: ["$(I)?port=1"]`, "- - p:europe-west1:j", ""},
		"the namespace": {`env: [{name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}], args: ["p:r:$(NS)"]`, "- - p:r:shop", ""},
		"of a Secret":   {`env: [{name: CSQL_PROXY_PORT, valueFrom: {secretKeyRef: {name: secret, key: k}}}]`, "- - p:r:i", "CSQL_PROXY_PORT"},
		"from a Secret": {`envFrom: [{secretRef: {name: s}}]`, "- - p:r:i", "*"},
		"no such map":   {`envFrom: [{configMapRef: {name: gone}}]`, "- - p:r:i", "*"},
		"no such key":   {`env: [{name: CSQL_PROXY_PORT, valueFrom: {configMapKeyRef: {name: settings, key: GONE}}}]`, "- - p:r:i", "CSQL_PROXY_PORT"},
		"of an unknown": {`env: [{name: P, valueFrom: {secretKeyRef: {name: secret, key: k}}}, {name: CSQL_PROXY_ADDRESS, value: "$(P).1"}]`, "- - p:r:i", "P CSQL_PROXY_ADDRESS"},
	} {
		container := `{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i"], ` + tc.container + `}`
		if strings.Contains(tc.container, "args") {
			container = strings.Replace(container, `args: ["p:r:i"], `, "", 1)
		}
		p := of(t, settings, deployment("x", `{containers: [`+container+`]}`)).Proxies[0]
		address, port := "-", "-"
		if p.Spec.Listen.Address.Set {
			address = p.Spec.Listen.Address.Value
		}
		if p.Spec.Listen.Port.Set {
			port = fmt.Sprint(p.Spec.Listen.Port.Value)
		}
		if got := address + " " + port + " " + p.Spec.Instances[0].Name; got != tc.want || strings.Join(p.Unknown, " ") != tc.unknown {
			t.Errorf("%s: %s, unknown %q; want %s, unknown %q", name, got, p.Unknown, tc.want, tc.unknown)
		}
	}
}

// TestInstancesNotKnown: instances that a Secret names are not missing, but not known.
func TestInstancesNotKnown(t *testing.T) {
	t.Parallel()
	for container, want := range map[string]proxy.ID{
		`{name: p, image: "cloud-sql-proxy:2.25.3"}`: proxy.InstanceMissing,
		`{name: p, image: "cloud-sql-proxy:2.25.3", env: [{name: OTHER, valueFrom: {secretKeyRef: {name: secret, key: k}}}]}`:                                   proxy.InstanceMissing,
		`{name: p, image: "cloud-sql-proxy:2.25.3", env: [{name: CSQL_PROXY_INSTANCE_CONNECTION_NAME_0, valueFrom: {secretKeyRef: {name: secret, key: k}}}]}`:   proxy.Unexpanded,
		`{name: p, image: "cloud-sql-proxy:2.25.3", envFrom: [{secretRef: {name: s}}]}`:                                                                         proxy.Unexpanded,
		`{name: p, image: "gce-proxy:1.33.2", command: [/cloud_sql_proxy], env: [{name: INSTANCES, valueFrom: {secretKeyRef: {name: secret, key: k}}}]}`:        proxy.Unexpanded,
		`{name: p, image: "alloydb-auth-proxy:1.15.2", env: [{name: ALLOYDB_PROXY_INSTANCE_URI, valueFrom: {configMapKeyRef: {name: gone, key: k}}}]}`:          proxy.Unexpanded,
		`{name: p, image: "alloydb-auth-proxy:1.15.2", env: [{name: CSQL_PROXY_INSTANCE_CONNECTION_NAME, valueFrom: {configMapKeyRef: {name: gone, key: k}}}]}`: proxy.InstanceMissing,
	} {
		s := of(t, deployment("x", `{containers: [`+container+`]}`))
		if len(s.Proxies) != 1 {
			t.Errorf("%s: no proxy; problems %v", container, s.Problems)
			continue
		}
		p := s.Proxies[0]
		var got []proxy.ID
		for _, one := range p.Problems {
			if one.ID == proxy.InstanceMissing || one.ID == proxy.Unexpanded {
				got = append(got, one.ID)
			}
		}
		if !slices.Equal(got, []proxy.ID{want}) {
			t.Errorf("%s: %v, want %s", container, p.Problems, want)
		}
	}
}

// TestConfigFile: a configuration file that a ConfigMap holds is read.
func TestConfigFile(t *testing.T) {
	t.Parallel()
	config := `{apiVersion: v1, kind: ConfigMap, metadata: {name: config, namespace: shop}, data: {proxy.yaml: "address: 0.0.0.0\ninstance-connection-name: p:r:i\n", bad.yaml: "{", empty.yaml: ""}}`
	for name, tc := range map[string]struct {
		mount, volume, flag string
		address             string
		file                string // where it stays unread
	}{
		"a folder":        {`{name: c, mountPath: /etc/proxy}`, `{name: config}`, "/etc/proxy/proxy.yaml", "0.0.0.0", ""},
		"an item":         {`{name: c, mountPath: /etc/proxy/}`, `{name: config, items: [{key: proxy.yaml, path: a/b.yaml}]}`, "/etc/proxy/a/b.yaml", "0.0.0.0", ""},
		"a subPath":       {`{name: c, mountPath: /p.yaml, subPath: proxy.yaml}`, `{name: config}`, "/p.yaml", "0.0.0.0", ""},
		"not an item":     {`{name: c, mountPath: /etc/proxy}`, `{name: config, items: [{key: proxy.yaml, path: b.yaml}]}`, "/etc/proxy/proxy.yaml", "", "/etc/proxy/proxy.yaml"},
		"another folder":  {`{name: c, mountPath: /etc/pro}`, `{name: config}`, "/etc/proxy.yaml", "", "/etc/proxy.yaml"},
		"no such map":     {`{name: c, mountPath: /etc/proxy}`, `{name: gone}`, "/etc/proxy/proxy.yaml", "", "/etc/proxy/proxy.yaml"},
		"no such key":     {`{name: c, mountPath: /etc/proxy}`, `{name: config}`, "/etc/proxy/gone.yaml", "", "/etc/proxy/gone.yaml"},
		"cannot be read":  {`{name: c, mountPath: /etc/proxy}`, `{name: config}`, "/etc/proxy/bad.yaml", "", "/etc/proxy/bad.yaml"},
		"nothing is said": {`{name: c, mountPath: /etc/proxy}`, `{name: config}`, "/etc/proxy/empty.yaml", "", ""},
	} {
		p := of(t, config, deployment("x", `{volumes: [{name: c, configMap: `+tc.volume+`}], containers: [{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["--config-file=`+tc.flag+`"], volumeMounts: [`+tc.mount+`]}]}`)).Proxies[0]
		if p.Spec.Listen.Address.Value != tc.address || p.Spec.ConfigFile != tc.file {
			t.Errorf("%s: address %q, unread %q; want %q, %q", name, p.Spec.Listen.Address.Value, p.Spec.ConfigFile, tc.address, tc.file)
		}
	}
}

// TestTwice: of an object that is there twice the last counts. In files that is said,
// unless it is the same one of a dump.
func TestTwice(t *testing.T) {
	t.Parallel()
	first, second := deployment("x", `{containers: [`+v2+`]}`), deployment("x", `{containers: [`+v1+`]}`)
	uid := func(document, uid string) string {
		return strings.Replace(document, "namespace: shop}", "namespace: shop, uid: "+uid+"}", 1)
	}
	for name, tc := range map[string]struct {
		files    bool
		all      []string
		problems string
	}{
		"manifests":           {true, []string{first, second}, "a.yaml:4 the other is at a.yaml:1"},
		"a cluster's":         {false, []string{first, second}, ""},
		"the same of a dump":  {true, []string{uid(first, "a"), uid(second, "a")}, ""},
		"others of two dumps": {true, []string{uid(first, "a"), uid(second, "b")}, "a.yaml:4 the other is at a.yaml:1"},
		"other namespaces":    {true, []string{second, strings.Replace(first, "namespace: shop", "namespace: bank", 1)}, ""},
		"without names":       {true, []string{strings.Replace(first, "name: x", "generateName: x-", 1), strings.Replace(second, "name: x", "generateName: x-", 1)}, ""},
	} {
		s := &Snapshot{Files: tc.files}
		add(t, s, tc.all...)
		s.Close()
		var problems []string
		for _, p := range s.Problems {
			problems = append(problems, fmt.Sprintf("%s:%d %s", p.File, p.Line, p.Text))
		}
		if strings.Join(problems, ", ") != tc.problems {
			t.Errorf("%s: %q, want %q", name, problems, tc.problems)
		}
		want := 1
		if strings.HasPrefix(name, "other names") || name == "without names" {
			want = 2
		}
		if len(s.Proxies) != want || s.Proxies[len(s.Proxies)-1].Spec.Engine != proxy.V1 {
			t.Errorf("%s: %d proxies, the last %s", name, len(s.Proxies), s.Proxies[len(s.Proxies)-1].Spec.Engine)
		}
	}
}

// TestAbsence: what it means that an object was not found.
func TestAbsence(t *testing.T) {
	t.Parallel()
	s := &Snapshot{Missing: []Missing{{Kind: "Secret", Namespace: "bank"}, {Kind: "Node"}}}
	files := &Snapshot{Files: true}
	add(t, files, `{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: dump, uid: u}}`, `{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: written}}`,
		`{apiVersion: v1, kind: Node, metadata: {name: node-1, uid: v}}`)
	for _, tc := range []struct {
		s               *Snapshot
		kind, namespace string
		want            Presence
	}{
		{s, "Secret", "shop", Gone}, {s, "Secret", "bank", Unseen}, {s, "Secret", "", Unseen}, {s, "Node", "", Unseen}, {s, "ConfigMap", "bank", Gone},
		{files, "Secret", "dump", Gone}, {files, "Secret", "written", NotInFiles}, {files, "ConfigMap", "dump", NotInFiles}, {files, "Node", "", Gone},
	} {
		if got := tc.s.Absence(tc.kind, tc.namespace); got != tc.want {
			t.Errorf("%s in %q, files %t: %d, want %d", tc.kind, tc.namespace, tc.s.Files, got, tc.want)
		}
	}
}

// TestSecrets: only the shape of values is kept, and no complaint quotes one.
func TestSecrets(t *testing.T) {
	t.Parallel()
	s := of(t, `{apiVersion: v1, kind: Secret, metadata: {name: key, namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z", managedFields: [{time: "2026-02-01T00:00:00Z"}, {time: "2026-01-15T00:00:00Z"}]},
 data: {a: aHVudGVyMg==, b: eA==}, stringData: {b: hunter2hunter2}}`,
		`{apiVersion: v1, kind: Secret, metadata: {name: odd, namespace: shop}, data: {a: "hunter2!"}}`,
		`{apiVersion: v1, kind: Secret, metadata: {name: list, namespace: shop}, data: [hunter2]}`)
	if len(s.Secrets) != 1 || s.Secrets[0].Name != "key" {
		t.Fatalf("%+v", s.Secrets)
	}
	key := s.Secrets[0]
	if key.Keys["a"].Length != 7 || key.Keys["b"].Length != 14 || !key.Changed.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", key)
	}
	if len(s.Problems) != 2 || strings.Contains(fmt.Sprintf("%+v", s.Problems), "hunter2") {
		t.Errorf("problems %+v", s.Problems)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	s := of(t, `{apiVersion: events.k8s.io/v1, kind: Event, metadata: {name: c, namespace: shop}, regarding: {kind: Pod, namespace: shop, name: x}, type: Warning, reason: Unhealthy, note: new, deprecatedCount: 3, deprecatedLastTimestamp: "2026-01-03T00:00:00Z"}`,
		`{apiVersion: v1, kind: Event, metadata: {name: a, namespace: shop}, involvedObject: {kind: Pod, namespace: shop, name: x}, type: Warning, reason: Unhealthy, message: core, count: 2, lastTimestamp: "2026-01-02T00:00:00Z"}`,
		`{apiVersion: v1, kind: Event, metadata: {name: b, namespace: shop}, involvedObject: {kind: Pod, namespace: shop, name: x}, message: series, count: 1, series: {count: 9, lastObservedTime: "2026-01-01T00:00:00.000000Z"}}`,
		`{apiVersion: v1, kind: Event, metadata: {name: d, namespace: shop}, involvedObject: {kind: Pod, namespace: shop, name: x}, message: once, eventTime: "2026-01-04T00:00:00.000000Z"}`,
		`{apiVersion: v1, kind: Event, metadata: {name: e, namespace: shop}, involvedObject: {kind: Pod, namespace: shop, name: other}, message: other}`)
	var got []string
	for _, e := range s.EventsOf("Pod", "shop", "x") {
		got = append(got, fmt.Sprintf("%s %d %s", e.Message, e.Count, e.Last.UTC().Format("02")))
	}
	if want := "series 9 01, core 2 02, new 3 03, once 0 04"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestInjectors(t *testing.T) {
	t.Parallel()
	s := of(t, `{apiVersion: cloudsql.cloud.google.com/v1, kind: AuthProxyWorkload, metadata: {name: a, namespace: shop}, spec: {workloadSelector: {kind: Deployment, selector: {matchLabels: {app: x}}}, instances: [{connectionString: "p:r:i"}, {connectionString: "p:r:j"}]}}`,
		`{apiVersion: cloudsql.cloud.google.com/v1, kind: AuthProxyWorkload, metadata: {name: b, namespace: shop}, spec: {instances: x}}`)
	if len(s.Injectors) != 1 || len(s.Problems) != 1 {
		t.Fatalf("%v, problems %v", s.Injectors, s.Problems)
	}
	if i := s.Injectors[0]; i.WorkloadKind != "Deployment" || i.Labels["app"] != "x" || strings.Join(i.Instances, " ") != "p:r:i p:r:j" {
		t.Errorf("%+v", i)
	}
}
