package rules

import (
	"strings"
	"testing"
)

func TestParseDenial(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name, text string
		want       awsDenial
		who        string
	}{
		{"the SDK v2 for Go, with a reason",
			"operation error Route 53: GetChange, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: User: arn:aws:iam::123456789012:user/ops/cert-manager is not authorized to perform: route53:GetChange on resource: arn:aws:route53:::change/C1 because no identity-based policy allows the route53:GetChange action",
			awsDenial{"arn:aws:iam::123456789012:user/ops/cert-manager", "route53:GetChange", "arn:aws:route53:::change/C1", "no identity-based policy allows the route53:GetChange action"},
			"user cert-manager of account 123456789012"},
		{"the SDK v1, with the status in the next line",
			"AccessDenied: User: arn:aws:iam::123456789012:user/x is not authorized to perform: route53:ListHostedZonesByName\n\tstatus code: 403, request id: 1",
			awsDenial{"arn:aws:iam::123456789012:user/x", "route53:ListHostedZonesByName", "", ""},
			"user x of account 123456789012"},
		{"an explicit deny, in China",
			"User: arn:aws-cn:sts::123456789012:assumed-role/dns/cert-manager is not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws-cn:route53:::hostedzone/Z1 with an explicit deny in a service control policy",
			awsDenial{"arn:aws-cn:sts::123456789012:assumed-role/dns/cert-manager", "route53:ChangeResourceRecordSets", "arn:aws-cn:route53:::hostedzone/Z1", "an explicit deny in a service control policy"},
			"role dns of account 123456789012"},
		{"cut off after the action", "User: anonymous is not authorized to perform: route53:GetChange,",
			awsDenial{"anonymous", "route53:GetChange", "", ""}, "cert-manager's identity"},
	} {
		got, ok := parseDenial(one.text)
		if !ok || got != one.want {
			t.Errorf("%s: %+v, want %+v", one.name, got, one.want)
		}
		if got.who() != one.who {
			t.Errorf("%s: %s, want %s", one.name, got.who(), one.who)
		}
	}
	for _, text := range []string{"", "AccessDenied: Access Denied", "User: x is not authorized to perform: "} {
		if got, ok := parseDenial(text); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
	china := awsDenial{Principal: "arn:aws-cn:iam::1:user/x"}
	if got := statementFor(getChange, china.partition(), "").Resource; got != "arn:aws-cn:route53:::change/*" {
		t.Errorf("in China: %s", got)
	}
}

func FuzzParseDenial(f *testing.F) {
	f.Add("User: arn:aws:iam::1:user/x is not authorized to perform: route53:GetChange on resource: arn:aws:route53:::change/C1 because of that")
	f.Add("User: arn:aws:sts::1:assumed-role is not authorized to perform: a on resource: with an explicit deny")
	f.Add(" is not authorized to perform:  x\n because")
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := parseDenial(text)
		if !ok && d != (awsDenial{}) {
			t.Errorf("%+v of nothing", d)
		}
		for _, part := range []string{d.Principal, d.Action, d.Resource, d.Why} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in the message", part)
			}
		}
		for _, word := range []string{d.Principal, d.Action, d.Resource} {
			if len(strings.Fields(word)) > 1 {
				t.Errorf("%q is no word", word)
			}
		}
		if d.who() == "" || d.partition() == "" || d.remedy(iamStatement{}) == "" {
			t.Errorf("%+v has no words", d)
		}
		_ = complaintID(text)
	})
}
