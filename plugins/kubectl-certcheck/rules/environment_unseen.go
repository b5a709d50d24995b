package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// checkUnseen tells what could not be looked at.
func (c *checker) checkUnseen() {
	for _, m := range c.Missing {
		group := ""
		if _, g, ok := strings.Cut(m.Resource, "."); ok {
			group = g + "/v1"
		}
		what := m.Reason
		if what == "" {
			what = fmt.Sprintf("%s could not be read.", upperFirst(m.Resource))
		}
		f := finding.Finding{
			ID: "ENV08", Severity: finding.Skipped, What: what,
			Object: finding.Object{APIVersion: group, Kind: m.Kind, Namespace: m.Namespace},
			Cause:  "Nothing is said of what depends on it: it may be healthy, or not.",
		}
		if m.Forbidden {
			f.Fix = c.permission(m.Namespace)
		}
		c.add(aside, f)
	}
}

// permission says how the rights are given that are missing, all at once.
func (c *checker) permission(namespace string) []finding.Step {
	var resources []string
	for _, m := range c.Missing {
		if m.Forbidden && !contains(resources, m.Resource) {
			resources = append(resources, m.Resource)
		}
	}
	bind := "kubectl create clusterrolebinding certcheck --clusterrole=certcheck --user=USER"
	if namespace != "" {
		bind = "kubectl -n " + namespace + " create rolebinding certcheck --clusterrole=certcheck --user=USER"
	}
	return []finding.Step{
		run("kubectl create clusterrole certcheck --verb=get,list --resource=" + strings.Join(resources, ",")),
		do("An administrator binds it to who checks: " + bind),
	}
}

// checkUnread tells which objects could not be read. What is in a file is to be
// mended; what the cluster holds was just not understood.
func (c *checker) checkUnread() {
	for _, p := range c.Problems {
		f := finding.Finding{ID: "ENV09", Severity: finding.Skipped, Object: p.Object, What: p.What, Evidence: quote("the object", p.Text)}
		if p.File != "" {
			f.Severity = finding.Error
		}
		c.add(aside, f)
	}
}
