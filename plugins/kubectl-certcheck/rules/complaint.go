package rules

import (
	"reflect"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// complaint is what cert-manager says of credentials, or of a DNS provider that did not
// do what it was asked for.
type complaint struct {
	finding.Evidence
	id string // what it is: CRED01, IAM02
	// by is the Challenge; up to v0.5 the Certificate.
	by     *chain.Meta
	issuer *chain.Issuer
	solver *chain.DNS01 // nil: it is not known which
	name   string       // the DNS name that is to be proved
	at     time.Time    // when; zero is not known
	// cleanup says that it is the removal of the record that failed.
	cleanup bool
}

// complaints are those that hold now, of all chains that are judged.
func (c *checker) complaints() []complaint {
	var all []complaint
	for _, o := range c.Challenges {
		if !c.reaches(o.Object) || o.Solver.DNS01 == nil {
			continue
		}
		if one, ok := c.challengeComplaint(o); ok {
			one.by, one.solver, one.name = &o.Meta, o.Solver.DNS01, o.DNSName
			one.issuer = c.IssuerOf(o.Issuer, o.Namespace)
			all = append(all, one)
		}
	}
	for _, o := range c.Certificates {
		if !c.reaches(o.Object) || !o.OldAPI() {
			continue
		}
		if one, ok := c.oldComplaint(o); ok {
			one.by, one.issuer = &o.Meta, c.IssuerOf(o.Issuer, o.Namespace)
			one.solver, one.name = oldSolver(o, one.issuer)
			all = append(all, one)
		}
	}
	return all
}

// challengeComplaint looks at the event first: since v1.20 the status leaves out what
// AWS says, and it may be a minute behind.
func (c *checker) challengeComplaint(o *chain.Challenge) (complaint, bool) {
	reason := "PresentError"
	switch {
	case o.Ended() || !o.Deleting.IsZero():
		if len(o.Finalizers) == 0 {
			return complaint{}, false // the record is removed: it is history
		}
		reason = "CleanUpError"
	case o.Presented:
		return complaint{}, false
	}
	event := c.LastEvent(&o.Meta, reason, "Presented")
	if event != nil && event.Reason == "Presented" && reason == "PresentError" {
		return complaint{}, false
	}
	var texts []finding.Evidence
	if event != nil && event.Reason == reason && !event.LastSeen.Before(o.Created) {
		texts = quote("event "+reason, event.Message)
	}
	found, ok := firstComplaint(append(texts, quote("status.reason", o.Reason)...))
	found.cleanup = reason == "CleanUpError"
	if event != nil {
		found.at = event.LastSeen
	}
	return found, ok
}

// oldComplaint is that of a Certificate of v1alpha1, which up to v0.5 is all there is.
func (c *checker) oldComplaint(o *chain.Certificate) (complaint, bool) {
	var texts []finding.Evidence
	ready := o.Conditions.Get("Ready")
	if ready != nil && ready.Status == "False" {
		texts = quote("status.conditions[Ready].message", ready.Message)
	}
	// Only the newest event tells what holds now.
	if events := c.EventsOf(&o.Meta); len(events) > 0 {
		e := events[len(events)-1]
		history := ready != nil && ready.Status == "True" && !e.LastSeen.After(ready.Changed)
		if e.Type == "Warning" && !history {
			texts = append(texts, quote("event "+e.Reason, e.Message)...)
		}
	}
	return firstComplaint(texts)
}

// oldSolver is the provider that a Certificate of v1alpha1 chooses by name; nil where
// it chooses several.
func oldSolver(o *chain.Certificate, issuer *chain.Issuer) (*chain.DNS01, string) {
	if o.ACME == nil || issuer == nil || issuer.ACME == nil || len(o.ACME.Config) != 1 {
		return nil, o.CommonName
	}
	config := o.ACME.Config[0]
	name := o.CommonName
	if len(config.Domains) > 0 {
		name = config.Domains[0]
	}
	for i := range issuer.ACME.Solvers {
		if s := &issuer.ACME.Solvers[i]; s.DNS01 != nil && s.Name == config.Provider {
			return s.DNS01, name
		}
	}
	return nil, name
}

func firstComplaint(texts []finding.Evidence) (complaint, bool) {
	for _, text := range texts {
		if id := complaintID(text.Text); id != "" {
			return complaint{Evidence: text, id: id}, true
		}
	}
	return complaint{}, false
}

// of reports whether the complaint is about a solver of an issuer. A Challenge has the
// solver as it was when the Challenge was made.
func (o *complaint) of(issuer *chain.Issuer, solver *chain.DNS01) bool {
	if o.issuer != issuer {
		return false
	}
	return o.solver == nil || len(dnsSolvers(issuer)) == 1 || reflect.DeepEqual(o.solver, solver)
}

// stale reports whether the Challenge has a solver that its issuer no longer has.
func (o *complaint) stale() bool {
	if o.issuer == nil || o.solver == nil {
		return false
	}
	for _, s := range dnsSolvers(o.issuer) {
		if reflect.DeepEqual(o.solver, s) {
			return false
		}
	}
	return true
}

func dnsSolvers(i *chain.Issuer) []*chain.DNS01 {
	var all []*chain.DNS01
	if i.ACME == nil {
		return nil
	}
	for n := range i.ACME.Solvers {
		if d := i.ACME.Solvers[n].DNS01; d != nil {
			all = append(all, d)
		}
	}
	return all
}

// complaintID says which finding a message is; empty is none of those here. Messages of
// cert-manager were capitalised up to v0.x, so letters' case counts nowhere.
func complaintID(text string) string {
	lower := strings.ToLower(text)
	for _, known := range knownComplaints() {
		if known.in(lower) {
			return known.id
		}
	}
	return ""
}

// knownComplaint is a message that has all of some texts in it.
type knownComplaint struct {
	id    string
	texts []string
}

func (k knownComplaint) in(lower string) bool {
	for _, text := range k.texts {
		if !strings.Contains(lower, text) {
			return false
		}
	}
	return true
}

// knownComplaints are the messages, in lower case; the first that fits counts. They are
// those of cert-manager v0.3 to v1.21 and of AWS's SDKs for Go, v1 and v2.
func knownComplaints() []knownComplaint {
	k := func(id string, texts ...string) knownComplaint { return knownComplaint{id, texts} }
	return []knownComplaint{
		k("CRED02", "key '", "not found in secret"),
		k("CRED02", `key "`, "not found in secret"),
		k("CRED02", `no data found in secret "`),
		k("CRED02", `no key "`, `in secret "`),
		k("CRED02", `the secret "`, `does not have key "`),
		k("CRED01", `secret "`, `" not found`),
		k("CRED01", `secrets "`, `" not found`),
		k("CRED03", "only one of access and secret key was provided"),
		k("CRED04", "empty credentials; perhaps you meant to enable ambient credentials"),
		k("CRED04", "nocredentialproviders"),
		k("CRED04", "no ec2 imds role found"),
		k("CRED05", "accesskeyid and accesskeyidsecretref cannot both be specified"),
		k("CRED05", "accesskeyidsecretref requires a"),
		k("CRED06", "net/http: invalid header field value"),
		k("CRED09", "signaturedoesnotmatch"),
		k("CRED09", "invalidsignatureexception"),
		k("CRED09", "invalidclienttokenid"),
		k("CRED09", "security token included in the request is"),
		k("CRED09", "expiredtoken"),
		k("CRED09", "unable to assume role"),
		k("CRED09", "assumerole"),
		k("CRED09", "role must be set when web identity token is set"),
		k("CRED09", "failed to request token for"),
		k("CRED09", "service account name is required for kubernetes auth"),
		k("IAM05", "throttling"),
		k("IAM05", "rate exceeded"),
		k("IAM05", "priorrequestnotcomplete"),
		k("IAM04", "not found in route 53 for domain"),
		k("IAM04", "nosuchhostedzone"),
		k("IAM04", "invalidchangebatch", "not permitted in zone"),
		k("IAM06", "invalidchangebatch"),
		k("IAM03", "accessdenied", "getchange"),
		k("IAM03", "accessdenied", "failed to query route 53 change status"),
		k("IAM02", "accessdenied", "changeresourcerecordsets"),
		k("IAM02", "accessdenied", "failed to change route 53 record set"),
		k("IAM01", "accessdenied", "listhostedzones"),
		k("IAM01", "accessdenied", "failed to determine route 53 hosted zone id"),
	}
}
