package rules

import (
	"fmt"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// How long an order may take in a state before something is wrong. A CA answers within
// seconds; one that finalizes late does so within minutes.
const (
	orderMayStart  = 10 * time.Minute
	orderMayFinish = time.Hour
)

// checkStuckOrder is about orders that say nothing. An order that the CA was never asked
// for, as when it cannot be reached, has no status and no event: the only sign is its age
// (the error is in cert-manager's log alone).
func (c *checker) checkStuckOrder(x attempt) {
	o := x.order
	age := chain.Age(c.Now, o.Created)
	f := finding.Finding{ID: "ORD05", Severity: finding.Warning, Object: o.Object}
	switch {
	case o.State == "" && age > orderMayStart:
		f.What = fmt.Sprintf("cert-manager has not got an answer of the CA to the order for %s, which is %s old.", some(o.DNSNames), span(age))
		f.Cause = "Either the CA cannot be reached or cert-manager does not work. An Issuer stays Ready after its registration, and the error is only in cert-manager's log."
		f.Fix = []finding.Step{run(c.logsOfController() + " | grep -F " + script.Quote(o.Name))}
		f.Retry = "by itself, after pauses that double from 5 seconds up to 30 minutes"
	case o.State == "pending" && age > orderMayFinish && c.allValid(o):
		f.What = fmt.Sprintf("The challenges of the order for %s are valid, and it is still pending, %s after it was made.", some(o.DNSNames), span(age))
		f.Fix = c.dropOrder(x)
	case o.State == "pending" && age > orderMayFinish && len(c.ChallengesOf(o)) == 0 && !c.has("ORD01", o.Object) && c.Absence("Challenge", o.Namespace) == chain.Gone:
		f.What = fmt.Sprintf("The order for %s is %s old, and cert-manager has made no challenge for it.", some(o.DNSNames), span(age))
		f.Fix = append([]finding.Step{run(c.logsOfController() + " | grep -F " + script.Quote(o.Name))}, c.dropOrder(x)...)
	case (o.State == "ready" || o.State == "processing") && age > orderMayFinish:
		f.What = fmt.Sprintf("The order for %s is %s old and still %s: the CA has not made a certificate.", some(o.DNSNames), span(age), o.State)
		f.Fix = c.dropOrder(x)
	default:
		return
	}
	f.Evidence = quote("metadata.creationTimestamp", o.Created.Format(time.RFC3339))
	if o.State != "" {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "status.state", Text: o.State})
	}
	c.add(symptom, f)
}

func (c *checker) allValid(o *chain.Order) bool {
	all := c.ChallengesOf(o)
	for _, ch := range all {
		if ch.State != "valid" {
			return false
		}
	}
	return len(all) > 0
}

// dropOrder deletes the request with its order, of which cert-manager makes a new one.
func (c *checker) dropOrder(x attempt) []finding.Step {
	kind, name := "order", x.order.Name
	for _, owner := range x.order.Owners {
		if owner.Kind == "CertificateRequest" {
			kind, name = "certificaterequest", owner.Name
		}
	}
	return []finding.Step{run("kubectl delete " + kind + " " + script.Quote(name) + " -n " + script.Quote(x.order.Namespace))}
}

// logsOfController shows cert-manager's log.
func (c *checker) logsOfController() string {
	namespace, name := "cert-manager", "cert-manager"
	if controller := c.Controller(); controller != nil {
		namespace, name = controller.Workload.Namespace, controller.Workload.Name
	}
	return "kubectl logs -n " + script.Quote(namespace) + " deploy/" + script.Quote(name) + " --since=1h"
}
