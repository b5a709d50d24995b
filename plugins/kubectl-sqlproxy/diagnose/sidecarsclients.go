package diagnose

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// checkClients judges whether those get through to a proxy who are told to use it.
func (c *checker) checkClients(s *subject) {
	if len(s.Policies) == 0 || s.Template.Spec.HostNetwork {
		return
	}
	if enforced, _ := c.enforced(); !enforced {
		return
	}
	for _, service := range s.Services {
		for _, use := range c.around().clients[keyOf(service.Object)] {
			w := use.workload
			if w == s.Workload || w.Replicas == 0 || w.Template.Spec.HostNetwork || c.letsIn(s, service, w) {
				continue
			}
			c.add(s, aside, c.shutOut(s, service, use))
		}
	}
}

// letsIn reports whether some policy may let a workload in to a port that a Service leads
// to.
func (c *checker) letsIn(s *subject, service *serviceItem, w *snapshot.Workload) bool {
	for _, p := range service.Value.Spec.Ports {
		port, ok := s.TargetPort(p)
		if !ok {
			return true // a fault of another kind
		}
		if slices.ContainsFunc(s.Policies, func(o *policyItem) bool { return c.admits(s, o, port, w) }) {
			return true
		}
	}
	return len(service.Value.Spec.Ports) == 0
}

func (c *checker) shutOut(s *subject, service *serviceItem, use use) finding.Finding {
	w := use.workload
	names := make([]string, 0, len(s.Policies))
	for _, o := range s.Policies {
		names = append(names, o.Name)
	}
	f := finding.Finding{
		ID: "client-without-label", Severity: finding.Error, Object: w.Object,
		What: fmt.Sprintf("NetworkPolicy %s does not let the pods of %s in namespace %s through to Service %s, which they are told to use: their connections time out.",
			listed(names), refOf(w.Object), w.Namespace, service.Name),
		Evidence: []finding.Evidence{use.evidence(), {Source: "labels of the pods", Text: labelPairs(w.Template.Labels)}},
		Docs:     policyDocs,
	}
	o, peer := s.wantedPeer()
	if peer == nil || peer.PodSelector == nil || len(peer.PodSelector.MatchLabels) == 0 {
		o = s.Policies[0]
		f.Fix = []finding.Step{do("Add them to from in the NetworkPolicy, if they are to use the databases:"), kubectlIn(o.Namespace, "edit", "networkpolicy", o.Name)}
		return f
	}
	want := peer.PodSelector.MatchLabels
	f.Evidence = append(f.Evidence, finding.Evidence{Source: "NetworkPolicy " + o.Name + ", from", Text: labelPairs(want)})
	if !selects(peer.PodSelector, w.Template.Labels) {
		f.Fix = append(f.Fix, do("Give the pods the label that clients have:"), labelStep(w, want))
	}
	if labelled := (policyPeer{NamespaceSelector: peer.NamespaceSelector}); !c.isPeer(&labelled, o.Namespace, w) {
		f.Cause = "Clients are let in from some namespaces only, and " + w.Namespace + " is none of them."
		f.Fix = append(f.Fix, do("Let clients of namespace "+w.Namespace+" in, with a namespaceSelector beside the podSelector:"), kubectlIn(o.Namespace, "edit", "networkpolicy", o.Name))
	}
	return f
}

// wantedPeer is the first that a policy lets in to a database; nil if it is none.
func (s *subject) wantedPeer() (*policyItem, *policyPeer) {
	ports := s.openPorts()
	for _, o := range s.Policies {
		for i := range o.Value.Spec.Ingress {
			r := &o.Value.Spec.Ingress[i]
			if len(r.From) > 0 && slices.ContainsFunc(ports, func(port int) bool { return s.covers(r, port) }) {
				return o, &r.From[0]
			}
		}
	}
	return nil, nil
}

// labelStep gives the pods of a workload labels.
func labelStep(w *snapshot.Workload, labels map[string]string) finding.Step {
	switch w.Kind {
	case "Deployment", "StatefulSet", "DaemonSet":
		pairs, err := json.Marshal(labels)
		if err != nil {
			break
		}
		return kubectlIn(w.Namespace, "patch", refOf(w.Object), "--type=merge", "-p", `{"spec":{"template":{"metadata":{"labels":`+string(pairs)+`}}}}`)
	case "Pod":
		args := []string{"label", refOf(w.Object)}
		for _, name := range sortedKeys(labels) {
			args = append(args, name+"="+labels[name])
		}
		return kubectlIn(w.Namespace, args...)
	}
	return do("Set " + labelPairs(labels) + " in the labels of its pod template.")
}
