package rules

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// renewalOf is when a certificate is due for renewal: what cert-manager itself says of
// the one that it issued, else what its version would reckon. Zero is never.
func (c *checker) renewalOf(o *chain.Certificate, leaf *material.Certificate) time.Time {
	if !o.RenewalTime.IsZero() && o.NotAfter.Equal(leaf.NotAfter) {
		return o.RenewalTime
	}
	if o.RenewalPolicy == "Disabled" {
		return time.Time{}
	}
	return leaf.Renewal(c.renewalSpec(o)).At
}

func (c *checker) renewalSpec(o *chain.Certificate) material.RenewalSpec {
	spec := material.RenewalSpec{RenewBefore: o.RenewBefore, Percentage: o.RenewBeforePercentage}
	if controller := c.Controller(); controller != nil {
		if major, minor, ok := controller.Version(); ok {
			spec.Rule = material.RenewalRuleOf(major, minor)
		}
		if value, ok := controller.Flag("renew-before-expiry-duration"); ok {
			spec.Default, _ = time.ParseDuration(value) // the controller would not have started with a wrong one
		}
	} else if o.OldAPI() {
		spec.Rule = material.RenewFixed
		if !o.NotAfter.IsZero() { // a field of v0.6
			spec.Rule = material.RenewAtThirtyDaysLoose
		}
	}
	return spec
}
