package diagnose

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// told reports whether all that the proxy is told is known, so that what is not said holds
// by default. Where the program would refuse its command line, what it would do otherwise
// is not worth a word: that is another family's matter.
func (s *subject) told() bool {
	for _, p := range s.Problems {
		switch p.ID {
		case proxy.FlagUnknown, proxy.FlagValue, proxy.FlagNewer, proxy.FlagOther, proxy.FlagExits,
			proxy.Subcommand, proxy.BinaryOther, proxy.DurationUnit, proxy.Unexpanded,
			proxy.ConfigFile, proxy.ConfigUnread, proxy.InstanceMissing, proxy.InstanceOptions, proxy.InstanceOther, proxy.AddressNotIP:
			return false
		}
	}
	if s.Spec.ConfigFile != "" {
		return false
	}
	return !slices.ContainsFunc(s.Unknown, func(name string) bool {
		return name == snapshot.AnyVariable || readByProxy(s.Spec.Engine, name)
	})
}

// readByProxy reports whether a variable may say where the proxy listens, or how it ends.
func readByProxy(engine proxy.Engine, name string) bool {
	prefix := "CSQL_PROXY_"
	switch engine {
	case proxy.V1:
		return name == "INSTANCES"
	case proxy.AlloyDB:
		prefix = "ALLOYDB_PROXY_"
	}
	option, ok := strings.CutPrefix(name, prefix)
	return ok && !slices.Contains([]string{"TOKEN", "LOGIN_TOKEN", "JSON_CREDENTIALS", "CREDENTIALS_FILE", "QUOTA_PROJECT", "IMPERSONATE_SERVICE_ACCOUNT"}, option)
}

// isMesh reports whether a container is what a mesh puts into pods.
func isMesh(name string) bool { return name == "istio-proxy" || name == "linkerd-proxy" }

// strangers are the containers of the pod that are no proxies and run beside them: on
// which ports they listen is not known.
func (c *checker) strangers(s *subject) []*corev1.Container {
	proxies := map[string]bool{s.Container.Name: true}
	for _, p := range c.index.proxies[s.Workload] {
		proxies[p.Container.Name] = true
	}
	var all []*corev1.Container
	for _, container := range s.running() {
		if !proxies[container.Name] && !isMesh(container.Name) {
			all = append(all, container)
		}
	}
	return all
}

// running are the containers that run as long as the pod: native sidecars, too.
func (s *subject) running() []*corev1.Container {
	var all []*corev1.Container
	spec := &s.Template.Spec
	for i := range spec.InitContainers {
		if p := spec.InitContainers[i].RestartPolicy; p != nil && *p == corev1.ContainerRestartPolicyAlways {
			all = append(all, &spec.InitContainers[i])
		}
	}
	for i := range spec.Containers {
		all = append(all, &spec.Containers[i])
	}
	return all
}
