package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
)

// zonesFor are the names of the hosted zones that a record can be in, the longest first.
// cert-manager takes the longest that there is. A zone of one label is nobody's.
func zonesFor(record string) []string {
	name := strings.TrimSuffix(strings.TrimPrefix(record, challengeLabel), ".")
	var zones []string
	for strings.Contains(name, ".") {
		zones = append(zones, name)
		_, name, _ = strings.Cut(name, ".")
	}
	return zones
}

// noZone is IAM04: the keys are good, the zone is not there.
func (c *checker) noZone(o *complaint) finding.Finding {
	zones := zonesFor(o.record())
	if pinned := o.pinnedZone(); pinned != "" {
		return finding.Finding{
			What:  fmt.Sprintf("The hosted zone %s, which the solver names, is not one that %s can be written into.", pinned, o.record()),
			Cause: "hostedZoneID makes cert-manager write into that zone without looking whether it is there and has the name.",
			Fix: []finding.Step{
				do("Find the ID of the zone, with credentials of the account that has it:"), listZonesStep(zones),
				do("Put that ID into the solver's route53.hostedZoneID, or take the field out: then cert-manager finds the zone itself."),
			},
			Docs: route53Docs,
		}
	}
	f := finding.Finding{
		What:  fmt.Sprintf("The AWS account has no public hosted zone that %s can be written into.", o.record()),
		Cause: "The credentials work, but they are of an account without that zone, or the zone is private, or DNS says that the name is in another zone, which is elsewhere.",
		Docs:  route53Docs,
	}
	if len(zones) > 0 {
		f.Fix = []finding.Step{
			do(fmt.Sprintf("One of these must be a public zone (PrivateZone false) of the account whose keys cert-manager has: %s. This shows what it has:", some(zones))),
			listZonesStep(zones),
			do("See which servers DNS names for it; they must be those of that hosted zone:"),
			run("dig +short NS " + script.Quote(zones[len(zones)-1])),
		}
	}
	f.Fix = append(f.Fix, do("If the zone is of another account, name a role of that account as route53.role in the solver, and let it be assumed by cert-manager's identity."))
	return f
}

func listZonesStep(zones []string) finding.Step {
	line := "aws route53 list-hosted-zones-by-name"
	if len(zones) > 0 {
		line += " --dns-name " + script.Quote(zones[len(zones)-1])
	}
	return run(line + " --query 'HostedZones[].[Name,Id,Config.PrivateZone]' --output text")
}

// pinnedZone is the zone that the solver names; empty if cert-manager looks for it.
func (o *complaint) pinnedZone() string {
	if o.solver == nil || o.solver.Route53 == nil {
		return ""
	}
	return o.solver.Route53.HostedZoneID
}
