package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// certIssuerMissing: the issuer that is referred to is not there. It often is somewhere
// else.
func (c *checker) certIssuerMissing(i *issuance) {
	ref := i.Issuer
	f := finding.Finding{ID: "CRT03", Severity: c.certGrave(i), Object: i.Object, Docs: "https://cert-manager.io/docs/configuration/"}
	switch {
	case ref.Name == "": // see CRT20
		return
	case ref.Group == chain.OldGroup && !i.OldAPI():
		f.What = fmt.Sprintf("spec.issuerRef.group is %s, and no controller of today looks at issuers of that group.", chain.OldGroup)
		f.Fix = i.change("Take the group of today.", `{"spec":{"issuerRef":{"group":"`+chain.Group+`"}}}`)
	case (ref.Group == chain.Group || ref.Group == chain.OldGroup) && !ref.Ours():
		f.What = fmt.Sprintf("spec.issuerRef.kind is %s, which is no kind of cert-manager: it has Issuer and ClusterIssuer.", ref.Kind)
		f.Cause = "For an issuer of another program, spec.issuerRef.group has to say which."
		f.Fix = i.change("Correct the kind, or name the group.", "")
	case !ref.Ours() || i.issuer != nil || c.Absence(ref.Kind, c.certIssuerNamespace(i)) != chain.Gone:
		return
	default:
		f.What = fmt.Sprintf("%s %s, which the Certificate refers to, does not exist%s.", ref.Kind, ref.Name, certIn(c.certIssuerNamespace(i)))
		f.Cause, f.Fix = c.certElsewhere(i)
	}
	f.Evidence = c.certIssuerWords(i)
	f.Retry = "cert-manager goes on as soon as the issuer is there."
	c.add(blocks, f)
}

func (c *checker) certIssuerNamespace(i *issuance) string {
	if i.Issuer.Kind == "ClusterIssuer" {
		return ""
	}
	return i.Namespace
}

func certIn(namespace string) string {
	if namespace == "" {
		return ""
	}
	return " in namespace " + namespace
}

// certElsewhere says where an issuer of that name is instead, or which ones there are.
func (c *checker) certElsewhere(i *issuance) (cause string, fix []finding.Step) {
	if o := c.certNamesake(i); o != nil {
		switch {
		case o.OldAPI() != i.OldAPI():
			return fmt.Sprintf("There is one of that name in the API group %s, which the controller of the Certificate's group does not look at.", certGroup(o)),
				[]finding.Step{do("Make the issuer anew in the Certificate's API group, with the same spec. This shows what there is:"),
					certShow(o)}
		case o.Kind != i.Issuer.Kind:
			return fmt.Sprintf("There is %s of that name%s, but spec.issuerRef.kind is %s.", certArticle(o.Kind), certIn(o.Namespace), certKind(i.Issuer.Kind)),
				i.change("Refer to the "+o.Kind+".", `{"spec":{"issuerRef":{"kind":"`+o.Kind+`"}}}`)
		}
		return fmt.Sprintf("There is one of that name in namespace %s, but an Issuer serves only Certificates of its own namespace.", o.Namespace),
			[]finding.Step{
				do("Make the Issuer in namespace " + i.Namespace + ", too, with the Secrets that it refers to; or make it a ClusterIssuer, whose Secrets are in namespace " + c.ClusterResourceNamespace() + ". This shows its spec:"),
				certShow(o),
			}
	}
	there := c.certIssuersFor(i)
	if len(there) == 0 {
		return "There is no issuer at all that it could refer to.", []finding.Step{do("Make the issuer.")}
	}
	return "It could refer to: " + some(there) + ".", i.change("Correct spec.issuerRef, or make the issuer.", "")
}

// certNamesake is an issuer of the same name: the one that is nearest to what was meant.
func (c *checker) certNamesake(i *issuance) *chain.Issuer {
	var best *chain.Issuer
	rank := 0
	for _, o := range c.Issuers {
		if o.Name != i.Issuer.Name {
			continue
		}
		near := 1 // in another namespace
		switch {
		case o.OldAPI() != i.OldAPI() && (o.Cluster() || o.Namespace == i.Namespace):
			near = 2
		case o.OldAPI() != i.OldAPI():
			near = 0 // not usable in two ways
		case o.Cluster() || o.Namespace == i.Namespace:
			near = 3
		case i.Issuer.Kind == "ClusterIssuer":
			near = 0 // another kind, and in another namespace
		}
		if near > rank {
			best, rank = o, near
		}
	}
	return best
}

// certIssuersFor are the issuers that the Certificate could refer to.
func (c *checker) certIssuersFor(i *issuance) []string {
	var names []string
	for _, o := range c.Issuers {
		if o.OldAPI() == i.OldAPI() && (o.Cluster() || o.Namespace == i.Namespace) {
			names = append(names, o.Kind+" "+o.Name)
		}
	}
	return names
}

// certIssuerWords is what the API says of the missing issuer: the request's condition, or
// the event, which is of type Normal, and of v0.3 at the Certificate itself.
func (c *checker) certIssuerWords(i *issuance) []finding.Evidence {
	if i.request != nil {
		ready := i.request.Conditions.Get("Ready")
		if ready != nil && strings.Contains(strings.ToLower(ready.Message), "not found") {
			return i.requestWords()
		}
		if e := c.LastEvent(&i.request.Meta, "IssuerNotFound"); e != nil {
			return quote("event IssuerNotFound", e.Message)
		}
	}
	if e := c.LastEvent(&i.Meta, "IssuerNotFound", "ErrorIssuerNotFound"); e != nil && i.since(e) {
		return quote("event "+e.Reason, e.Message)
	}
	return nil
}

func certGroup(o *chain.Issuer) string {
	group, _, _ := strings.Cut(o.APIVersion, "/")
	return group
}

func certArticle(kind string) string {
	if kind == "Issuer" {
		return "an Issuer"
	}
	return "a " + kind
}

// kindGiven tells that Issuer is what is taken where no kind is given.
func certKind(kind string) string {
	if kind == "Issuer" {
		return "Issuer, which is also the default"
	}
	return kind
}

// certShow is the command that shows an issuer.
func certShow(o *chain.Issuer) finding.Step {
	args := []string{"kubectl", "get", strings.ToLower(o.Kind) + "." + certGroup(o), o.Name}
	if !o.Cluster() {
		args = append(args, "-n", o.Namespace)
	}
	return run(script.Command(append(args, "-o", "yaml")...))
}
