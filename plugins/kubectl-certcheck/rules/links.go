package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// builder makes the chain of one subject.
type builder struct {
	*checker
	objects map[finding.Object]bool
	managed bool
}

func (c *checker) builder() *builder { return &builder{checker: c, objects: map[finding.Object]bool{}} }

func (b *builder) subject(consumer chain.Consumer, root finding.Link) *subject {
	return &subject{Consumer: consumer, link: root, objects: b.objects, managed: b.managed}
}

// gather notes the objects of a part of a chain.
func gather(l *finding.Link, into map[finding.Object]bool) {
	into[l.Object] = true
	for i := range l.Links {
		gather(&l.Links[i], into)
	}
}

func (b *builder) visit(o finding.Object, state string) finding.Link {
	b.objects[o] = true
	return finding.Link{Object: o, State: state, Mark: markOf(state)}
}

// The states of what is not in the snapshot, and of a Secret that holds no certificate.
const (
	notFound      = "not found"
	notSeen       = "not seen"
	notInFiles    = "not in the files"
	noCertificate = "no certificate"
)

// markOf is how bad a state looks by itself.
func markOf(state string) finding.Severity {
	word, _, _ := strings.Cut(state, " ")
	switch {
	case state == notFound || state == noCertificate || word == "expired" || word == "invalid" || word == "errored":
		return finding.Error
	case state == notSeen || state == notInFiles:
		return finding.Skipped
	case word == "Ready=False" && !strings.HasSuffix(state, " Pending"):
		return finding.Warning
	}
	return finding.OK
}

// onlySecret is a Secret without what fills it.
func (b *builder) onlySecret(n chain.Name) finding.Link {
	return b.visit(b.SecretObject(n), b.secretState(n))
}

// secret is a Secret with the Certificates that fill it.
func (b *builder) secret(n chain.Name) finding.Link {
	link := b.onlySecret(n)
	for _, o := range b.CertificatesFor(n) {
		link.Links = append(link.Links, b.certificate(o))
	}
	return link
}

func (b *builder) secretState(n chain.Name) string {
	o := b.Secret(n)
	if o == nil {
		return b.absence("Secret", n.Namespace)
	}
	pair := o.Served()
	if pair == nil || pair.Chain == nil || pair.Chain.Leaf < 0 {
		return noCertificate
	}
	return b.validity(pair.Chain.Certificates[pair.Chain.Leaf].Lifetime)
}

// absence says why something is not in the snapshot.
func (b *builder) absence(kind, namespace string) string {
	switch b.Absence(kind, namespace) {
	case chain.Unseen:
		return notSeen
	case chain.NotInFiles:
		return notInFiles
	}
	return notFound
}

func (b *builder) validity(l material.Lifetime) string {
	switch l.State(b.Now) {
	case material.Expired:
		return "expired " + span(-l.Left(b.Now)) + " ago"
	case material.NotYetValid:
		return "valid from " + day(l.NotBefore)
	}
	return "valid until " + day(l.NotAfter)
}

// certificate is a Certificate with how it is issued, and by whom.
func (b *builder) certificate(o *chain.Certificate) finding.Link {
	b.managed = true
	link := b.visit(o.Object, readiness(o.Conditions))
	if r := b.CurrentRequest(o); r != nil {
		link.Links = append(link.Links, b.request(r))
	}
	for _, order := range last(b.OldOrdersOf(o)) {
		link.Links = append(link.Links, b.order(order))
	}
	if i := b.IssuerOf(o.Issuer, o.Namespace); i != nil {
		link.Links = append(link.Links, b.issuer(i))
	} else {
		state := "not checked: of another program"
		if o.Issuer.Ours() {
			state = b.absence(o.Issuer.Kind, o.Namespace)
		}
		link.Links = append(link.Links, b.visit(b.IssuerObject(o.Issuer, o.Namespace), state))
	}
	return link
}

func (b *builder) request(r *chain.Request) finding.Link {
	link := b.visit(r.Object, readiness(r.Conditions))
	for _, order := range last(b.OrdersOf(r)) {
		link.Links = append(link.Links, b.order(order))
	}
	return link
}

// last is the newest of the orders: those before have failed, and were replaced.
func last(orders []*chain.Order) []*chain.Order {
	return orders[max(0, len(orders)-1):]
}

func (b *builder) order(o *chain.Order) finding.Link {
	link := b.visit(o.Object, orNone(o.State))
	for _, challenge := range b.ChallengesOf(o) {
		state := orNone(challenge.State)
		if challenge.State == "expired" && b.verified(challenge) {
			state = "verified (state expired)"
		}
		link.Links = append(link.Links, b.visit(challenge.Object, state))
	}
	return link
}

// issuer is an issuer with the Secrets of its credentials.
func (b *builder) issuer(i *chain.Issuer) finding.Link {
	link := b.visit(i.Object, readiness(i.Conditions))
	namespace := b.CredentialNamespace(i)
	seen := map[string]bool{}
	for _, ref := range i.Secrets() {
		if seen[ref.Name] || ref.Name == "" {
			continue
		}
		seen[ref.Name] = true
		n := chain.Name{Namespace: namespace, Name: ref.Name}
		state := "found"
		if b.Secret(n) == nil {
			state = b.absence("Secret", namespace)
		}
		link.Links = append(link.Links, b.visit(b.SecretObject(n), state))
	}
	return link
}

// readiness is the Ready condition in a few words.
func readiness(all chain.Conditions) string {
	ready := all.Get("Ready")
	switch {
	case ready == nil:
		return "no status"
	case ready.Status == "True" || ready.Reason == "":
		return "Ready=" + ready.Status
	}
	return "Ready=" + ready.Status + " " + ready.Reason
}

func orNone(state string) string {
	if state == "" {
		return "no state"
	}
	return state
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// span is a length of time for people: two days, not 47h59m.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return "-" + span(-d)
	case d >= 3*day:
		return fmt.Sprintf("%dd", d/day)
	case d >= day:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
