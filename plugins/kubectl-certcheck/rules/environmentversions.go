package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// retired are versions of cert-manager.io that v1.6 stopped to serve and v1.7 has
// removed.
func retired(version string) bool {
	return version == "v1alpha2" || version == "v1alpha3" || version == "v1beta1"
}

// checkStoredVersions finds CRDs that serve nothing, or that an upgrade cannot replace.
func (c *checker) checkStoredVersions() {
	for _, crd := range c.CRDs {
		if crd.Group != chain.Group && crd.Group != chain.ACMEGroup {
			continue
		}
		if len(crd.Listed) > 0 && len(crd.Served) == 0 {
			c.add(blocks, finding.Finding{
				ID: "ENV03", Severity: finding.Error, Object: crd.Object,
				What:     fmt.Sprintf("The CRD %s serves none of its versions, so nobody can read its objects.", crd.Name),
				Evidence: quote("spec.versions", strings.Join(crd.Listed, ", ")),
				Fix:      []finding.Step{do("Apply the CRDs of the cert-manager that runs: they come with each release.")},
				Docs:     "https://cert-manager.io/docs/installation/",
			})
		}
		if old := slices.DeleteFunc(slices.Clone(crd.Stored), func(v string) bool { return !retired(v) && contains(crd.Listed, v) }); len(old) > 0 {
			c.add(aside, storedVersions(crd, old))
		}
	}
}

func storedVersions(crd *chain.CRD, old []string) finding.Finding {
	f := finding.Finding{
		ID: "ENV03", Severity: finding.Warning, Object: crd.Object,
		What:     fmt.Sprintf("The CRD %s still counts %s among its stored versions, so the upgrade to cert-manager v1.7 or later will be refused.", crd.Name, strings.Join(old, ", ")),
		Evidence: quote("status.storedVersions", strings.Join(crd.Stored, ", ")),
		Fix: []finding.Step{
			do("Before the upgrade, while cert-manager v1.6 or older runs:"),
			run("cmctl upgrade migrate-api-version"),
		},
		Docs: "https://cert-manager.io/docs/releases/upgrading/remove-deprecated-apis/",
	}
	for _, v := range old {
		if !contains(crd.Listed, v) {
			f.Severity = finding.Error
			f.What = fmt.Sprintf("Objects of the CRD %s may be stored as %s, which the CRD does not have any more: they cannot be read.", crd.Name, v)
			f.Evidence = append(f.Evidence, finding.Evidence{Source: "spec.versions", Text: strings.Join(crd.Listed, ", ")})
			f.Fix = []finding.Step{
				do("Install the CRDs of cert-manager v1.6 again, which have all versions, then move the objects, then upgrade:"),
				run("cmctl upgrade migrate-api-version"),
			}
		}
	}
	return f
}

// checkAppliedVersions finds manifests that the cluster does not take: those in files,
// and those that objects in the cluster were made from.
func (c *checker) checkAppliedVersions() {
	for _, o := range c.Certificates {
		c.checkAppliedVersion(&o.Meta)
	}
	for _, o := range c.Issuers {
		c.checkAppliedVersion(&o.Meta)
	}
	for _, o := range c.Ingresses {
		c.checkAppliedVersion(&o.Meta)
	}
}

func (c *checker) checkAppliedVersion(m *chain.Meta) {
	if !c.reaches(m.Object) {
		return
	}
	if m.UID == "" {
		switch takes, since := c.takes(m.APIVersion); {
		case takes == notServed:
			c.add(aside, finding.Finding{
				ID: "ENV04", Severity: finding.Error, Object: m.Object,
				What:  fmt.Sprintf("The manifest of %s is of %s, which the cluster does not serve.", inWords(m.Object), m.APIVersion),
				Cause: fmt.Sprintf("kubectl apply fails with: no matches for kind %q in version %q.", m.Kind, m.APIVersion),
				Fix:   convert(m, m.APIVersion),
			})
		case takes == maybeServed && since != "":
			c.add(aside, finding.Finding{
				ID: "ENV04", Severity: finding.Info, Object: m.Object,
				What: fmt.Sprintf("The manifest of %s is of %s, which %s does not serve any more.", inWords(m.Object), m.APIVersion, since),
				Fix:  convert(m, m.APIVersion),
			})
		}
		return
	}
	if takes, _ := c.takes(m.Applied); takes == notServed {
		c.add(aside, finding.Finding{
			ID: "ENV04", Severity: finding.Warning, Object: m.Object,
			What:     fmt.Sprintf("%s was applied as %s, which the cluster does not serve any more: the same manifest cannot be applied again.", inWords(m.Object), m.Applied),
			Evidence: quote("apiVersion in metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]", m.Applied),
			Fix:      convert(m, m.Applied),
		})
	}
}

// serving is whether an apiVersion is served.
type serving int

const (
	maybeServed serving = iota
	isServed
	notServed
)

// takes says whether the cluster takes an apiVersion. Where that is not known, since
// tells which versions of the server do not; it is empty for all that is served today.
func (c *checker) takes(apiVersion string) (takes serving, since string) {
	group, version, _ := strings.Cut(apiVersion, "/")
	major, minor := 1, 6
	switch {
	case group == chain.OldGroup:
		since, major, minor = "cert-manager v0.11 and later", 0, 11
	case group == chain.Group && retired(version):
		since = "cert-manager v1.6 and later"
	case (group == "extensions" || group == "networking.k8s.io") && version == "v1beta1":
		since, major = "Kubernetes 1.22 and later", -1
	default:
		return maybeServed, ""
	}
	switch {
	case c.Groups != nil && contains(c.Groups[group], version):
		return isServed, since
	case c.Groups != nil, major >= 0 && c.since(major, minor):
		return notServed, since
	case major < 0:
		return maybeServed, since
	}
	if _, _, known := c.version(); known {
		return isServed, since // of a version that is older
	}
	return maybeServed, since
}

// convert says how a manifest gets an apiVersion of today.
func convert(m *chain.Meta, apiVersion string) []finding.Step {
	group, _, _ := strings.Cut(apiVersion, "/")
	line := "kubectl convert --output-version networking.k8s.io/v1 -f "
	switch group {
	case chain.OldGroup:
		return []finding.Step{do("Write it anew as cert-manager.io/v1, without spec.acme: the way of the proof is in the issuer's solvers.")}
	case chain.Group:
		line = "cmctl convert --output-version cert-manager.io/v1 -f "
	}
	if m.File == "" {
		return []finding.Step{do("Convert the manifest, and apply that from now on: " + line + "FILE")}
	}
	return []finding.Step{run(line + script.Quote(m.File))}
}
