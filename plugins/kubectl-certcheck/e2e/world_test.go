//go:build e2e

package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// world is the place of a test: the namespace of the gateway's pods, which is the one of
// ns, and the one of those who write Gateways.
type world struct {
	t        *testing.T
	ns       *realcluster.Namespace
	api      dynamic.Interface
	gw, shop string
	host     string // a host of the test's own
	node     string // a simulated one; empty without
	ca       *authority
	roots    string // path of the CA's root, which certcheck trusts
	secrets  *[]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ns := realcluster.New(t)
	if err := definitions(); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", realcluster.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	config.WarningHandler = rest.NoWarnings{} // of keys that do not match, for one
	api, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, ns: ns, api: api, gw: ns.Name, shop: ns.Name + "-shop", host: "web." + ns.Name + ".example.com", ca: newAuthority(t), secrets: &[]string{}}
	w.roots = w.ca.rootFile(t)
	ns.Kubectl("create", "namespace", w.shop)
	t.Cleanup(func() { ns.Kubectl("delete", "namespace", w.shop, "--wait=false", "--ignore-not-found") })
	return w
}

// newSimulatedWorld is the world for a test whose gateway pods need not serve: their node is simulated,
// so that they can have Istio's images.
func newSimulatedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.node = "certcheck-" + w.gw
	node := &corev1.Node{}
	node.Name = w.node
	node.Spec.Taints = []corev1.Taint{{Key: "certcheck", Value: "simulated", Effect: corev1.TaintEffectNoSchedule}}
	w.ns.Simulate(node)
	return w
}

// in is the world for a subtest.
func (w *world) in(t *testing.T) *world {
	copied := *w
	copied.t, copied.ns = t, w.ns.For(t)
	return &copied
}

// fill replaces $gw, $shop, $host and $node.
func (w *world) fill(text string) string {
	return strings.NewReplacer("$gw", w.gw, "$shop", w.shop, "$host", w.host, "$node", w.node).Replace(text)
}

// apply creates or changes objects, and writes their statuses through the subresource,
// as controllers do. Owners are given the UIDs that they have.
func (w *world) apply(documents ...string) {
	w.t.Helper()
	for _, document := range documents {
		for text := range strings.SplitSeq(w.fill(document), "\n---\n") {
			o := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
				w.t.Fatalf("%v\n%s", err, text)
			}
			w.own(o)
			w.send(o)
			// cert-manager of 2018 has no such subresource.
			if o.Object["status"] != nil && o.GroupVersionKind().Group != "certmanager.k8s.io" {
				w.send(o, "status")
			}
		}
	}
}

// own gives owners, and what an event is about, their UIDs: the garbage collector deletes
// what belongs to an owner that is not there.
func (w *world) own(o *unstructured.Unstructured) {
	w.t.Helper()
	owners := o.GetOwnerReferences()
	for i := range owners {
		owners[i].UID = w.uid(owners[i].APIVersion, owners[i].Kind, o.GetNamespace(), owners[i].Name)
	}
	if len(owners) > 0 {
		o.SetOwnerReferences(owners)
	}
	if about, ok := o.Object["involvedObject"].(map[string]any); ok {
		about["uid"] = string(w.uid(about["apiVersion"].(string), about["kind"].(string), o.GetNamespace(), about["name"].(string)))
	}
}

func (w *world) uid(apiVersion, kind, namespace, name string) types.UID {
	w.t.Helper()
	o, err := w.objects(apiVersion, kind, namespace).Get(w.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return o.GetUID()
}

// send is kubectl apply --server-side of one object.
func (w *world) send(o *unstructured.Unstructured, subresources ...string) {
	w.t.Helper()
	opts := metav1.ApplyOptions{FieldManager: "kubectl", Force: true}
	if _, err := w.objects(o.GetAPIVersion(), o.GetKind(), o.GetNamespace()).Apply(w.t.Context(), o.GetName(), o, opts, subresources...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) objects(apiVersion, kind, namespace string) dynamic.ResourceInterface {
	plural := strings.ToLower(kind) + "s"
	if kind == "Ingress" {
		plural = "ingresses"
	}
	return w.api.Resource(schema.FromAPIVersionAndKind(apiVersion, kind).GroupVersion().WithResource(plural)).Namespace(namespace)
}

// secret puts a pair into a Secret, made or filled anew. Annotations are KEY=VALUE.
func (w *world) secret(namespace, name string, p pair, annotations ...string) {
	w.t.Helper()
	*w.secrets = append(*w.secrets, traces(p.key)...)
	notes := map[string]string{}
	for _, one := range annotations {
		key, value, _ := strings.Cut(one, "=")
		notes[key] = value
	}
	w.fillSecret(namespace, name, corev1.SecretTypeTLS, notes, map[string][]byte{"tls.crt": p.crt, "tls.key": p.key})
}

func (w *world) fillSecret(namespace, name string, kind corev1.SecretType, notes map[string]string, data map[string][]byte) {
	w.t.Helper()
	o := &corev1.Secret{Type: kind, Data: data}
	o.APIVersion, o.Kind, o.Namespace, o.Name, o.Annotations = "v1", "Secret", namespace, name, notes
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.send(&unstructured.Unstructured{Object: object})
}

// credentials makes the Secrets of an ACME issuer with Route 53: its account's key, and
// AWS's.
func (w *world) credentials(namespace string) {
	w.t.Helper()
	account := keyPEM(w.t, rsaKey())
	const awsSecret = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123"
	*w.secrets = append(append(*w.secrets, traces(account)...), awsSecret)
	w.fillSecret(namespace, "account", corev1.SecretTypeOpaque, nil, map[string][]byte{"tls.key": account})
	w.fillSecret(namespace, "route53", corev1.SecretTypeOpaque, nil, map[string][]byte{
		"access-key-id": []byte("AKIAABCDEFGHIJKLMNOP"), "secret-access-key": []byte(awsSecret),
	})
}

// has reports whether an object is the test's own: in one of its namespaces, or in none
// and of its name.
func (w *world) has(o finding.Object) bool {
	return o.Namespace == w.gw || o.Namespace == w.shop || o.Namespace == "" && o.Name == w.gw
}
