package rules

import (
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func orderCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "ORD01", Severity: finding.Error, Title: "No solver of the issuer is for a name of the certificate"},
		{ID: "ORD02", Severity: finding.Error, Title: "The CA limits how much it issues, and the limit is reached"},
		{ID: "ORD03", Severity: finding.Error, Title: "The CA has no profile of that name"},
		{ID: "ORD04", Severity: finding.Error, Title: "A CAA record in DNS forbids the CA to issue"},
		{ID: "ORD05", Severity: finding.Warning, Title: "An order does not get on"},
		{ID: "ORD06", Severity: finding.Error, Title: "The CA has refused the order, or the order ended without a certificate"},
	}
}

func (c *checker) checkOrders() {
	c.checkSolvers()
	for _, x := range c.attempts() {
		switch {
		case x.order.Failed():
			c.checkRefusedOrder(x)
		case x.order.State != "valid":
			c.checkStuckOrder(x)
		}
	}
}

// attempt is one order of a Certificate.
type attempt struct {
	certificate *chain.Certificate
	order       *chain.Order
}

// attempts are the orders that tell how Certificates stand: the newest of each. What was
// over before its Certificate became ready is history.
func (c *checker) attempts() []attempt {
	var all []attempt
	for _, o := range c.Certificates {
		if c.reaches(o.Object) {
			all = append(all, c.attemptsOf(o)...)
		}
	}
	return all
}

func (c *checker) attemptsOf(o *chain.Certificate) []attempt {
	orders := last(c.OldOrdersOf(o))
	if r := c.CurrentRequest(o); r != nil {
		orders = append(orders, last(c.OrdersOf(r))...)
	}
	var all []attempt
	for _, order := range orders {
		if x := (attempt{o, order}); !x.history() {
			all = append(all, x)
		}
	}
	return all
}

func (x *attempt) history() bool {
	ready := x.certificate.Conditions.Get("Ready")
	return ready != nil && ready.Status == "True" && !x.order.Created.IsZero() && x.order.Created.Before(ready.Changed)
}

// issuerOf is the issuer of the order; nil if it was not found.
func (c *checker) issuerOf(x attempt) *chain.Issuer {
	return c.IssuerOf(x.certificate.Issuer, x.certificate.Namespace)
}

// nextIssuance is when cert-manager makes the next order by itself after a failed one:
// an hour after the failure, and twice as long after each further one, 32 hours at most
// (both by flags of v1.21). Zero is not known.
func (c *checker) nextIssuance(o *chain.Certificate) time.Time {
	if o.LastFailure.IsZero() || o.OldAPI() {
		return time.Time{}
	}
	pause, most := time.Hour, 32*time.Hour
	if controller := c.Controller(); controller != nil {
		pause = durationFlag(controller, "certificate-request-minimum-backoff-duration", pause)
		most = durationFlag(controller, "certificate-request-maximum-backoff-duration", most)
	}
	for n := 1; n < o.FailedAttempts && pause < most; n++ {
		pause *= 2
	}
	return o.LastFailure.Add(min(pause, most))
}

func durationFlag(c *chain.Controller, name string, standard time.Duration) time.Duration {
	if text, ok := c.Flag(name); ok {
		if d, err := time.ParseDuration(text); err == nil {
			return d
		}
	}
	return standard
}

// again adds to a finding about a failed attempt when the next one is, and how to make
// it at once.
func (c *checker) again(f *finding.Finding, o *chain.Certificate) {
	if next := c.nextIssuance(o); next.After(c.Now) {
		f.RetryAt = next
	}
	f.Fix = append(f.Fix, renewStep(o))
}

// renewStep makes a new order at once, whatever the pause after failures.
func renewStep(o *chain.Certificate) finding.Step {
	if o.OldAPI() {
		return do("Wait for the next try, or delete the failed Order: cert-manager makes a new one.")
	}
	return run("cmctl renew " + script.Quote(o.Name) + " -n " + script.Quote(o.Namespace))
}

// editIssuer opens an issuer in an editor.
func editIssuer(i *chain.Issuer) finding.Step { return run("kubectl edit " + issuerArgs(i)) }

// patchIssuerStep changes one place of an issuer by a JSON patch.
func patchIssuerStep(i *chain.Issuer, patch string) finding.Step {
	return run("kubectl patch " + issuerArgs(i) + " --type=json -p " + script.Quote("["+patch+"]"))
}

// issuerArgs name an issuer for kubectl.
func issuerArgs(i *chain.Issuer) string {
	if i.Cluster() {
		return "clusterissuer " + script.Quote(i.Name)
	}
	return "issuer " + script.Quote(i.Name) + " -n " + script.Quote(i.Namespace)
}
