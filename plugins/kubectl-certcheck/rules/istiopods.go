package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkSelector: GWC01.
func (c *checker) checkSelector(d *door) {
	if !d.secure() || len(d.pods) > 0 || c.Absence("Pod", "") != chain.Gone {
		return
	}
	f := finding.Finding{
		ID: "GWC01", Severity: finding.Error, Object: d.Object,
		What:     fmt.Sprintf("No running pod has the labels %s, which the Gateway selects.", d.selector),
		Evidence: append(quote("spec.selector", d.selector), d.messages("IST0101")...),
		Cause:    "So no Envoy serves its hosts.",
		Docs:     "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
	}
	if len(d.Selector) == 0 {
		f.What = "No gateway of Istio's is running, and the Gateway is for all of them."
	}
	f.Fix = []finding.Step{do("Install a gateway of Istio's with these labels, or select the labels of one that is there:"), kubectlStep("get", "pods", "-A", "-l", "istio", "--show-labels")}
	for _, w := range c.Workloads {
		if w.Replicas == 0 && len(d.Selector) > 0 && selects(d.Selector, w.PodLabels) {
			f.Cause = fmt.Sprintf("%s %s/%s would make such pods, and has 0 replicas.", w.Kind, w.Namespace, w.Name)
			f.Fix = []finding.Step{kubectlStep("-n", w.Namespace, "scale", strings.ToLower(w.Kind)+"/"+w.Name, "--replicas=1")}
		}
	}
	for _, p := range c.Pods {
		if p.Router() && p.Running() && len(d.Selector) > 0 {
			f.Evidence = append(f.Evidence, finding.Evidence{Source: fmt.Sprintf("labels of the gateway pod %s/%s", p.Namespace, p.Name), Text: labelText(p.Labels)})
			break
		}
	}
	c.add(blocks, f)
}

