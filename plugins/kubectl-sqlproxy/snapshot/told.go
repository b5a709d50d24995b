package snapshot

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// parse reads what a container is told, with its configuration file where that is known,
// and names the variables that are not known; false where it runs no proxy.
func (s *Snapshot) parse(w *Workload, c *corev1.Container) (*Proxy, bool) {
	in := proxy.Container{Image: c.Image, Command: c.Command, Args: c.Args}
	if _, _, ok := proxy.ParseContainer(in); !ok {
		return nil, false // most containers are no proxies
	}
	p := &Proxy{Workload: w, Container: c}
	e := s.env(w.Namespace, c)
	in.Env, p.Unknown = e.known, e.unknown
	p.Spec, p.Problems, _ = proxy.ParseContainer(in)
	if in.Config = s.configOf(p); in.Config != nil {
		p.Spec, p.Problems, _ = proxy.ParseContainer(in)
	}
	p.excuse()
	return p, true
}

// excuse says of instances that may be named where nobody could look that they are not
// known, and not that they are missing.
func (p *Proxy) excuse() {
	variable := map[proxy.Engine]string{proxy.V1: "INSTANCES", proxy.V2: "CSQL_PROXY_INSTANCE_CONNECTION_NAME", proxy.AlloyDB: "ALLOYDB_PROXY_INSTANCE_URI"}[p.Spec.Engine]
	for i := range p.Problems {
		if p.Problems[i].ID != proxy.InstanceMissing {
			continue
		}
		for _, name := range p.Unknown {
			if strings.HasPrefix(name, variable) || name == AnyVariable {
				p.Problems[i] = proxy.Problem{
					ID: proxy.Unexpanded, Severity: finding.Skipped, Where: proxy.Place{List: proxy.Env, Name: variable},
					What: "which instances it serves is said in a Secret, or in a ConfigMap that is not known here", Fix: "read what it comes from, too",
				}
			}
		}
	}
}

// longestEnv is the most bytes of variables that are put together: Linux starts no
// program with more.
const longestEnv = 2 << 20

// environment is what can be known of a container's variables.
type environment struct {
	known   []proxy.Variable
	unknown []string
	size    int
}

func (e *environment) set(name, value string) {
	if e.size += len(value); e.size > longestEnv {
		e.unknown = append(e.unknown, name)
		return
	}
	e.known = append(e.known, proxy.Variable{Name: name, Value: proxy.Secret(value)})
}

// expand puts in what came before. A text with a variable that is not known is not known
// itself.
func (e *environment) expand(name, text string) {
	for _, other := range e.unknown {
		if strings.Contains(text, "$("+other+")") {
			e.unknown = append(e.unknown, name)
			return
		}
	}
	e.set(name, proxy.Expand(text, e.known))
}

// env are the variables of a container in the order in which Kubernetes sets them: later
// ones win.
func (s *Snapshot) env(namespace string, c *corev1.Container) environment {
	var e environment
	for _, from := range c.EnvFrom {
		var m *Item[corev1.ConfigMap]
		if from.ConfigMapRef != nil {
			m = Find(s.ConfigMaps, namespace, from.ConfigMapRef.Name)
		}
		if m == nil {
			e.unknown = append(e.unknown, AnyVariable)
			continue
		}
		for _, name := range sortedKeys(m.Value.Data) {
			e.set(from.Prefix+name, m.Value.Data[name])
		}
	}
	for _, v := range c.Env {
		from := v.ValueFrom
		switch {
		case from == nil:
			e.expand(v.Name, v.Value)
			continue
		case from.ConfigMapKeyRef != nil:
			if m := Find(s.ConfigMaps, namespace, from.ConfigMapKeyRef.Name); m != nil {
				if value, ok := m.Value.Data[from.ConfigMapKeyRef.Key]; ok {
					e.set(v.Name, value)
					continue
				}
			}
		case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.namespace":
			e.set(v.Name, namespace)
			continue
		}
		e.unknown = append(e.unknown, v.Name)
	}
	return e
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
