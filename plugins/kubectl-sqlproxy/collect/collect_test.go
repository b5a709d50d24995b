package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// healthy is the shared proxy of the namespace shop that the rules' fixtures are made of.
func healthy(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../diagnose/testdata/ok.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func serve(t *testing.T, documents ...string) (*kubetest.Server, *kube.Cluster) {
	t.Helper()
	srv := kubetest.Start(t)
	srv.AddResource(
		kubetest.Resource{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler", Plural: "horizontalpodautoscalers", Namespaced: true},
		kubetest.Resource{Group: "cloudsql.cloud.google.com", Version: "v1", Kind: "AuthProxyWorkload", Plural: "authproxyworkloads", Namespaced: true},
	)
	apply(t, srv, documents...)
	c, err := kube.NewCluster("test", "shop", srv.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return srv, c
}

// apply stores objects, and writes what documents of the kind Log say.
func apply(t *testing.T, srv *kubetest.Server, documents ...string) {
	t.Helper()
	for document := range strings.SplitSeq(strings.Join(documents, "\n---\n"), "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			t.Fatal(err)
		}
		if len(o.Object) == 0 {
			continue
		}
		if o.GetKind() != "Log" {
			start(o)
			srv.Must(srv.Apply(o))
			continue
		}
		var log snapshot.Log
		raw, _ := json.Marshal(o.Object)
		if err := json.Unmarshal(raw, &log); err != nil {
			t.Fatal(err)
		}
		for _, line := range log.Lines {
			srv.Container(log.Namespace, log.Pod, log.Container).Write(line)
		}
	}
}

// start gives the containers of a pod their IDs, without which they have no log.
func start(pod *unstructured.Unstructured) {
	statuses, _, _ := unstructured.NestedSlice(pod.Object, "status", "containerStatuses")
	for i := range statuses {
		statuses[i].(map[string]any)["containerID"] = fmt.Sprintf("containerd://%s-%d", pod.GetName(), i)
	}
	if len(statuses) > 0 {
		_ = unstructured.SetNestedSlice(pod.Object, statuses, "status", "containerStatuses")
	}
}

func read(t *testing.T, c *kube.Cluster, q Query) *snapshot.Snapshot {
	t.Helper()
	s, err := Cluster(t.Context(), c, q)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// named are the names of objects, sorted: "shop/orders node-1".
func named[T any](all []T, object func(T) finding.Object) string {
	found := map[string]bool{}
	for _, o := range all {
		found[strings.TrimPrefix(object(o).Namespace+"/"+object(o).Name, "/")] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), " ")
}

func items[T any](all []*snapshot.Item[T]) string {
	return named(all, func(i *snapshot.Item[T]) finding.Object { return i.Object })
}

func workloads(s *snapshot.Snapshot) string {
	return named(s.Workloads, func(w *snapshot.Workload) finding.Object { return w.Object })
}

func secrets(s *snapshot.Snapshot) string {
	return named(s.Secrets, func(o *snapshot.Secret) finding.Object { return o.Object })
}

func missing(s *snapshot.Snapshot) string {
	var all []string
	for _, m := range s.Missing {
		all = append(all, strings.TrimSuffix(m.Kind+" "+m.Resource+" "+m.Namespace, " "))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// others are what is around a healthy proxy: clients, a job, a bare pod, pods of others.
const others = `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, namespace: shop, labels: {team: cart}, annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}},
 spec: {replicas: 3, selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart, sqlproxy-client: "true"}, annotations: {sidecar.istio.io/inject: "true", note: x}}, spec: {
 volumes: [{name: v, secret: {secretName: cart}}], containers: [{name: app, image: "cart:1", env: [{name: DB_HOST, value: orders}, {name: LONG, value: "LONG"}, {name: PASSWORD, valueFrom: {secretKeyRef: {name: cart, key: p}}}],
 volumeMounts: [{name: v, mountPath: /v}]}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: cart-6b-x, namespace: shop, labels: {app: cart, pod-template-hash: 6b}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: cart-6b, uid: u, controller: true}]}, spec: {containers: [{name: app}]}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: cart-6b, namespace: shop, labels: {app: cart, pod-template-hash: 6b}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: cart, uid: u, controller: true}]}, spec: {template: {spec: {containers: [{name: app}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: debug, namespace: shop}, spec: {containers: [{name: app, image: "debug:1"}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: workflow-1, namespace: shop, ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: Workflow, name: w, uid: u, controller: true}]}, spec: {containers: [{name: main}]}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: report, namespace: shop}, spec: {schedule: "0 1 * * *", jobTemplate: {spec: {template: {metadata: {labels: {app: report}}, spec: {
 containers: [{name: report, image: "report:1", env: [{name: DB_HOST, value: 127.0.0.1}]}, {name: sql, image: "cloudsql-docker/gce-proxy:1.11", command: [/cloud_sql_proxy, "-instances=p:r:i=tcp:5432"]}]}}}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: report-28000-x, namespace: shop, labels: {app: report, job-name: report-28000}, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: report-28000, uid: u, controller: true}]}, spec: {containers: [{name: sql}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: cart, namespace: shop}, data: {p: aHVudGVyMg==}}
---
{apiVersion: v1, kind: Node, metadata: {name: node-3}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {selector: {app: cart}, ports: [{port: 80}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: cart-x, namespace: shop, labels: {kubernetes.io/service-name: cart}}, addressType: IPv4, endpoints: []}
---
{apiVersion: v1, kind: Event, metadata: {name: e1, namespace: shop}, involvedObject: {kind: Pod, namespace: shop, name: sql-proxy-7d4f9c6b5-aaaaa}, type: Warning, reason: Unhealthy, message: "Readiness probe failed"}
---
{apiVersion: v1, kind: Event, metadata: {name: e2, namespace: shop}, involvedObject: {kind: Pod, namespace: shop, name: cart-6b-x}, reason: Unhealthy, message: no}
---
{apiVersion: v1, kind: Event, metadata: {name: e3, namespace: shop}, involvedObject: {kind: ReplicaSet, namespace: shop, name: sql-proxy-7d4f9c6b5}, reason: FailedCreate, message: quota}
---
{apiVersion: cloudsql.cloud.google.com/v1, kind: AuthProxyWorkload, metadata: {name: inject, namespace: shop}, spec: {workloadSelector: {kind: Deployment, name: cart}, instances: [{connectionString: "p:r:i"}]}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: sql-proxy, namespace: shop}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: sql-proxy}, minReplicas: 2, maxReplicas: 4}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: vault, namespace: bank}, spec: {replicas: 1, selector: {matchLabels: {app: vault}}, template: {metadata: {labels: {app: vault}}, spec: {serviceAccountName: vault,
 volumes: [{name: key, secret: {secretName: key}}], containers: [{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i?port=5432", "--credentials-file=/k/key.json"], envFrom: [{configMapRef: {name: settings}}], volumeMounts: [{name: key, mountPath: /k}]}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: vault-5f-x, namespace: bank, labels: {app: vault, pod-template-hash: 5f}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: vault-5f, uid: u, controller: true}]}, spec: {nodeName: node-3, containers: [{name: proxy}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: key, namespace: bank}, data: {key.json: e30=}}
---
{apiVersion: v1, kind: Secret, metadata: {name: other, namespace: bank}, data: {key.json: e30=}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: bank}, data: {CSQL_PROXY_ADDRESS: 0.0.0.0}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: unrelated, namespace: bank}, data: {x: y}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bank}}
`

func world(t *testing.T) (*kubetest.Server, *kube.Cluster) {
	t.Helper()
	return serve(t, healthy(t), strings.Replace(others, `"LONG"`, `"`+strings.Repeat("x", longest+1)+`"`, 1))
}

// TestOneNamespace: what concerns the proxies of a namespace is read, and nothing else.
func TestOneNamespace(t *testing.T) {
	t.Parallel()
	_, c := world(t)
	s := read(t, c, Query{Namespaces: []string{"shop"}, Logs: true})
	expect(t, "missing", missing(s), "")
	if len(s.Problems) != 0 || s.Minor < 20 {
		t.Errorf("problems %v, minor version %d", s.Problems, s.Minor)
	}
	expect(t, "workloads", workloads(s), "shop/cart shop/debug shop/report shop/sql-proxy")
	expect(t, "pods", items(s.Pods), "shop/debug shop/report-28000-x shop/sql-proxy-7d4f9c6b5-aaaaa shop/sql-proxy-7d4f9c6b5-bbbbb")
	expect(t, "services", items(s.Services), "shop/cart shop/orders")
	expect(t, "endpoints", items(s.EndpointSlices), "shop/orders-x7k2p")
	expect(t, "budgets", items(s.Budgets), "shop/sql-proxy")
	expect(t, "policies", items(s.Policies), "shop/sql-proxy")
	expect(t, "autoscalers", items(s.Autoscalers), "shop/sql-proxy")
	expect(t, "accounts", items(s.ServiceAccounts), "shop/sql-proxy")
	expect(t, "namespaces", items(s.Namespaces), "bank default kube-system shop")
	expect(t, "nodes", items(s.Nodes), "node-1 node-2")
	expect(t, "secrets", secrets(s), "")
	expect(t, "config", items(s.ConfigMaps), "")
	var events []string
	for _, e := range s.Events {
		events = append(events, e.Kind+" "+e.Message)
	}
	slices.Sort(events)
	expect(t, "events", strings.Join(events, ", "), "Pod Readiness probe failed, ReplicaSet quota")
	if len(s.Injectors) != 1 || s.Injectors[0].WorkloadName != "cart" {
		t.Errorf("injectors %v", s.Injectors)
	}
}

// TestJoined: the healthy proxy has all that is its own.
func TestJoined(t *testing.T) {
	t.Parallel()
	_, c := world(t)
	s := read(t, c, Query{Namespaces: []string{"shop"}, Logs: true})
	if len(s.Proxies) != 2 || s.Proxies[0].Name != "report" || s.Proxies[0].Shared || len(s.Proxies[0].Pods) != 1 {
		t.Fatalf("proxies %+v", s.Proxies)
	}
	p := s.Proxies[1]
	if !p.Shared || len(p.Pods) != 2 || len(p.Services) != 1 || len(p.Budgets) != 1 || len(p.Policies) != 1 || len(p.Autoscalers) != 1 || len(p.Logs) != 2 {
		t.Errorf("%+v", p)
	}
	for _, log := range p.Logs {
		if len(log.Lines) != 6 || !strings.HasPrefix(log.Lines[0], `{"severity":"INFO"`) || !strings.Contains(log.Lines[5], "client closed") {
			t.Errorf("log of %s: %q", log.Pod, log.Lines)
		}
	}
	if p.Template.Spec.TerminationGracePeriodSeconds == nil || p.Pods[0].Value.Spec.Containers[0].Args == nil {
		t.Error("a shared proxy is not kept whole")
	}
}

// TestClients: of a workload without a proxy no more stays than shows a client.
func TestClients(t *testing.T) {
	t.Parallel()
	_, c := world(t)
	s := read(t, c, Query{Namespaces: []string{"shop"}})
	at := slices.IndexFunc(s.Workloads, func(w *snapshot.Workload) bool { return w.Name == "cart" })
	w := s.Workloads[at]
	app := w.Template.Spec.Containers[0]
	if w.Replicas != 3 || w.Meta.Labels["team"] != "cart" || w.Template.Labels["sqlproxy-client"] != "true" || app.Env[0].Value != "orders" || app.Env[2].ValueFrom == nil {
		t.Errorf("lost: %+v", w)
	}
	expect(t, "annotations", fmt.Sprint(w.Meta.Annotations, w.Template.Annotations), "map[] map[sidecar.istio.io/inject:true]")
	if app.Env[1].Name != "LONG" || app.Env[1].Value != "" || w.Template.Spec.Volumes != nil || app.VolumeMounts != nil {
		t.Errorf("kept: %+v", w)
	}
	if s.Logs != nil {
		t.Error("logs are read, which nobody asked for")
	}
}

func TestAllNamespaces(t *testing.T) {
	t.Parallel()
	_, c := world(t)
	s := read(t, c, Query{})
	expect(t, "workloads", workloads(s), "bank/vault shop/cart shop/debug shop/report shop/sql-proxy")
	expect(t, "secrets", secrets(s), "bank/key")
	expect(t, "config", items(s.ConfigMaps), "bank/settings")
	expect(t, "nodes", items(s.Nodes), "node-1 node-2 node-3")
	vault := s.Proxies[0]
	expect(t, "address", vault.Spec.Listen.Address.Value, "0.0.0.0")
	if shape := s.Secrets[0].Keys["key.json"]; shape.Fault != keyfile.NoType || shape.Length != 2 {
		t.Errorf("shape %+v", shape)
	}
	// The default ServiceAccount of shop does not exist here; that of the job is it.
	expect(t, "accounts", items(s.ServiceAccounts), "shop/sql-proxy")
	if s.Absence("ServiceAccount", "bank") != snapshot.Gone {
		t.Error("an account that does not exist is not gone")
	}
}

// TestOneProxy: only its pods and logs are read, by its name or that of its Service.
func TestOneProxy(t *testing.T) {
	t.Parallel()
	srv, c := world(t)
	for _, name := range []string{"sql-proxy", "orders"} {
		srv.ForgetRequests()
		s := read(t, c, Query{Workload: name, Logs: true})
		expect(t, "pods", items(s.Pods), "shop/debug shop/sql-proxy-7d4f9c6b5-aaaaa shop/sql-proxy-7d4f9c6b5-bbbbb")
		expect(t, "nodes", items(s.Nodes), "node-1 node-2")
		if n := srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, "/log") }); n != 2 || len(s.Logs) != 2 {
			t.Errorf("%d requests for %d logs", n, len(s.Logs))
		}
		if len(s.Proxies) != 3 {
			t.Errorf("%d proxies", len(s.Proxies))
		}
	}
}

// TestForbidden: what may not be read is missing, and the rest is read.
func TestForbidden(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ verb, resource, want string }{
		{"list", "deployments.apps", "Deployment deployments.apps bank, Deployment deployments.apps shop"},
		{"list", "pods", "Pod pods bank, Pod pods shop"},
		{"list", "services", "Service services bank, Service services shop"},
		{"list", "endpointslices.discovery.k8s.io", "EndpointSlice endpointslices.discovery.k8s.io shop"},
		{"list", "horizontalpodautoscalers.autoscaling", "HorizontalPodAutoscaler horizontalpodautoscalers.autoscaling bank, HorizontalPodAutoscaler horizontalpodautoscalers.autoscaling shop"},
		{"get", "secrets", "Secret secrets bank"},
		{"get", "configmaps", "ConfigMap configmaps bank"},
		{"get", "serviceaccounts", "ServiceAccount serviceaccounts bank, ServiceAccount serviceaccounts shop"},
		{"get", "nodes", "Node nodes"},
		{"list", "nodes", "Node nodes"},
		{"list", "namespaces", ""}, // those that are asked for are read by name
		{"*", "namespaces", "Namespace namespaces"},
		{"list", "events", "Event events bank, Event events shop"},
		{"get", "pods/log", "Log pods/log shop"},
	} {
		srv, c := world(t)
		srv.Forbid(tc.verb, tc.resource)
		s := read(t, c, Query{Namespaces: []string{"shop", "bank"}, Logs: true})
		expect(t, tc.verb+" "+tc.resource, missing(s), tc.want)
		if tc.resource != "deployments.apps" && len(s.Proxies) != 3 {
			t.Errorf("without %s there are %d proxies", tc.resource, len(s.Proxies))
		}
		for _, m := range s.Missing {
			if !strings.Contains(m.Reason, "forbidden") {
				t.Errorf("%s: reason %q", m.Resource, m.Reason)
			}
		}
	}
}

