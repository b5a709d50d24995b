package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/tunnel"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/wire"
)

// destination is a port of a proxy's pods, and what is behind it.
type destination struct {
	proxy *snapshot.Proxy
	// instance is the connection name; "" behind a connection pooler.
	instance string
	port     int // 0 where only the proxy's log tells it
	engine   wire.Engine
	loopback bool // only the pod itself reaches the port
}

func (d *destination) String() string {
	if d.instance == "" {
		return fmt.Sprintf("port %d of %s", d.port, kubectlName(d.proxy.Workload))
	}
	return fmt.Sprintf("%s, port %d of %s", d.instance, d.port, kubectlName(d.proxy.Workload))
}

func (d *destination) target() tunnel.Target {
	t := tunnel.Target{Namespace: d.proxy.Namespace, Name: kubectlName(d.proxy.Workload), Port: d.port}
	if d.proxy.Kind == "Pod" {
		t.Pod = d.proxy.Name
	} else {
		t.Selector = d.proxy.Selector.String()
	}
	return t
}

// unreachable says that others than a port-forward do not reach the port.
func (d *destination) unreachable() string {
	if !d.loopback || !d.proxy.Shared || d.proxy.Pooler != nil {
		return ""
	}
	return fmt.Sprintf("%s hears on localhost in its pod: port-forward reaches it there, and no Service does; kubectl sqlproxy check says more", kubectlName(d.proxy.Workload))
}

// chooseDestination is the one port that is meant. The error names those that may be
// meant.
func chooseDestination(s *snapshot.Snapshot, namespace string, t diagnose.Target, instance, service string) (*destination, error) {
	proxies, leads, err := chooseProxies(s, namespace, t)
	if err != nil {
		return nil, err
	}
	if service == "" && instance == "" {
		service = leads
	}
	if service != "" {
		return behindService(proxies, service)
	}
	all := destinations(proxies)
	found := slices.DeleteFunc(slices.Clone(all), func(d *destination) bool { return !meansInstance(d.instance, instance) })
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("%s has no instance with a port; it may have Unix sockets, which only its own pod reaches", kubectlName(proxies[0].Workload))
	case len(found) == 0:
		return nil, fmt.Errorf("--instance %s: %s has no such instance, but %s", instance, kubectlName(proxies[0].Workload), instanceNames(all))
	case len(found) > 1 && instance != "":
		return nil, fmt.Errorf("--instance %s: it may be any of %s", instance, instanceNames(found))
	case len(found) > 1:
		return nil, fmt.Errorf("%s has several instances: choose one with --instance: %s", kubectlName(proxies[0].Workload), instanceNames(found))
	}
	return found[0], nil
}

// meansInstance reports whether text is an instance's name, or the end of it; "" means
// all.
func meansInstance(name, text string) bool {
	return text == "" || name == text || strings.HasSuffix(name, ":"+text) || strings.HasSuffix(name, "/"+text)
}

func instanceNames(all []*destination) string {
	var names []string
	for _, d := range all {
		names = append(names, d.instance)
	}
	return strings.Join(names, ", ")
}

// chooseProxies are the proxies of the workload that is meant, and the Service, if name
// is one's. A sidecar is meant only by its name.
func chooseProxies(s *snapshot.Snapshot, namespace string, t diagnose.Target) (found []*snapshot.Proxy, service string, err error) {
	var candidates []*snapshot.Proxy
	for _, p := range s.Proxies {
		if p.Namespace == namespace && !p.RunsToEnd() && (!p.Init || p.Native) {
			candidates = append(candidates, p)
		}
	}
	is := func(p *snapshot.Proxy) bool { return p.Shared }
	if t.Name != "" {
		is = func(p *snapshot.Proxy) bool { return p.Name == t.Name && (t.Kind == "" || p.Kind == t.Kind) }
		if !slices.ContainsFunc(candidates, is) && (t.Kind == "" || t.Kind == "Service") {
			service = t.Name
			is = func(p *snapshot.Proxy) bool { return hasService(p, t.Name) }
		}
	}
	for _, p := range candidates {
		if is(p) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, "", noDestination(s, candidates, namespace, t.Name)
	}
	var names []string
	for _, p := range found {
		if n := kubectlName(p.Workload); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) > 1 {
		return nil, "", fmt.Errorf("namespace %s has several proxies: name one: %s", namespace, strings.Join(names, ", "))
	}
	return found, service, nil
}

func hasService(p *snapshot.Proxy, name string) bool {
	return slices.ContainsFunc(p.Services, func(o *snapshot.Item[corev1.Service]) bool { return o.Name == name })
}

