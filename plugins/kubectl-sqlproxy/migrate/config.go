package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// Options say what a proxy is to become.
type Options struct {
	// Name is that of a shared proxy that takes sidecars' place; one that is shared keeps
	// its own.
	Name string
	// Version and Image are the new proxy's; unset is the newest, and the official one.
	Version proxy.Version
	Image   string
	// Ports tell the engine and port of instances whose proxy does not say them, by their
	// names.
	Ports map[string]manifest.Instance
	// Clients may connect; nil is everybody, as before, where the proxy was shared, and the
	// pods with manifest.ClientLabel otherwise.
	Clients []manifest.Client
	Server  manifest.ServerVersion
}

// Move is how a proxy moves.
type Move struct {
	Config manifest.Config
	// Differences are those between v1 and v2.
	Differences []proxy.Difference
	// Left has to be done by hand, or is not carried over: a sentence each.
	Left []string
	// ports are those on which the old proxy heard, by instance.
	ports map[string]int
}

// Plan says what has to take the place of a proxy of a snapshot.
func Plan(s *snapshot.Snapshot, p *snapshot.Proxy, opts Options) *Move {
	m := &Move{ports: map[string]int{}}
	spec := p.Spec
	m.Config = manifest.Config{
		Name: opts.Name, Namespace: p.Meta.Namespace, Image: opts.Image, Clients: opts.Clients, Server: opts.Server,
		Program: proxy.Program{Engine: spec.Engine, Version: opts.Version}, Replicas: 2,
	}
	if spec.Engine == proxy.V1 {
		spec, m.Differences = proxy.Convert(p.Spec)
		// The new objects see to these.
		m.Differences = slices.DeleteFunc(m.Differences, func(d proxy.Difference) bool { return d.ID == "listen-loopback" || d.ID == "image" })
		m.Config.Engine = proxy.V2
	}
	if p.Shared {
		m.keep(p)
		m.open(p)
	}
	m.instances(p, opts.Ports)
	m.identity(s, p)
	m.options(p, spec)
	return m
}

// leave notes something to do by hand.
func (m *Move) leave(format string, args ...any) {
	m.Left = append(m.Left, fmt.Sprintf(format, args...))
}

// keep has the new proxy take the place of a shared one under its name.
func (m *Move) keep(p *snapshot.Proxy) {
	c := &m.Config
	c.Name, c.Replicas = p.Name, int32(max(2, p.Replicas))
	if c.Clients == nil {
		c.Clients = []manifest.Client{{Any: true}}
	}
	if p.Deployment != nil && p.Deployment.Spec.Selector != nil && len(p.Deployment.Spec.Selector.MatchExpressions) == 0 {
		c.Selector = p.Deployment.Spec.Selector.MatchLabels
	} else {
		m.leave("%s %s is no Deployment with a selector of labels: once the new Deployment serves, delete it", p.Kind, p.Name)
	}
	if len(p.Autoscalers) > 0 {
		m.leave("a HorizontalPodAutoscaler scales it: take replicas out of the Deployment, or the autoscaler and each apply undo one another")
	}
}

// open says that ports which only the old pods themselves reached are reached by others.
func (m *Move) open(p *snapshot.Proxy) {
	for _, l := range p.Listeners() {
		if l.Role == proxy.RoleDatabase && l.Network != "unix" && l.Loopback() && p.Pooler == nil {
			m.Differences = append(m.Differences, proxy.Difference{
				ID: "listen-opened", Severity: finding.Warning,
				What: fmt.Sprintf("the old proxy is heard on port %d of its pod alone, which no Service reaches; the new one is heard by other pods", l.Port),
				Fix:  "say by --allow-clients which",
			})
		}
	}
}

// instances are those that the old proxy served, with their ports and Services.
func (m *Move) instances(p *snapshot.Proxy, told map[string]manifest.Instance) {
	known := map[int]int{} // ports by instance
	for _, l := range p.Listeners() {
		if l.Role == proxy.RoleDatabase && l.Port != 0 {
			known[l.Instance] = l.Port
		}
	}
	for n, i := range p.Spec.Instances {
		if slices.ContainsFunc(m.Config.Instances, func(o manifest.Instance) bool { return o.Connection == i.Name }) {
			continue
		}
		to := manifest.Instance{Connection: i.Name, Port: known[n]}
		if given, ok := told[i.Name]; ok {
			to.Engine, to.Port = given.Engine, given.Port
		}
		if to.Port == 0 {
			m.leave("%s: the old proxy serves it on a Unix socket, or on a port that its engine decides, so its port is not known: add --instance %s=mysql, =postgres, =sqlserver or =PORT", i.Name, i.Name)
			continue
		}
		if to.Engine == "" {
			to.Engine = engineOf(to.Port)
		}
		if known[n] != 0 {
			m.ports[i.Name] = known[n]
		}
		if p.Shared {
			m.service(p, known[n], &to)
		}
		m.Config.Instances = append(m.Config.Instances, to)
	}
}

func engineOf(port int) string {
	switch port {
	case 3306:
		return manifest.MySQL
	case 5432:
		return manifest.Postgres
	case 1433:
		return manifest.SQLServer
	}
	return ""
}