// TestOwnNamespace: who may not look into all namespaces sees that of the context.
func TestOwnNamespace(t *testing.T) {
	t.Parallel()
	srv, c := world(t)
	srv.ForbidAtClusterScope("list", "*")
	s := read(t, c, Query{})
	expect(t, "workloads", workloads(s), "shop/cart shop/debug shop/report shop/sql-proxy")
	for _, want := range []string{"Deployment deployments.apps", "Pod pods", "Namespace namespaces"} {
		if !strings.Contains(missing(s), want) {
			t.Errorf("%q is not missing: %s", want, missing(s))
		}
	}
}

// TestNotServed: a server without a group is one where that was not looked at, but for
// what it need not have.
func TestNotServed(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	apply(t, srv, healthy(t))
	srv.Fault(kubetest.Fault{Match: kubetest.Lists("poddisruptionbudgets"), Status: 404})
	srv.Fault(kubetest.Fault{Match: kubetest.Request("GET", "/version"), Status: 500})
	c, err := kube.NewCluster("test", "shop", srv.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, c, Query{Namespaces: []string{"shop"}})
	expect(t, "missing", missing(s), "PodDisruptionBudget poddisruptionbudgets.policy shop")
	if s.Minor != 0 || len(s.Proxies) != 1 {
		t.Errorf("minor version %d, %d proxies", s.Minor, len(s.Proxies))
	}
}

// TestTrouble: an API that fails is an error where nothing can be had, and missing else.
func TestTrouble(t *testing.T) {
	t.Parallel()
	srv, c := world(t)
	broken := srv.Fault(kubetest.Fault{Match: kubetest.Lists("services"), Status: 403, Message: "no"})
	s := read(t, c, Query{Namespaces: []string{"shop"}})
	if expect(t, "missing", missing(s), "Service services shop"); s.Absence("Service", "shop") != snapshot.Unseen {
		t.Error("Services are said to be gone")
	}
	broken.Remove()
	srv.Fault(kubetest.Fault{Match: kubetest.Request("GET", "/apis"), Status: 401})
	if _, err := Cluster(t.Context(), c, Query{}); !apierrors.IsUnauthorized(err) {
		t.Errorf("without the API: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, plural := range []string{"deployments", "pods", "events", "namespaces"} {
		srv, c := world(t)
		ctx, cancel := context.WithCancel(t.Context())
		srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool {
			if kubetest.Lists(plural)(r) {
				cancel()
				return true
			}
			return false
		}, Stall: true})
		if _, err := Cluster(ctx, c, Query{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", plural, err)
		}
	}
}
