package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// denied is a right that is missing: IAM01, IAM02, IAM03.
func (o *complaint) denied() finding.Finding {
	denial, _ := parseDenial(o.Text)
	zone := denial.zone()
	if zone == "" && o.solver != nil && o.solver.Route53 != nil {
		zone = o.solver.Route53.HostedZoneID
	}
	f := finding.Finding{Docs: route53Docs}
	var statement iamStatement
	switch o.id {
	case "IAM01":
		statement = statementFor(listZones, denial.partition(), "")
		f.What = fmt.Sprintf("AWS does not let %s list the hosted zones, so cert-manager cannot find the one of %s.", denial.who(), o.record())
		f.Cause = `route53:ListHostedZonesByName is not a right on a zone: a policy that allows it on arn:aws:route53:::hostedzone/*, as cert-manager's instructions once said, allows nothing. Its Resource must be "*".`
		f.Docs = awsRightsDocs
	case "IAM02":
		statement = statementFor(changeRecords, denial.partition(), zone)
		f.What = fmt.Sprintf("AWS does not let %s write the TXT record %s into %s.", denial.who(), o.record(), zoneWords(zone))
		if o.cleanup {
			f.What = fmt.Sprintf("AWS does not let %s remove the TXT record %s from %s.", denial.who(), o.record(), zoneWords(zone))
		}
	default:
		statement = statementFor(getChange, denial.partition(), "")
		f.What = fmt.Sprintf("AWS does not let %s ask whether the TXT record %s is in place (route53:GetChange).", denial.who(), o.record())
		f.Cause = "The record is written, but cert-manager asks for two minutes whether it is, and then counts the attempt as failed."
	}
	if why := denial.why(); why != "" {
		f.Cause = strings.TrimSpace(f.Cause + " " + why)
	}
	f.Fix = append(f.Fix, do(denial.remedy(statement)))
	if o.id == "IAM01" {
		f.Fix = append(f.Fix, do("Or put the zone's ID into the solver as route53.hostedZoneID: then cert-manager does not list zones."))
	}
	return f
}

func zoneWords(id string) string {
	if id == "" {
		return "its hosted zone"
	}
	return "hosted zone " + id
}

// explicit reports whether a statement forbids it, which no other can undo.
func (d awsDenial) explicit() bool { return strings.Contains(d.Why, "explicit deny") }

// why tells what AWS's reason means, where it is not just a missing statement.
func (d awsDenial) why() string {
	switch {
	case d.explicit():
		return "It is forbidden by " + d.Why + ": no other policy can allow it."
	case strings.Contains(d.Why, "permissions boundary"):
		return "The permissions boundary of the identity leaves it out, whatever its policies allow."
	case strings.Contains(d.Why, "service control policy"):
		return "The organization's service control policies leave it out, whatever the account's policies allow."
	case strings.Contains(d.Why, "session policy"):
		return "The session policy leaves it out, whatever the role's policies allow."
	}
	return ""
}

// remedy says where the statement is to go.
func (d awsDenial) remedy(s iamStatement) string {
	switch {
	case d.explicit():
		return fmt.Sprintf("Take %s on %s out of the statement with the effect Deny, and see that an identity-based policy of %s has: %s", s.Action, s.Resource, d.who(), s)
	case strings.Contains(d.Why, "permissions boundary"):
		return fmt.Sprintf("Add this to the permissions boundary of %s: %s", d.who(), s)
	case strings.Contains(d.Why, "service control policy"):
		return fmt.Sprintf("Have this allowed by the service control policies of the account: %s", s)
	case strings.Contains(d.Why, "session policy"):
		return fmt.Sprintf("Add this to the session policy of %s: %s", d.who(), s)
	}
	return fmt.Sprintf("Add this to a policy of %s: %s", d.who(), s)
}
