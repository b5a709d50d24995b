package rules

import (
	"encoding/json"
	"strings"
)

// iamStatement is one statement of an IAM policy, in the order of its documentation.
type iamStatement struct {
	Effect    string
	Action    string
	Resource  string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// Policy is the smallest IAM policy, as JSON, with which cert-manager can prove names
// in a hosted zone by DNS-01. The zone's ID is given as Z0123456789ABC or
// /hostedzone/Z0123456789ABC; without one the policy is for all zones of the account.
func Policy(zoneID string) string {
	policy := struct {
		Version   string
		Statement []iamStatement
	}{Version: "2012-10-17"}
	for _, action := range []string{getChange, changeRecords, listZones} {
		policy.Statement = append(policy.Statement, statementFor(action, "aws", zoneID))
	}
	return marshal(policy, "  ")
}

// The three calls that cert-manager makes.
const (
	getChange     = "route53:GetChange"
	changeRecords = "route53:ChangeResourceRecordSets"
	listZones     = "route53:ListHostedZonesByName"
)

// statementFor allows one of the three calls.
func statementFor(action, partition, zoneID string) iamStatement {
	s := iamStatement{Effect: "Allow", Action: action}
	switch action {
	case getChange:
		s.Resource = "arn:" + partition + ":route53:::change/*"
	case changeRecords:
		id := strings.TrimPrefix(strings.TrimPrefix(zoneID, "/"), "hostedzone/")
		if id == "" {
			id = "*"
		}
		s.Resource = "arn:" + partition + ":route53:::hostedzone/" + id
		s.Condition = map[string]map[string][]string{"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": {"TXT"}}}
	default:
		// It has no resource-level permission: on any other resource it is not allowed.
		s.Resource = "*"
	}
	return s
}

func (s iamStatement) String() string { return marshal(s, "") }

func marshal(v any, indent string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	_ = e.Encode(v) // text into memory
	return strings.TrimSuffix(b.String(), "\n")
}
