package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
)

// noRole is a role that may not be taken.
func (o *complaint) noRole(f *finding.Finding, issuer string) {
	role := ""
	if o.solver != nil && o.solver.Route53 != nil {
		role = o.solver.Route53.Role
	}
	denial, ok := parseDenial(o.Text)
	if role == "" {
		role = denial.Resource
	}
	if role == "" {
		role = "the role"
	}
	f.What = fmt.Sprintf("AWS does not let cert-manager take the role %s for %s.", strings.TrimPrefix(role, "the role "), issuer)
	if role == "the role" {
		f.What = fmt.Sprintf("AWS does not let cert-manager take the role that it should use for %s.", issuer)
	}
	if strings.Contains(strings.ToLower(o.Text), "webidentity") || strings.Contains(o.Text, "web identity") {
		f.Cause = "The role's trust policy must name the cluster's OIDC provider, the service account (…:sub) and the audience sts.amazonaws.com (…:aud)."
		f.Fix = []finding.Step{do("Compare the role's trust policy with the cluster's issuer URL and the service account:"), run("kubectl get --raw /.well-known/openid-configuration")}
	} else {
		f.Cause = "Both must allow it: a policy of the identity that asks, and the trust policy of the role."
		if ok {
			f.Fix = []finding.Step{do(fmt.Sprintf("Allow sts:AssumeRole on %s in a policy of %s, and name that identity as Principal in the role's trust policy.", role, denial.who()))}
		} else {
			f.Fix = []finding.Step{do("Allow sts:AssumeRole on the role in a policy of cert-manager's identity, and name that identity as Principal in the role's trust policy.")}
		}
	}
	if name := roleName(role); name != "" {
		f.Fix = append(f.Fix, do("This shows the trust policy:"), run("aws iam get-role --role-name "+script.Quote(name)+" --query Role.AssumeRolePolicyDocument"))
	}
}

// roleName is the name in the ARN of a role.
func roleName(arn string) string {
	if !strings.Contains(arn, ":role/") {
		return ""
	}
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

// noToken is a service account whose token the controller cannot get.
func (c *checker) noToken(o *complaint, f *finding.Finding) {
	_, after, _ := strings.Cut(o.Text, "ailed to request token for ")
	account, _, _ := strings.Cut(after, ":")
	namespace, name, ok := strings.Cut(strings.TrimSpace(account), "/")
	f.What = fmt.Sprintf("cert-manager cannot get a token of the service account %s.", account)
	if !ok {
		return
	}
	in := "-n " + script.Quote(namespace)
	if strings.Contains(after, "not found") {
		f.Cause = "There is no such service account."
		f.Fix = []finding.Step{run("kubectl create serviceaccount " + in + " " + script.Quote(name))}
		return
	}
	f.Cause = "The controller needs the right to create serviceaccounts/token of that one."
	controller := "cert-manager:cert-manager"
	if _, by, found := strings.Cut(o.Text, "system:serviceaccount:"); found {
		controller, _, _ = strings.Cut(by, `"`)
	}
	role := script.Quote(name + "-token")
	f.Fix = []finding.Step{
		run("kubectl create role " + role + " " + in + " --verb=create --resource=serviceaccounts/token --resource-name=" + script.Quote(name)),
		run("kubectl create rolebinding " + role + " " + in + " --role=" + role + " --serviceaccount=" + script.Quote(controller)),
	}
}