// service keeps the Service under whose name clients know an instance.
func (m *Move) service(p *snapshot.Proxy, port int, to *manifest.Instance) {
	for _, o := range p.Services {
		for _, sp := range o.Value.Spec.Ports {
			target, ok := p.TargetPort(sp)
			if !ok || target != port {
				continue
			}
			if kind := o.Value.Spec.Type; kind != "" && kind != corev1.ServiceTypeClusterIP {
				m.leave("the Service %s is of type %s: it is left alone, and a new one is made for the cluster", o.Name, kind)
				continue
			}
			to.Service, to.Port, to.PodPort = o.Name, int(sp.Port), port
			// While a rollout goes on the Service has to find the old pods and the new ones.
			to.PortName = sp.TargetPort.StrVal
			return
		}
	}
}

// identity is whom the old proxy asked the API as.
func (m *Move) identity(s *snapshot.Snapshot, p *snapshot.Proxy) {
	c := p.Spec.Credentials
	file := c.File
	if file == "" {
		file = c.Default
	}
	switch {
	case c.JSON != "" || c.Token != "":
		m.leave("its credentials are in its command line or environment, where everybody who may read pods sees them: make a Secret of them, and add it to the Deployment (see kubectl sqlproxy generate --credentials-secret)")
	case file != "":
		secret, ok := secretOf(p, file)
		if !ok {
			m.leave("the key file %s is in no volume of a Secret: make a Secret of it, and add it to the Deployment (see kubectl sqlproxy generate --credentials-secret)", file)
		}
		m.Config.Identity.Secret = secret
	default:
		m.account(s, p)
	}
}

// account is the service account that a proxy without a key has.
func (m *Move) account(s *snapshot.Snapshot, p *snapshot.Proxy) {
	name := p.Template.Spec.ServiceAccountName
	switch account := snapshot.Find(s.ServiceAccounts, p.Namespace, name); {
	case name == "" || name == "default":
		m.leave("the old proxy has neither a key nor a service account of its own, so it acts as the node: give the new one an account (see kubectl sqlproxy generate --workload-identity)")
	case p.Shared:
		m.Config.Identity.Account = name
	case account != nil && account.Value.Annotations["iam.gke.io/gcp-service-account"] != "":
		// The workload keeps its account, and the shared proxy gets one of its own.
		m.Config.Identity.GoogleAccount = account.Value.Annotations["iam.gke.io/gcp-service-account"]
	default:
		m.leave("the workload's service account %s stays with it: give the new proxy an account of its own (see kubectl sqlproxy generate --workload-identity)", name)
	}
}

// secretOf finds the Secret and the key that a path in a proxy's container is.
func secretOf(p *snapshot.Proxy, file string) (manifest.SecretKey, bool) {
	for _, mount := range p.Container.VolumeMounts {
		folder := strings.TrimSuffix(mount.MountPath, "/")
		if path.Dir(file) != folder && file != folder {
			continue
		}
		key := path.Base(file)
		if file == folder && mount.SubPath != "" {
			key = path.Base(mount.SubPath)
		}
		for _, v := range p.Template.Spec.Volumes {
			if v.Name != mount.Name || v.Secret == nil {
				continue
			}
			for _, item := range v.Secret.Items {
				if item.Path == key {
					key = item.Key
				}
			}
			return manifest.SecretKey{Name: v.Secret.SecretName, Key: key}, true
		}
	}
	return manifest.SecretKey{}, false
}

// options are what else the old proxy was told. spec is that as v2 would be told it.
func (m *Move) options(p *snapshot.Proxy, spec proxy.Spec) {
	c := &m.Config
	routes := map[proxy.Route]bool{}
	for _, i := range p.Spec.Instances {
		routes[p.Spec.RouteOf(i)] = true
		c.IAMLogin = c.IAMLogin || i.IAMLogin.Or(p.Spec.Credentials.IAMLogin)
	}
	if len(routes) > 1 {
		m.leave("its instances are reached by different kinds of addresses, which this does not carry over: make a proxy for each kind")
	}
	for route := range routes {
		c.Route = route
	}
	if c.Route == proxy.RoutePublic && c.Engine == proxy.V2 || c.Route == proxy.RoutePrivate && c.Engine == proxy.AlloyDB {
		c.Route = proxy.RouteUnknown // the default
	}
	c.MaxConnections, c.Endpoint = spec.MaxConnections, spec.API.Endpoint.Or("")
	if rest := notCarried(spec); len(rest) > 0 {
		m.leave("not carried over: %s; add to the Deployment's args what is still needed", strings.Join(rest, " "))
	}
}

// notCarried are the arguments of a proxy that a Config has no place for.
func notCarried(spec proxy.Spec) []string {
	rest := proxy.Spec{
		Program: proxy.Program{Engine: spec.Engine}, Admin: spec.Admin, API: spec.API, Logs: spec.Logs, Telemetry: spec.Telemetry, FUSE: spec.FUSE,
		RunConnectionTest: spec.RunConnectionTest, LazyRefresh: spec.LazyRefresh, SkipFailedInstances: spec.SkipFailedInstances,
		StaticConnectionInfo: spec.StaticConnectionInfo, ConfigFile: spec.ConfigFile,
	}
	rest.API.Endpoint, rest.Logs.Structured = proxy.Optional[string]{}, false
	rest.Credentials.Impersonate, rest.Credentials.Gcloud = spec.Credentials.Impersonate, spec.Credentials.Gcloud
	rest.HTTP.PrometheusNamespace = spec.HTTP.PrometheusNamespace
	args, _, _ := proxy.Render(rest)
	return args
}
