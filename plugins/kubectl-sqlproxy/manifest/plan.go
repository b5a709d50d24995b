package manifest

import (
	"fmt"
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// What all proxies have.
const (
	httpPort      = 9090
	adminPort     = 9091
	httpPortName  = "http"
	containerName = "proxy"
	nobody        = 65532 // the images' own user
	keyDirectory  = "/secrets/sqlproxy"
	defaultMemory = "512Mi"
)

// plan is a Config with all that follows from it.
type plan struct {
	Config
	served []served
	// spec is what the proxy is told, args the same as its arguments.
	spec proxy.Spec
	args []string
	// dropped is what the version cannot be told, and would be.
	dropped []string
	// drain is how long a pod that is to end goes on before it is told so, in seconds.
	drain int64
	key   keyfile.Shape

	wrong   []error
	objects []Object
}

// served is an instance with its names and ports.
type served struct {
	Instance
	conn proxy.ConnectionName
	// service is the name of its own Service, portName that of its port in the pods.
	service, portName string
	// port is that in the pods.
	port int
}

func newPlan(c Config) *plan {
	p := &plan{Config: c}
	if p.Engine == "" {
		p.Engine = proxy.V2
	}
	if !p.Version.Known() {
		p.Version, _ = proxy.ParseVersion(DefaultTag(p.Engine))
	}
	if p.Image == "" {
		p.Image = Image(p.Engine, p.Version.String())
	}
	if p.Replicas == 0 {
		p.Replicas = 2
	}
	if p.Clients == nil {
		p.Clients = []Client{{Pods: &metav1.LabelSelector{MatchLabels: map[string]string{ClientLabel: "true"}}}}
	}
	if p.Exposure.Type == "" {
		p.Exposure.Type = "ClusterIP"
	}
	if p.Identity.Secret.Name != "" && p.Identity.Secret.Key == "" {
		p.Identity.Secret.Key = DefaultKey
	}
	p.nameAll()
	return p
}

// complain adds what is wrong.
func (p *plan) complain(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Errorf(format, args...))
}

// credentials is the Secret that the pods mount; empty for none.
func (p *plan) credentials() SecretKey {
	if p.Identity.Key != "" {
		return SecretKey{p.Name + "-credentials", DefaultKey}
	}
	return p.Identity.Secret
}

// account is the service account of the pods.
func (p *plan) account() string {
	if p.Identity.Account != "" {
		return p.Identity.Account
	}
	return p.Name
}

// selector is what all pods of the proxy have, and no others. The program is not in
// it: a Deployment's selector cannot change, and v1 may become v2.
func (p *plan) selector() map[string]string {
	if p.Selector != nil {
		return maps.Clone(p.Selector)
	}
	return p.names()
}

// names are the labels that all objects have.
func (p *plan) names() map[string]string {
	return map[string]string{"app.kubernetes.io/name": "sql-proxy", "app.kubernetes.io/instance": p.Name}
}

func (p *plan) labelSelector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: p.selector()}
}

// meta names an object.
func (p *plan) meta(name string) metav1.ObjectMeta {
	labels := p.names()
	labels["app.kubernetes.io/managed-by"] = "kubectl-sqlproxy"
	return metav1.ObjectMeta{Name: name, Namespace: p.Namespace, Labels: labels}
}

// add adds an object.
func (p *plan) add(t metav1.TypeMeta, name string, value any) {
	p.objects = append(p.objects, Object{APIVersion: t.APIVersion, Kind: t.Kind, Namespace: p.Namespace, Name: name, Value: value})
}

func typeOf(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

// program is the proxy in words.
func (p *plan) program() string {
	name := map[proxy.Engine]string{proxy.V1: "the Cloud SQL Proxy v1", proxy.V2: "the Cloud SQL Proxy", proxy.AlloyDB: "the AlloyDB Auth Proxy"}[p.Engine]
	return name + " " + p.Version.String()
}
