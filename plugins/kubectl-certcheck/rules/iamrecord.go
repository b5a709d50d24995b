package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
)

// throttled is IAM05.
func (c *checker) throttled(o *complaint) finding.Finding {
	f := finding.Finding{
		Severity: finding.Warning,
		What:     fmt.Sprintf("Route 53 throttles the AWS account, so cert-manager cannot write the TXT record %s.", o.record()),
		Cause:    "Route 53 takes five requests a second of an account, from all its programs together.",
		Fix: []finding.Step{
			do("Find the other programs of the account that call Route 53 all the time, such as external-dns with a short interval."),
			do("Put the zone's ID into the solver as route53.hostedZoneID, which saves a call for each record, and lower the controller's --max-concurrent-challenges."),
		},
		Docs: awsLimitsDocs,
	}
	if controller := c.Controller(); controller != nil {
		if major, minor, ok := controller.Version(); ok && (major == 0 || major == 1 && minor < 20) {
			f.Cause += fmt.Sprintf(" cert-manager v%d.%d adds to them: before v1.20 it tries again without a pause.", major, minor)
			f.Fix = append([]finding.Step{do("Upgrade cert-manager to v1.20 or later.")}, f.Fix...)
		}
	}
	return f
}

// clash is IAM06: another record has the name.
func (o *complaint) clash() finding.Finding {
	f := finding.Finding{Severity: finding.Warning, Docs: route53Docs}
	zone := o.pinnedZone()
	if zone == "" {
		zone = "ZONE_ID"
	}
	show := run("aws route53 list-resource-record-sets --hosted-zone-id " + script.Quote(zone) + " --start-record-name " + script.Quote(o.record()) + " --max-items 3")
	if strings.Contains(o.Text, "CNAME") {
		f.What = fmt.Sprintf("%s is a CNAME, so Route 53 takes no TXT record of that name.", o.record())
		f.Fix = []finding.Step{
			do("If the name is delegated by that CNAME, set cnameStrategy: Follow in the solver's dns01; if not, delete the CNAME:"), show,
		}
		return f
	}
	f.What = fmt.Sprintf("Route 53 does not take the TXT record %s beside a record of that name that is there already.", o.record())
	f.Cause = "Since v1.8 cert-manager writes multivalue records, which cannot stand beside a simple one, as an older version or a person has left there."
	f.Fix = []finding.Step{
		do(fmt.Sprintf("Delete the old TXT record %s from the hosted zone; this shows it:", o.record())), show,
	}
	return f
}
