package chain

import (
	"cmp"
	"slices"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// Snapshot is all that is known, as of one moment. Fill it with Add, then Close it.
type Snapshot struct {
	// Files says that it comes from files and not from a cluster: what is not there
	// may be there nevertheless. See Absent.
	Files bool
	// Fallback is the namespace of namespaced objects that name none, as in files.
	Fallback string

	IstioGateways   []*IstioGateway
	VirtualServices []*VirtualService
	Ingresses       []*Ingress
	Gateways        []*Gateway
	ReferenceGrants []*ReferenceGrant
	Pods            []*Pod
	Services        []*Service
	Workloads       []*Workload
	Trusting        []*Trusting
	Secrets         []*Secret
	Certificates    []*Certificate
	Requests        []*Request
	Orders          []*Order
	Challenges      []*Challenge
	Issuers         []*Issuer
	Events          []*Event
	CRDs            []*CRD

	// Groups are the API groups that the cluster serves, with their versions, the
	// preferred one first; nil is not known.
	Groups map[string][]string
	// Reviews say whether a ServiceAccount may list the Secrets of its namespace, as a
	// SubjectAccessReview answers; one that is not there was not asked for.
	Reviews map[Name]material.Answer
	// Warming are, by pod, the Secrets that its Envoy waits for, by the names that it has
	// for them: "kubernetes://web-tls". A pod that is not there was not asked.
	Warming map[Name][]string
	// Missing is what could not be looked at.
	Missing []Missing
	// Problems are the objects that could not be read.
	Problems []Problem
	// Scope is the namespaces whose consumers are asked for; nil is all.
	Scope []string

	dumped map[scope]bool
	shared map[string]*material.Certificate // see share
	index  index
}

// scope is the objects of a kind in a namespace.
type scope struct{ kind, namespace string }

// Missing is a kind of objects that could not be looked at, and thus what could not be
// checked.
type Missing struct {
	Resource string // "secrets", "certificates.cert-manager.io"
	// Namespace is empty where it holds for all, but for those of Except.
	Namespace string
	Except    []string
	Kind      string
	Reason    string // a sentence
	// Forbidden says that a right is missing, and not the API.
	Forbidden bool
}

// Problem is an object that could not be read, wholly or in a part.
type Problem struct {
	finding.Object
	What string // a sentence
	Text string // the complaint; never a part of a Secret
}

// Presence says whether an object that was not found exists.
type Presence int

// What may be said of an object that was not found.
const (
	// Gone: it does not exist.
	Gone Presence = iota
	// Unseen: nobody could look, for want of a right or of an API.
	Unseen
	// NotInFiles: it may exist in the cluster that the files are for.
	NotInFiles
)

// Absence says what it means that an object of that kind was not found in a
// namespace. Files tell only what is missing when they hold a dump: objects of the
// kind and the namespace that were read from a cluster.
func (s *Snapshot) Absence(kind, namespace string) Presence {
	if s.Files {
		if s.dumped[scope{kind, namespace}] {
			return Gone
		}
		return NotInFiles
	}
	for _, m := range s.Missing {
		if m.Kind == kind && (m.Namespace == "" || namespace == "" || m.Namespace == namespace) && !slices.Contains(m.Except, namespace) {
			return Unseen
		}
	}
	return Gone
}

// note remembers that files have objects of a kind that were in a cluster.
func (s *Snapshot) note(m *Meta) {
	if m.UID != "" {
		s.noteScope(scope{m.Kind, m.Namespace})
	}
}

func (s *Snapshot) noteScope(at scope) {
	if s.dumped == nil {
		s.dumped = map[scope]bool{}
	}
	s.dumped[at] = true
}

// InScope reports whether consumers of a namespace are asked for.
func (s *Snapshot) InScope(namespace string) bool {
	return s.Scope == nil || slices.Contains(s.Scope, namespace)
}

// Close puts everything in order, once all is added: by namespace and name, events by
// their time. What is in files twice, as by -R, is there once: the last.
func (s *Snapshot) Close() {
	s.IstioGateways = ordered(s.IstioGateways, func(o *IstioGateway) *Meta { return &o.Meta })
	s.VirtualServices = ordered(s.VirtualServices, func(o *VirtualService) *Meta { return &o.Meta })
	s.Ingresses = ordered(s.Ingresses, func(o *Ingress) *Meta { return &o.Meta })
	s.Gateways = ordered(s.Gateways, func(o *Gateway) *Meta { return &o.Meta })
	s.ReferenceGrants = ordered(s.ReferenceGrants, func(o *ReferenceGrant) *Meta { return &o.Meta })
	s.Pods = ordered(s.Pods, func(o *Pod) *Meta { return &o.Meta })
	s.Services = ordered(s.Services, func(o *Service) *Meta { return &o.Meta })
	s.Workloads = ordered(s.Workloads, func(o *Workload) *Meta { return &o.Meta })
	s.Trusting = ordered(s.Trusting, func(o *Trusting) *Meta { return &o.Meta })
	s.Secrets = ordered(s.Secrets, func(o *Secret) *Meta { return &o.Meta })
	s.Certificates = ordered(s.Certificates, func(o *Certificate) *Meta { return &o.Meta })
	s.Requests = ordered(s.Requests, func(o *Request) *Meta { return &o.Meta })
	s.Orders = ordered(s.Orders, func(o *Order) *Meta { return &o.Meta })
	s.Challenges = ordered(s.Challenges, func(o *Challenge) *Meta { return &o.Meta })
	s.Issuers = ordered(s.Issuers, func(o *Issuer) *Meta { return &o.Meta })
	s.CRDs = ordered(s.CRDs, func(o *CRD) *Meta { return &o.Meta })
	s.Events = ordered(s.Events, func(o *Event) *Meta { return &o.Meta })
	slices.SortStableFunc(s.Events, func(a, b *Event) int { return a.LastSeen.Compare(b.LastSeen) })
	s.index = newIndex(s)
}

func ordered[T any](all []*T, meta func(*T) *Meta) []*T {
	type key struct{ apiVersion, kind, namespace, name string }
	last := map[key]*T{}
	keyOf := func(o *T) key {
		m := meta(o)
		return key{m.APIVersion, m.Kind, m.Namespace, m.Name}
	}
	for _, o := range all {
		last[keyOf(o)] = o
	}
	all = slices.DeleteFunc(all, func(o *T) bool { return meta(o).Name != "" && last[keyOf(o)] != o })
	slices.SortStableFunc(all, func(a, b *T) int {
		m, n := meta(a), meta(b)
		return cmp.Or(cmp.Compare(m.Namespace, n.Namespace), cmp.Compare(m.Name, n.Name), cmp.Compare(m.Kind, n.Kind))
	})
	return all
}

// Age is how long ago t was; 0 for a time that is not known.
func Age(now, t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return now.Sub(t)
}
