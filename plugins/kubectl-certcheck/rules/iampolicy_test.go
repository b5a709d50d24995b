package rules

import (
	"encoding/json"
	"testing"
)

const wantPolicy = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "route53:GetChange",
      "Resource": "arn:aws:route53:::change/*"
    },
    {
      "Effect": "Allow",
      "Action": "route53:ChangeResourceRecordSets",
      "Resource": "arn:aws:route53:::hostedzone/Z0123456789ABC",
      "Condition": {
        "ForAllValues:StringEquals": {
          "route53:ChangeResourceRecordSetsRecordTypes": [
            "TXT"
          ]
        }
      }
    },
    {
      "Effect": "Allow",
      "Action": "route53:ListHostedZonesByName",
      "Resource": "*"
    }
  ]
}`

func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"Z0123456789ABC", "/hostedzone/Z0123456789ABC", "hostedzone/Z0123456789ABC"} {
		if got := Policy(id); got != wantPolicy {
			t.Errorf("%s: %s", id, got)
		}
	}
	var all struct{ Statement []iamStatement }
	if err := json.Unmarshal([]byte(Policy("")), &all); err != nil {
		t.Fatal(err)
	}
	if got := all.Statement[1].Resource; got != "arn:aws:route53:::hostedzone/*" {
		t.Errorf("of all zones: %s", got)
	}
}
