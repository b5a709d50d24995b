package diagnose

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// around is what is around the proxies: made once, as it takes a look at all workloads.
type around struct {
	// shared are the shared proxies that serve an instance, by its name.
	shared map[string][]*snapshot.Proxy
	// clients are the workloads that are told to use a Service of a shared proxy.
	clients map[key][]use
	// told are the Services of shared proxies that a workload is told to use.
	told map[*snapshot.Workload]map[key]bool
}

// use is a variable of a workload's container that names a host.
type use struct {
	workload  *snapshot.Workload
	container string
	variable
	host string
}

// evidence says where the host is named. What else stands there is not shown: it may be a
// password.
func (u use) evidence() finding.Evidence {
	return finding.Evidence{Source: "container " + u.container + ", env " + u.source(), Text: u.host}
}

func (c *checker) around() *around {
	if c.surroundings != nil {
		return c.surroundings
	}
	a := &around{shared: map[string][]*snapshot.Proxy{}, clients: map[key][]use{}, told: map[*snapshot.Workload]map[key]bool{}}
	c.surroundings = a
	services := map[key]bool{}
	for _, p := range c.Proxies {
		if !p.Shared {
			continue
		}
		for _, i := range p.Spec.Instances {
			a.shared[i.Name] = append(a.shared[i.Name], p)
		}
		for _, o := range p.Services {
			services[keyOf(o.Object)] = true
		}
	}
	if len(services) == 0 {
		return a
	}
	for _, w := range c.Workloads {
		c.eachHost(w, func(u use) {
			if service, ok := serviceOf(u.host, w.Namespace); ok && services[service] && !a.told[w][service] {
				if a.told[w] == nil {
					a.told[w] = map[key]bool{}
				}
				a.told[w][service] = true
				a.clients[service] = append(a.clients[service], u)
			}
		})
	}
	return a
}

// serviceOf is the Service that a host is, seen from a namespace.
func serviceOf(host, namespace string) (key, bool) {
	host, _, _ = strings.Cut(host, ":")
	parts := strings.Split(host, ".")
	switch {
	case len(parts) == 1:
		return key{namespace, parts[0]}, true
	case len(parts) == 2 || parts[2] == "svc":
		return key{parts[1], parts[0]}, true
	}
	return key{}, false
}

// eachHost calls f with each host that the variables of a workload's containers name. The
// proxies' own containers are left out.
func (c *checker) eachHost(w *snapshot.Workload, f func(use)) {
	for _, list := range [][]corev1.Container{w.Template.Spec.InitContainers, w.Template.Spec.Containers} {
		for i := range list {
			container := &list[i]
			if _, _, is := proxy.ParseContainer(proxy.Container{Image: container.Image, Command: container.Command}); is {
				continue
			}
			for _, v := range c.variables(w.Namespace, container) {
				for _, host := range hostsIn(v.name, v.value) {
					f(use{w, container.Name, v, host})
				}
			}
		}
	}
}

// variable is one of a container's, and the ConfigMap that it comes from.
type variable struct{ name, value, from string }

func (v variable) source() string {
	if v.from != "" {
		return v.name + " of ConfigMap " + v.from
	}
	return v.name
}

// variables are those of a container whose values are known.
func (c *checker) variables(namespace string, container *corev1.Container) []variable {
	var all []variable
	for _, e := range container.Env {
		switch {
		case e.ValueFrom == nil:
			all = append(all, variable{e.Name, e.Value, ""})
		case e.ValueFrom.ConfigMapKeyRef != nil:
			ref := e.ValueFrom.ConfigMapKeyRef
			if value, ok := c.configMap(namespace, ref.Name)[ref.Key]; ok {
				all = append(all, variable{e.Name, value, ref.Name})
			}
		}
	}
	for _, from := range container.EnvFrom {
		if from.ConfigMapRef == nil {
			continue
		}
		data := c.configMap(namespace, from.ConfigMapRef.Name)
		for _, name := range sortedKeys(data) {
			all = append(all, variable{from.Prefix + name, data[name], from.ConfigMapRef.Name})
		}
	}
	return all
}

// configMap is the data of a ConfigMap; nil if there is none.
func (c *checker) configMap(namespace, name string) map[string]string {
	if o := c.index.configMaps[key{namespace, name}]; o != nil {
		return o.Value.Data
	}
	return nil
}
