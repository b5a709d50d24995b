package chain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// index finds objects by what refers to them.
type index struct {
	secrets      map[Name]*Secret
	byName       map[string][]*Secret
	certificates map[Name][]*Certificate // by the Secret that they fill
	named        map[Name]*Certificate
	requests     map[Name][]*Request   // by the Certificate
	orders       map[Name][]*Order     // by the CertificateRequest or old Certificate that owns them
	challenges   map[Name][]*Challenge // by the Order
	issuers      map[issuerKey]*Issuer
	events       map[eventKey][]*Event
	pods         map[string][]*Pod // by namespace
	gatewayPods  map[*IstioGateway][]PodGroup
	inGateway    map[*Pod]bool
	first        map[podOwner]*Pod // the first that runs
	controllers  []*Controller
	router       string // the namespace of Istio's own gateway
}

// podOwner is what owns pods of a namespace.
type podOwner struct {
	namespace string
	Owner
}

// issuerKey has the group, too: while one is moved from the old API to the new, both
// have an issuer of the name.
type issuerKey struct {
	old                   bool
	kind, namespace, name string
}

type eventKey struct{ kind, namespace, name string }

func newIndex(s *Snapshot) index {
	x := index{
		secrets: map[Name]*Secret{}, byName: map[string][]*Secret{}, certificates: map[Name][]*Certificate{}, named: map[Name]*Certificate{},
		requests: map[Name][]*Request{}, orders: map[Name][]*Order{}, challenges: map[Name][]*Challenge{},
		issuers: map[issuerKey]*Issuer{}, events: map[eventKey][]*Event{}, pods: map[string][]*Pod{},
		gatewayPods: map[*IstioGateway][]PodGroup{}, inGateway: map[*Pod]bool{}, first: map[podOwner]*Pod{},
	}
	for _, o := range s.Secrets {
		x.secrets[Name{o.Namespace, o.Name}] = o
		x.byName[o.Name] = append(x.byName[o.Name], o)
	}
	for _, o := range s.Certificates {
		x.certificates[o.Secret()] = append(x.certificates[o.Secret()], o)
		x.named[Name{o.Namespace, o.Name}] = o
	}
	for _, o := range s.Requests {
		x.addRequest(o)
	}
	for _, o := range s.Orders {
		x.addOrder(o)
	}
	for _, o := range s.Challenges {
		for _, owner := range o.Owners {
			if owner.Kind == "Order" {
				at := Name{o.Namespace, owner.Name}
				x.challenges[at] = append(x.challenges[at], o)
			}
		}
	}
	for _, o := range s.Issuers {
		x.issuers[issuerKey{o.OldAPI(), o.Kind, o.Namespace, o.Name}] = o
	}
	for _, o := range s.Events {
		at := eventKey{o.About.Kind, o.About.Namespace, o.About.Name}
		x.events[at] = append(x.events[at], o)
	}
	for _, o := range s.Pods {
		x.addPod(o)
	}
	x.controllers, x.router = s.controllers(), s.router()
	x.addGateways(s)
	return x
}

func (x *index) addPod(o *Pod) {
	x.pods[o.Namespace] = append(x.pods[o.Namespace], o)
	if len(o.Owners) == 0 || !o.Running() {
		return
	}
	if at := (podOwner{o.Namespace, o.Owners[0]}); x.first[at] == nil {
		x.first[at] = o
	}
}

// addGateways files the pods of each Gateway. Most Gateways share a few selectors.
func (x *index) addGateways(s *Snapshot) {
	known := map[string][]PodGroup{}
	for _, g := range s.IstioGateways {
		selector := fmt.Sprint(g.Selector) // sorted
		groups, ok := known[selector]
		if !ok {
			groups = s.gatewayPods(g)
			known[selector] = groups
		}
		x.gatewayPods[g] = groups
		for _, group := range groups {
			for _, p := range group.Pods {
				x.inGateway[p] = true
			}
		}
	}
}

// addRequest files a request under its Certificate: by the owner, or by the annotation
// where there is none.
func (x *index) addRequest(o *Request) {
	name := o.Certificate
	for _, owner := range o.Owners {
		if owner.Kind == "Certificate" {
			name = owner.Name
		}
	}
	if name != "" {
		at := Name{o.Namespace, name}
		x.requests[at] = append(x.requests[at], o)
	}
}

// addOrder files an order under its CertificateRequest, or up to v0.8 under its
// Certificate.
func (x *index) addOrder(o *Order) {
	for _, owner := range o.Owners {
		if owner.Kind == "CertificateRequest" || owner.Kind == "Certificate" {
			at := Name{o.Namespace, owner.Kind + "/" + owner.Name}
			x.orders[at] = append(x.orders[at], o)
		}
	}
}

// Secret returns a Secret; nil if it was not found, see Absence.
func (s *Snapshot) Secret(n Name) *Secret { return s.index.secrets[n] }

// SecretsNamed returns the Secrets of that name in other namespaces.
func (s *Snapshot) SecretsNamed(n Name) []*Secret {
	return slices.DeleteFunc(slices.Clone(s.index.byName[n.Name]), func(o *Secret) bool { return o.Namespace == n.Namespace })
}

