package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkProvider looks at what a solver says of its credentials.
func (c *checker) checkProvider(s *credentialSolver) {
	if s.Provider == "cloudDNS" && len(s.Secrets) == 0 {
		c.checkAmbient(s)
	}
	r := s.Route53
	if r == nil {
		return
	}
	c.checkKeyIDForm(s)
	c.checkPlainText(s)
	id := r.AccessKeyID != "" || r.AccessKeyIDRef != nil && !c.ignoresKeyIDRef(s)
	key := r.SecretAccessKey != nil && r.SecretAccessKey.Name != ""
	switch {
	case id != key:
		c.oneHalf(s, id)
	case id:
		c.checkValues(s)
	case r.ServiceAccount == "":
		c.checkAmbient(s)
	case r.Role == "":
		c.merge(s.part, finding.Finding{
			ID: "CRED09", Severity: finding.Error, Object: s.issuer.Object,
			What:     fmt.Sprintf("The solver of %s names a service account, but no role that it may take.", issuerWords(s.issuer)),
			Evidence: append(quote(s.at+".route53.auth.kubernetes.serviceAccountRef.name", r.ServiceAccount), s.evidence("CRED09")...),
			Cause:    "AWS gives credentials to a service account's token only for a role that trusts it.",
			Fix:      []finding.Step{do("Put the ARN of the role into " + s.at + ".route53.role.")},
			Docs:     route53Docs,
		})
	}
}

// ignoresKeyIDRef reports whether the controller is older than accessKeyIDSecretRef, of
// v1.9: then the field is as good as not there.
func (c *checker) ignoresKeyIDRef(s *credentialSolver) bool {
	if s.issuer.OldAPI() {
		return true
	}
	controller := c.Controller()
	if controller == nil {
		return false
	}
	major, minor, ok := controller.Version()
	return ok && (major == 0 || major == 1 && minor < 9)
}

// oneHalf is CRED03.
func (c *checker) oneHalf(s *credentialSolver, id bool) {
	r := s.Route53
	given, lacks, field := "an access key ID", "secret access key", "secretAccessKeySecretRef"
	source, text := s.at+".route53.accessKeyID", shownKeyID(r.AccessKeyID)
	switch {
	case !id:
		given, lacks, field = "a secret access key", "access key ID", "accessKeyID"
		source, text = s.at+".route53.secretAccessKeySecretRef.name", r.SecretAccessKey.Name
	case r.AccessKeyIDRef != nil:
		source, text = s.at+".route53.accessKeyIDSecretRef.name", r.AccessKeyIDRef.Name
	}
	f := finding.Finding{
		ID: "CRED03", Severity: finding.Error, Object: s.issuer.Object,
		What:     fmt.Sprintf("The Route 53 solver of %s has %s, but no %s.", issuerWords(s.issuer), given, lacks),
		Evidence: append(quote(source, text), s.evidence("CRED03")...),
		Fix:      []finding.Step{do(fmt.Sprintf("Set %s.route53.%s, or take the other half out too, if the controller is to use the identity that it runs with.", s.at, field))},
		Docs:     route53Docs,
	}
	if s.issuer.Conditions.Is("Ready", "True") {
		f.Cause = "That the issuer is Ready says nothing about it: cert-manager looks at the halves only when it writes a record."
	}
	if !id && r.AccessKeyIDRef != nil {
		f.Evidence = append(f.Evidence, quote(s.at+".route53.accessKeyIDSecretRef.name", r.AccessKeyIDRef.Name)...)
		f.Cause = "accessKeyIDSecretRef is read by cert-manager v1.9 and later only; this one is older."
		f.Fix = []finding.Step{do(fmt.Sprintf("Put the access key ID itself, which is no secret, into %s.route53.accessKeyID.", s.at))}
	}
	c.merge(s.part, f)
}

