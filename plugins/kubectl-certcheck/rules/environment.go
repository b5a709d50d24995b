package rules

import (
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func environmentCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "ENV01", Severity: finding.Error, Title: "The cluster has no API of cert-manager"},
		{ID: "ENV02", Severity: finding.Warning, Title: "The APIs of cert-manager before and since v0.11 are both there"},
		{ID: "ENV03", Severity: finding.Error, Title: "A CRD of cert-manager serves no version, or keeps one that an upgrade removes"},
		{ID: "ENV04", Severity: finding.Error, Title: "A manifest is of an API version that the cluster does not serve"},
		{ID: "ENV05", Severity: finding.Error, Title: "No controller of cert-manager is at work, or two of them are"},
		{ID: "ENV06", Severity: finding.Error, Title: "The webhook or the cainjector of cert-manager does not answer"},
		{ID: "ENV07", Severity: finding.Info, Title: "The version of cert-manager is not known"},
		{ID: "ENV08", Severity: finding.Skipped, Title: "Something could not be looked at"},
		{ID: "ENV09", Severity: finding.Error, Title: "An object could not be read"},
	}
}

func (c *checker) checkEnvironment() {
	c.checkAPIs()
	c.checkStoredVersions()
	c.checkAppliedVersions()
	c.checkController()
	c.checkCallers()
	c.checkUnseen()
	c.checkUnread()
}

// serves reports whether the cluster has an API group, as far as is known.
func (c *checker) serves(group string) bool {
	if c.Groups != nil {
		return len(c.Groups[group]) > 0
	}
	return slices.ContainsFunc(c.CRDs, func(crd *chain.CRD) bool { return crd.Group == group && len(crd.Served) > 0 })
}

// version returns the version of the controller that runs; ok says whether it is known.
func (c *checker) version() (major, minor int, ok bool) {
	if controller := c.Controller(); controller != nil {
		return controller.Version()
	}
	return 0, 0, false
}

// since reports whether the controller is known to be of that version or a later one.
func (c *checker) since(major, minor int) bool {
	gotMajor, gotMinor, ok := c.version()
	return ok && (gotMajor > major || (gotMajor == major && gotMinor >= minor))
}
