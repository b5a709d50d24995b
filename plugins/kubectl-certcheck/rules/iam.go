package rules

import (
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
)

const (
	route53Docs   = "https://cert-manager.io/docs/configuration/acme/dns01/route53/"
	awsRightsDocs = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html"
	awsLimitsDocs = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html"
)

func iamCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "IAM01", Severity: finding.Error, Title: "AWS does not let cert-manager list the hosted zones"},
		{ID: "IAM02", Severity: finding.Error, Title: "AWS does not let cert-manager change records of the hosted zone"},
		{ID: "IAM03", Severity: finding.Error, Title: "AWS does not let cert-manager ask whether a change is in place"},
		{ID: "IAM04", Severity: finding.Error, Title: "Route 53 has no public hosted zone for the name"},
		{ID: "IAM05", Severity: finding.Warning, Title: "Route 53 throttles the account"},
		{ID: "IAM06", Severity: finding.Warning, Title: "Route 53 refuses the TXT record because of what is there already"},
	}
}

// checkIAM tells what AWS says when a record is to be written or removed: the keys are
// good, but not good for that.
func (c *checker) checkIAM() {
	all := c.complaints()
	for i := range all {
		o := &all[i]
		if !strings.HasPrefix(o.id, "IAM") {
			continue
		}
		f := c.iamFinding(o)
		f.ID, f.Object, f.Evidence = o.id, o.by.Object, []finding.Evidence{o.Evidence}
		if f.Severity == "" {
			f.Severity = finding.Error
		}
		if o.cleanup {
			// The name is proved, or given up; what is left is a record that may be in the
			// way of the next proof.
			f.Severity = finding.Warning
		}
		f.Retry = o.retry()
		c.add(blocks, f)
	}
}

func (c *checker) iamFinding(o *complaint) finding.Finding {
	switch o.id {
	case "IAM01", "IAM02", "IAM03":
		return o.denied()
	case "IAM04":
		return c.noZone(o)
	case "IAM05":
		return c.throttled(o)
	}
	return o.clash()
}

// retry says when cert-manager tries again.
func (o *complaint) retry() string {
	if o.by.Kind != "Challenge" {
		return "cert-manager tries again by itself."
	}
	if o.cleanup {
		return "cert-manager tries again by itself all the time, which may be more than Route 53 takes of an account."
	}
	return "cert-manager tries again by itself, after a longer wait each time; this makes it try at once: " + kubectlOn(o.by.Object, "delete").Run
}

// record is the name of the TXT record, as far as it is known.
func (o *complaint) record() string {
	if _, after, ok := strings.Cut(o.Text, " for domain "); ok && strings.HasPrefix(after, challengeLabel) {
		name, _, _ := strings.Cut(after, " ")
		return strings.TrimRight(name, ".,:;\n")
	}
	return challengeLabel + strings.TrimPrefix(o.name, "*.")
}

const challengeLabel = "_acme-challenge."

// kubectlOn is a command of kubectl on one object.
func kubectlOn(o finding.Object, verb string, more ...string) finding.Step {
	kind := strings.ToLower(o.Kind)
	if strings.HasPrefix(o.APIVersion, "certmanager.k8s.io/") {
		kind += ".certmanager.k8s.io"
	}
	words := []string{"kubectl", verb}
	if o.Namespace != "" {
		words = append(words, "-n", o.Namespace)
	}
	words = append(append(words, kind, o.Name), more...)
	for i, word := range words {
		words[i] = script.Quote(word)
	}
	return run(strings.Join(words, " "))
}