// noDestination says what there is instead.
func noDestination(s *snapshot.Snapshot, candidates []*snapshot.Proxy, namespace, name string) error {
	what := "namespace " + namespace + " has no shared proxy"
	if name != "" {
		what = fmt.Sprintf("namespace %s has no proxy %s", namespace, name)
	}
	var there []string
	for _, p := range candidates {
		text := kubectlName(p.Workload)
		if !p.Shared {
			text += " (a sidecar)"
		}
		if !slices.Contains(there, text) {
			there = append(there, text)
		}
	}
	if len(there) > 0 {
		what += "; there is " + strings.Join(there, ", ")
	}
	for _, m := range s.Missing {
		if m.Kind == "Deployment" || m.Kind == "StatefulSet" || m.Kind == "DaemonSet" || m.Kind == "Service" {
			what += fmt.Sprintf("; could not look at %s: %s", m.Resource, m.Reason)
		}
	}
	if len(there) == 0 && len(s.Missing) == 0 {
		what += "; is it another namespace (-n)? kubectl sqlproxy apply makes one"
	}
	return fmt.Errorf("%s", what)
}

// destinations are the ports of the instances.
func destinations(proxies []*snapshot.Proxy) []*destination {
	var all []*destination
	for _, p := range proxies {
		for _, l := range p.Listeners() {
			if l.Role == proxy.RoleDatabase && l.Network != "unix" {
				all = append(all, &destination{
					proxy: p, instance: p.Spec.Instances[l.Instance].Name, port: l.Port, engine: guessEngine(p, l.Port), loopback: l.Loopback(),
				})
			}
		}
	}
	return all
}

// behindService is where the only port of a Service leads.
func behindService(proxies []*snapshot.Proxy, name string) (*destination, error) {
	p := proxies[0]
	at := slices.IndexFunc(p.Services, func(o *snapshot.Item[corev1.Service]) bool { return o.Name == name })
	if at < 0 {
		var names []string
		for _, o := range p.Services {
			names = append(names, o.Name)
		}
		return nil, fmt.Errorf("--service %s: no such Service selects the pods of %s; those that do: %s", name, kubectlName(p.Workload), strings.Join(names, ", "))
	}
	var found []*destination
	for _, port := range p.Services[at].Value.Spec.Ports {
		number, ok := p.TargetPort(port)
		if !ok || isHTTP(p, number) {
			continue
		}
		d := &destination{proxy: p, port: number, engine: guessEngine(p, number)}
		for _, other := range destinations(proxies) {
			if other.port == number {
				d = other
			}
		}
		found = append(found, d)
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("service %s leads to no port of %s that is a database's: kubectl sqlproxy check says more", name, kubectlName(p.Workload))
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("service %s has several ports: choose an instance with --instance: %s", name, instanceNames(destinations(proxies)))
}

func isHTTP(p *snapshot.Proxy, port int) bool {
	l, ok := p.Spec.HTTPListener()
	return ok && l.Port == port
}

// podDialer connects to a port of a pod.
func podDialer(cluster *kube.Cluster, namespace, pod string, port int) wire.Dialer {
	return func(ctx context.Context) (net.Conn, error) { return tunnel.Dial(ctx, cluster, namespace, pod, port) }
}

// startBytes is how much of a log is read to find what the proxy said at its start.
const startBytes = 64 << 10

// portFromLog is the port that a proxy has chosen by its database's engine.
func portFromLog(ctx context.Context, cluster *kube.Cluster, d *destination) (int, error) {
	unknown := fmt.Errorf("the port of %s is not known: %s is told none, and its log does not say which it chose; --service says which is meant", d.instance, kubectlName(d.proxy.Workload))
	limit := int64(startBytes)
	listens := regexp.MustCompile(regexp.QuoteMeta("["+d.instance+"] Listening on ") + `\S*:(\d+)`)
	for _, pod := range d.proxy.Pods {
		log, err := cluster.OpenLog(ctx, pod.Namespace, pod.Name, &corev1.PodLogOptions{Container: d.proxy.Container.Name, LimitBytes: &limit})
		if err != nil {
			unknown = fmt.Errorf("%w (its log: %w)", unknown, err)
			continue
		}
		port := findPort(log, listens)
		log.Close()
		if port != 0 {
			return port, nil
		}
	}
	return 0, unknown
}

func findPort(log io.Reader, listens *regexp.Regexp) int {
	lines := bufio.NewScanner(io.LimitReader(log, startBytes))
	for lines.Scan() {
		if m := listens.FindStringSubmatch(lines.Text()); m != nil {
			if port, err := strconv.Atoi(m[1]); err == nil && port < 1<<16 {
				return port
			}
		}
	}
	return 0
}
