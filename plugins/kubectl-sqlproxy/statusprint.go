package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// instancesOf are a proxy's instances with the Services that lead to their ports.
func instancesOf(s *snapshot.Snapshot, p *snapshot.Proxy) []instanceStatus {
	all := []instanceStatus{}
	for _, l := range p.Listeners() {
		if l.Role != proxy.RoleDatabase {
			continue
		}
		one := instanceStatus{Name: p.Spec.Instances[l.Instance].Name, Listen: l.Socket, Loopback: l.Loopback(), Services: []serviceStatus{}, port: l.Port}
		if l.Network != "unix" {
			port := strconv.Itoa(l.Port)
			if l.Port == 0 {
				port = "?" // the proxy chooses it
			}
			one.Listen = net.JoinHostPort(orElse(l.Address, "*"), port)
		}
		for _, o := range p.Services {
			for _, port := range o.Value.Spec.Ports {
				number, ok := p.TargetPort(port)
				// A pooler is in front of all instances.
				if ok && (number == l.Port && l.Port != 0 || p.Pooler != nil && l.Loopback()) {
					one.Services = append(one.Services, serviceOfStatus(s, o, port))
				}
			}
		}
		all = append(all, one)
	}
	return all
}

func serviceOfStatus(s *snapshot.Snapshot, o *snapshot.Item[corev1.Service], port corev1.ServicePort) serviceStatus {
	one := serviceStatus{Address: fmt.Sprintf("%s.%s:%d", o.Name, o.Namespace, port.Port), ClusterIP: o.Value.Spec.ClusterIP}
	for _, slice := range s.EndpointSlices {
		if slice.Namespace != o.Namespace || slice.Value.Labels[snapshot.ServiceNameLabel] != o.Name || !hasPort(&slice.Value, port.Name) {
			continue
		}
		for _, e := range slice.Value.Endpoints {
			one.Endpoints++
			if e.IsReady() {
				one.Ready++
			}
		}
	}
	return one
}

// hasPort reports whether a slice has a Service's port; it has not where the pods lack
// the name that the Service asks for.
func hasPort(slice *snapshot.EndpointSlice, name string) bool {
	for _, p := range slice.Ports {
		if p.Name == nil && name == "" || p.Name != nil && *p.Name == name {
			return true
		}
	}
	return false
}

// print writes the status for people.
func (d *statusDocument) print(to io.Writer, measured bool) error {
	for i := range d.Proxies {
		st := &d.Proxies[i]
		if i > 0 {
			fmt.Fprintln(to)
		}
		wanted := ""
		if st.Wanted != nil {
			wanted = fmt.Sprintf(" of %d", *st.Wanted)
		}
		head := fmt.Sprintf("%s %s/%s, container %s, %s: %d%s ready", st.Kind, st.Namespace, st.Name, st.Container, st.Image, st.Ready, wanted)
		if _, err := fmt.Fprintf(to, "%s\n\n", cli.Visible(head)); err != nil {
			return err
		}
		if err := st.instances(measured).Print(to); err != nil {
			return err
		}
		if len(st.Pods) == 0 {
			continue
		}
		fmt.Fprintln(to)
		if err := st.pods(measured).Print(to); err != nil {
			return err
		}
	}
	return nil
}

func (st *proxyStatus) instances(measured bool) *cli.Table {
	t := cli.NewTable(columns(measured, "INSTANCE", "LISTENS", "SERVICE", "ENDPOINTS")...)
	for _, i := range st.Instances {
		listen := i.Listen
		if i.Loopback && i.Listen != "" && i.port != 0 {
			listen += " (pod only)"
		}
		if len(i.Services) == 0 {
			t.Add(cells(measured, i.Counts, i.Name, listen, "<none>", "")...)
		}
		for n, s := range i.Services {
			if n > 0 { // what was said is not said twice
				row := cells(false, nil, "", "", s.Address, fmt.Sprintf("%d/%d", s.Ready, s.Endpoints))
				for range columns(measured) {
					row = append(row, "")
				}
				t.Add(row...)
				continue
			}
			t.Add(cells(measured, i.Counts, i.Name, listen, s.Address, fmt.Sprintf("%d/%d", s.Ready, s.Endpoints))...)
		}
	}
	return t
}

func (st *proxyStatus) pods(measured bool) *cli.Table {
	t := cli.NewTable(columns(measured, "POD", "READY", "RESTARTS", "NODE", "ZONE", "SHORT-LIVED")...)
	for _, p := range st.Pods {
		ready := "yes"
		if p.NotReady != "" {
			ready = strings.ReplaceAll("no, it "+p.NotReady, "\n", " ")
		}
		t.Add(cells(measured, p.Counts, p.Name, ready, strconv.Itoa(int(p.Restarts)), orElse(p.Node, "<none>"), orElse(p.Zone, "<unknown>"), orElse(p.ShortLived, "no"))...)
	}
	return t
}

func columns(measured bool, names ...string) []string {
	if measured {
		names = append(names, "OPEN", "FAILED")
	}
	return names
}

func cells(measured bool, c *countStatus, texts ...string) []any {
	var all []any
	for _, text := range texts {
		all = append(all, text)
	}
	switch {
	case measured && c == nil:
		all = append(all, "<unknown>", "<unknown>")
	case measured:
		all = append(all, strconv.FormatInt(c.Open, 10), strconv.FormatInt(c.Failures, 10))
	}
	return all
}