// Certificate returns a Certificate by its name; nil if it was not found.
func (s *Snapshot) Certificate(n Name) *Certificate { return s.index.named[n] }

// CertificatesFor returns the Certificates that fill a Secret: more than one is a
// conflict. The one that the Secret was issued for comes first, else the oldest, as
// cert-manager decides since v1.13.2.
func (s *Snapshot) CertificatesFor(secret Name) []*Certificate {
	all := slices.Clone(s.index.certificates[secret])
	owner := ""
	if o := s.Secret(secret); o != nil {
		owner = o.annotation("certificate-name")
	}
	slices.SortStableFunc(all, func(a, b *Certificate) int {
		return cmp.Or(
			cmp.Compare(notOwner(a, owner), notOwner(b, owner)),
			a.Created.Compare(b.Created),
			cmp.Compare(a.Name, b.Name))
	})
	return all
}

func notOwner(c *Certificate, owner string) int {
	if c.Name == owner {
		return 0
	}
	return 1
}

// RequestsOf returns the requests of a Certificate, the newest last.
func (s *Snapshot) RequestsOf(c *Certificate) []*Request {
	all := slices.Clone(s.index.requests[Name{c.Namespace, c.Name}])
	slices.SortStableFunc(all, func(a, b *Request) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), a.Created.Compare(b.Created))
	})
	return all
}

// CurrentRequest returns the request that tells how the Certificate stands: the one
// in progress, else the last; nil if there is none.
func (s *Snapshot) CurrentRequest(c *Certificate) *Request {
	all := s.RequestsOf(c)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// OrdersOf returns the orders of a request, the newest last.
func (s *Snapshot) OrdersOf(r *Request) []*Order {
	return byAge(s.index.orders[Name{r.Namespace, "CertificateRequest/" + r.Name}])
}

// OldOrdersOf returns the orders that a Certificate owns itself, as up to v0.8.
func (s *Snapshot) OldOrdersOf(c *Certificate) []*Order {
	return byAge(s.index.orders[Name{c.Namespace, "Certificate/" + c.Name}])
}

func byAge(all []*Order) []*Order {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *Order) int { return a.Created.Compare(b.Created) })
	return all
}

// ChallengesOf returns the challenges of an order.
func (s *Snapshot) ChallengesOf(o *Order) []*Challenge {
	return s.index.challenges[Name{o.Namespace, o.Name}]
}

// IssuerOf returns the issuer that a Certificate of a namespace refers to; nil if it
// was not found, or is of another program.
func (s *Snapshot) IssuerOf(ref IssuerRef, namespace string) *Issuer {
	if !ref.Ours() {
		return nil
	}
	if ref.Kind == "ClusterIssuer" {
		namespace = ""
	}
	return s.index.issuers[issuerKey{ref.Group == OldGroup, ref.Kind, namespace, ref.Name}]
}

// Ours reports whether the issuer is one of cert-manager's own kinds.
func (r IssuerRef) Ours() bool {
	return (r.Group == Group || r.Group == OldGroup) && (r.Kind == "Issuer" || r.Kind == "ClusterIssuer")
}

// EventsOf returns the events about an object, the newest last.
func (s *Snapshot) EventsOf(m *Meta) []*Event {
	var all []*Event
	for _, e := range s.index.events[eventKey{m.Kind, m.Namespace, m.Name}] {
		if e.About.UID == "" || m.UID == "" || e.About.UID == m.UID {
			all = append(all, e)
		}
	}
	// Events about what is in no namespace are in "default".
	return all
}

// LastEvent returns the newest event about an object with one of the reasons; nil if
// there is none.
func (s *Snapshot) LastEvent(m *Meta, reasons ...string) *Event {
	all := s.EventsOf(m)
	for _, e := range slices.Backward(all) {
		if slices.Contains(reasons, e.Reason) {
			return e
		}
	}
	return nil
}

// SelectPods returns the pods that a selector means, in one namespace or in all ("").
// An empty selector means every pod, as for Istio.
func (s *Snapshot) SelectPods(namespace string, selector map[string]string) []*Pod {
	all := s.Pods
	if namespace != "" {
		all = s.index.pods[namespace]
	}
	var found []*Pod
	for _, p := range all {
		if matches(selector, p.Labels) {
			found = append(found, p)
		}
	}
	return found
}

func matches(selector, labels map[string]string) bool {
	for key, value := range selector {
		if got, ok := labels[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// CredentialNamespace is where an issuer's Secrets are looked up: the issuer's
// namespace, for a ClusterIssuer the controller's --cluster-resource-namespace.
func (s *Snapshot) CredentialNamespace(i *Issuer) string {
	if !i.Cluster() {
		return i.Namespace
	}
	return s.ClusterResourceNamespace()
}

// ClusterResourceNamespace is the flag of the controller, else the binary's default,
// kube-system. Where the controller was not found it is cert-manager, which the Helm
// chart sets.
func (s *Snapshot) ClusterResourceNamespace() string {
	c := s.Controller()
	if c == nil {
		return "cert-manager"
	}
	if value, ok := c.Flag("cluster-resource-namespace"); ok {
		if strings.Contains(value, "$(POD_NAMESPACE)") {
			return c.Namespace
		}
		return value
	}
	return "kube-system"
}