// checkAmbient is CRED04: no credentials are given.
func (c *checker) checkAmbient(s *credentialSolver) {
	name, allowed := "issuer-ambient-credentials", false
	if s.issuer.Cluster() {
		name, allowed = "cluster-issuer-ambient-credentials", true
	}
	controller := c.Controller()
	if controller != nil {
		if value, ok := controller.Flag(name); ok {
			allowed = value == "true"
		}
	}
	if allowed {
		return
	}
	f := finding.Finding{
		ID: "CRED04", Severity: finding.Error, Object: s.issuer.Object,
		What: fmt.Sprintf("The %s solver of %s has no credentials, and may not use those of the controller's surroundings (--%s=false).",
			s.Provider, issuerWords(s.issuer), name),
		Evidence: s.evidence("CRED04"),
		Cause:    "An Issuer may be written by anybody with rights on its namespace, so cert-manager lends the identity that it runs with to ClusterIssuers only, if no flag says otherwise.",
		Fix: []finding.Step{
			do("Give the solver credentials of its own, let the certificate use a ClusterIssuer, or start the controller with --" + name + "."),
		},
		Docs: "https://cert-manager.io/docs/configuration/acme/dns01/",
	}
	switch {
	case s.issuer.Cluster():
		f.Cause = "The controller's flag says so; without it a ClusterIssuer may."
	case controller == nil && len(f.Evidence) == 0:
		f.Severity = finding.Warning
		if c.Absence("Deployment", "") != chain.Gone {
			f.Severity = finding.Info
		}
		f.What = fmt.Sprintf("The %s solver of %s has no credentials, and by default an Issuer may not use those of the controller's surroundings; the controller, which may have the flag --%s, was not found.",
			s.Provider, issuerWords(s.issuer), name)
	}
	c.merge(s.part, f)
}

// checkKeyIDForm is CRED05.
func (c *checker) checkKeyIDForm(s *credentialSolver) {
	ref := s.Route53.AccessKeyIDRef
	if ref == nil || c.ignoresKeyIDRef(s) {
		return
	}
	f := finding.Finding{ID: "CRED05", Severity: finding.Error, Object: s.issuer.Object, Docs: route53Docs}
	at := s.at + ".route53.accessKeyIDSecretRef"
	switch {
	case s.Route53.AccessKeyID != "":
		f.What = fmt.Sprintf("The Route 53 solver of %s has both accessKeyID and accessKeyIDSecretRef, which cert-manager refuses.", issuerWords(s.issuer))
		f.Evidence = append(quote(s.at+".route53.accessKeyID", shownKeyID(s.Route53.AccessKeyID)), quote(at+".name", ref.Name)...)
		f.Fix = []finding.Step{do("Take one of them out, for instance the first:"), patchIssuer(s.issuer, fmt.Sprintf(`[{"op":"remove","path":"%s/route53/accessKeyID"}]`, s.pointer))}
	case ref.Key == "":
		f.What = fmt.Sprintf("accessKeyIDSecretRef of %s names a Secret, but no key of it.", issuerWords(s.issuer))
		f.Evidence = quote(at+".name", ref.Name)
		f.Fix = []finding.Step{do("Set " + at + ".key.")}
	case ref.Name == "":
		f.What = fmt.Sprintf("accessKeyIDSecretRef of %s names a key, but no Secret.", issuerWords(s.issuer))
		f.Evidence = quote(at+".key", ref.Key)
		f.Fix = []finding.Step{do("Set " + at + ".name.")}
	default:
		return
	}
	f.Evidence = append(f.Evidence, s.evidence("CRED05")...)
	c.merge(s.part, f)
}

// checkPlainText is CRED08.
func (c *checker) checkPlainText(s *credentialSolver) {
	r := s.Route53
	field, length := "secretAccessKey", r.InlineSecret
	if chain.ShapeOf(r.AccessKeyID).AWS == chain.AWSSecretKey {
		field, length = "accessKeyID", len(r.AccessKeyID)
	}
	if length < 0 {
		return
	}
	f := finding.Finding{
		ID: "CRED08", Severity: finding.Warning, Object: s.issuer.Object,
		What:     fmt.Sprintf("A secret access key stands in the manifest of %s, where everybody can read it who may read issuers.", issuerWords(s.issuer)),
		Evidence: quote(s.at+".route53."+field, finding.Secret(length, "a secret access key by its place or shape")),
		Cause:    "cert-manager has no such field: it takes the key from a Secret only.",
		Fix: []finding.Step{
			do("Make a new access key in AWS, delete this one, and put the new one into a Secret that " + s.at + ".route53.secretAccessKeySecretRef names."),
		},
		Docs: route53Docs,
	}
	if field == "accessKeyID" {
		f.Cause = "It is in the field of the access key ID."
	}
	c.merge(aside, f)
}

// shownKeyID is an access key ID for people. The ID is no secret, but what stands in
// its place may be one.
func shownKeyID(id string) string {
	switch shape := chain.ShapeOf(id); {
	case shape.Start != "":
		return shape.Start + strings.Repeat("*", max(0, len(strings.TrimSpace(id))-len(shape.Start)))
	case id == "":
		return ""
	}
	return finding.Secret(len(id), "not like an access key ID")
}
