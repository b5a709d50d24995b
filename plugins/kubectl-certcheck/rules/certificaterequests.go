package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// certApproval: nobody signs a request that is not approved. cert-manager approves by
// itself, unless another program does.
func (c *checker) certApproval(i *issuance) {
	r := i.request
	if r == nil || r.Issued || r.OldAPI() || r.Conditions.Is("Approved", "True") {
		return
	}
	f := finding.Finding{ID: "CRT16", Severity: c.certGrave(i), Object: r.Object, Docs: "https://cert-manager.io/docs/usage/certificaterequest/"}
	if denied := r.Conditions.Get("Denied"); denied != nil && denied.Status == "True" {
		f.What = fmt.Sprintf("CertificateRequest %s was denied, so no certificate is issued.", r.Name)
		f.Evidence = quote("status.conditions[Denied].message", strings.TrimSpace(denied.Reason+": "+denied.Message))
		f.Cause = "A policy of this cluster, or a person, does not allow such a certificate."
		f.Fix = []finding.Step{do("Change the Certificate so that a policy allows it, or the policy; then issue again."), run("kubectl get certificaterequestpolicies"), i.renew()}
		c.add(blocks, f)
		return
	}
	if r.Conditions.Get("Ready") != nil || chain.Age(c.Now, r.Created) < certPatience/2 {
		return // before v1.3 there was no approval, and a request has Ready at once
	}
	f.What = fmt.Sprintf("CertificateRequest %s has been waiting for its approval for %s.", r.Name, span(chain.Age(c.Now, r.Created)))
	f.Cause = "cert-manager approves requests to its own issuers by itself, unless that is turned off for an approver like approver-policy: then a policy has to match the request. For issuers of other programs, it must be given the right to approve."
	f.Fix = []finding.Step{do("See whether an approver runs and which policies it has; or approve it by hand."), run("kubectl get certificaterequestpolicies"), run(script.Command("cmctl", "approve", r.Name, "-n", r.Namespace))}
	if e := c.LastEvent(&r.Meta, "WaitingForApproval"); e != nil {
		f.Evidence = quote("event WaitingForApproval", e.Message)
	}
	c.add(blocks, f)
}

// certDeleting: something holds the deletion up. cert-manager itself sets no finalizer.
func (c *checker) certDeleting(i *issuance) {
	age := chain.Age(c.Now, i.Deleting)
	if age < certPatience {
		return
	}
	c.add(blocks, finding.Finding{
		ID: "CRT17", Severity: finding.Error, Object: i.Object,
		What:     fmt.Sprintf("The Certificate has been in deletion for %s: nothing is issued for it any more.", span(age)),
		Evidence: quote("metadata.finalizers", strings.Join(i.Finalizers, ", ")),
		Cause:    "It stays until each program that set a finalizer has taken it away.",
		Fix: []finding.Step{do("Let that program run; if it is gone for good, take the finalizers away by hand. Then make the Certificate anew, if it is needed."),
			i.kubectl("patch", "--type", "merge", "-p", `{"metadata":{"finalizers":null}}`)},
	})
}

// keysInTheMaking are the Secrets of next private keys, by the Certificate that owns
// them.
func (c *checker) keysInTheMaking() map[chain.Name][]*chain.Secret {
	all := map[chain.Name][]*chain.Secret{}
	for _, s := range c.Secrets {
		if s.Labels[chain.Group+"/next-private-key"] != "true" {
			continue
		}
		for _, owner := range s.Owners {
			if owner.Kind == "Certificate" {
				n := chain.Name{Namespace: s.Namespace, Name: owner.Name}
				all[n] = append(all[n], s)
			}
		}
	}
	return all
}

// certLeftovers: a Certificate has one next key, while it is issued. A few that are
// young may be of attempts just made.
func (c *checker) certLeftovers(i *issuance, keys []*chain.Secret) {
	keys = slices.DeleteFunc(slices.Clone(keys), func(s *chain.Secret) bool {
		return s.Name == i.NextKey || chain.Age(c.Now, s.Created) < time.Hour
	})
	if len(keys) == 0 {
		return
	}
	args := []string{"kubectl", "delete", "secret", "-n", i.Namespace}
	names := make([]string, len(keys))
	for n, s := range keys {
		names[n] = s.Name
	}
	c.add(aside, finding.Finding{
		ID: "CRT17", Severity: finding.Warning, Object: i.Object,
		What:     fmt.Sprintf("%s of keys in the making, which no issuance needs, are left over from it.", count(len(keys), "Secret")),
		Evidence: quote("label cert-manager.io/next-private-key=true", some(names)),
		Fix:      []finding.Step{do("Delete them:"), run(script.Command(append(args, names...)...))},
	})
}