func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if got, ok := labels[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// checkRights: GWC10. istiod gives Secrets only to who may list them.
func (c *checker) checkRights(d *door) {
	var asked []chain.Name
	for _, g := range d.groups {
		for _, p := range g.Pods {
			who := chain.Name{Namespace: p.Namespace, Name: p.ServiceAccount}
			if slices.Contains(asked, who) || !d.takes(p) || c.Reviews[who] != material.No {
				continue
			}
			asked = append(asked, who)
			c.add(blocks, finding.Finding{
				ID: "GWC10", Severity: finding.Error, Object: d.Object,
				What:     fmt.Sprintf("ServiceAccount %s of the gateway's pods may not list Secrets in its namespace, so they get no certificate.", who),
				Evidence: quote("SubjectAccessReview", fmt.Sprintf("list secrets in namespace %s by system:serviceaccount:%s:%s: not allowed", who.Namespace, who.Namespace, who.Name)),
				Cause:    "istiod gives a Secret only to a gateway whose ServiceAccount may read it; it logs: … is not authorized to read secrets.",
				Fix: []finding.Step{
					kubectlStep("-n", who.Namespace, "create", "role", "gateway-secrets", "--verb=get,list,watch", "--resource=secrets"),
					kubectlStep("-n", who.Namespace, "create", "rolebinding", "gateway-secrets", "--role=gateway-secrets", "--serviceaccount="+who.Namespace+":"+who.Name),
				},
				Retry: "istiod asks again after a few minutes.",
			})
		}
	}
}

// takes reports whether a pod takes Secrets by their name from its own namespace.
func (d *door) takes(p *chain.Pod) bool {
	for i := range d.servers {
		for n := range d.servers[i].sources {
			if s := &d.servers[i].sources[n]; !s.File() && s.Secret.Namespace == p.Namespace {
				return true
			}
		}
	}
	return false
}

// checkWarming: GWC13, of Secrets that are there: Envoy waits for the others with reason.
func (c *checker) checkWarming(d *door) {
	for i := range d.servers {
		for n := range d.servers[i].sources {
			s := &d.servers[i].sources[n]
			if s.File() || c.Secret(s.Secret) == nil {
				continue
			}
			var waiting []*chain.Pod
			var name string
			for _, p := range s.Pods {
				at := slices.IndexFunc(c.Warming[chain.Name{Namespace: p.Namespace, Name: p.Name}], func(w string) bool { return means(w, s.Secret) })
				if at >= 0 {
					waiting = append(waiting, p)
					name = c.Warming[chain.Name{Namespace: p.Namespace, Name: p.Name}][at]
				}
			}
			if len(waiting) == 0 {
				continue
			}
			c.add(symptom, finding.Finding{
				ID: "GWC13", Severity: finding.Warning, Object: d.Object,
				What:     fmt.Sprintf("Envoy in %s waits for Secret %s, which exists.", podText(waiting), s.Secret),
				Evidence: quote("config_dump of Envoy, dynamic_warming_secrets", name),
				Cause:    "istiod has not sent it. Until then the listener does not serve, and connections are reset.",
				Fix: []finding.Step{
					do("See in the log of istiod why it does not send the Secret:"),
					kubectlStep("-n", "istio-system", "logs", "deployment/istiod", "--since=1h"),
					do("If it says nothing, restart the gateway:"),
					kubectlStep("-n", waiting[0].Namespace, "delete", "pod", waiting[0].Name),
				},
			})
		}
	}
}

// means reports whether Envoy's name for a Secret is that of a Secret, or of the CA in it.
func means(name string, n chain.Name) bool {
	if _, rest, ok := strings.Cut(name, "://"); ok {
		name = rest
	}
	name = strings.TrimPrefix(name, n.Namespace+"/")
	return name == n.Name || name == n.Name+"-cacert"
}

// checkServerPorts: GWC14. The number is that of a Service's port, or of the pods' port behind
// it. Without any Service, as with hostPort, nothing can be said.
func (c *checker) checkServerPorts(d *door) {
	for _, g := range d.groups {
		if len(g.Pods) == 0 || c.Absence("Service", g.Namespace) != chain.Gone {
			continue
		}
		var services []string
		open := map[int]bool{}
		for _, o := range c.Services {
			if o.Namespace != g.Namespace || len(o.Selector) == 0 || !selects(o.Selector, g.Pods[0].Labels) {
				continue
			}
			services = append(services, o.Name)
			for _, p := range o.Ports {
				open[p.Number] = true
				open[targetOf(p, g.Pods[0])] = true
			}
		}
		if len(services) == 0 {
			continue
		}
		for i := range d.servers {
			if s := &d.servers[i]; s.secure() && s.Port.Number != 0 && !open[s.Port.Number] {
				c.addClosedPort(d, s, g, services)
			}
		}
	}
}

// targetOf is the number of the pod's port; 0 if a name is not known.
func targetOf(p chain.Port, pod *chain.Pod) int {
	if number, err := strconv.Atoi(p.Target); err == nil {
		return number
	}
	for _, c := range pod.Containers {
		for _, named := range c.Ports {
			if named.Name == p.Target {
				return named.Number
			}
		}
	}
	return 0
}

func (c *checker) addClosedPort(d *door, s *doorServer, g chain.PodGroup, services []string) {
	var ports []string
	for _, o := range c.Services {
		if o.Namespace == g.Namespace && slices.Contains(services, o.Name) {
			for _, p := range o.Ports {
				ports = append(ports, fmt.Sprintf("%d -> %s", p.Number, p.Target))
			}
		}
	}
	patch := fmt.Sprintf(`[{"op":"add","path":"/spec/ports/-","value":{"name":"https-%d","port":%d,"targetPort":%d}}]`, s.Port.Number, s.Port.Number, s.Port.Number)
	c.add(aside, finding.Finding{
		ID: "GWC14", Severity: finding.Warning, Object: d.Object,
		What: fmt.Sprintf("No Service of the gateway's pods exposes port %d, on which the Gateway serves TLS.", s.Port.Number),
		Evidence: append(append(quote(s.field("port.number"), strconv.Itoa(s.Port.Number)),
			quote(fmt.Sprintf("ports of Service %s/%s", g.Namespace, some(services)), strings.Join(ports, ", "))...), d.messages("IST0162")...),
		Fix: []finding.Step{
			do("Serve on a port that the Service has, or expose this one:"),
			kubectlStep("-n", g.Namespace, "patch", "service/"+services[0], "--type=json", "-p", patch),
		},
		Docs: "https://istio.io/latest/docs/reference/config/analysis/ist0162/",
	})
}
