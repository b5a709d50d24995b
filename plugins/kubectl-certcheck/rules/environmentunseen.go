package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkUnseen tells what could not be looked at.
func (c *checker) checkUnseen() {
	for i := range c.Missing {
		m := &c.Missing[i]
		apiVersion := ""
		if _, group, ok := strings.Cut(m.Resource, "."); ok {
			apiVersion = group + "/v1"
		}
		f := finding.Finding{
			ID: "ENV08", Severity: finding.Skipped,
			What:     fmt.Sprintf("No %s could be read%s: what depends on them was not checked.", m.Resource, whereMissing(m)),
			Evidence: quote("API server", m.Reason),
			Object:   finding.Object{APIVersion: apiVersion, Kind: m.Kind, Namespace: m.Namespace},
		}
		if m.Forbidden {
			f.Cause = "A right is missing."
			f.Fix = c.permission(m)
		}
		c.add(aside, f)
	}
	c.checkUnseenSecrets()
}

// checkUnseenSecrets keeps a subject from being ok whose Secret could not be read.
func (c *checker) checkUnseenSecrets() {
	told := map[chain.Name]bool{}
	for _, s := range c.subjects {
		for _, use := range s.Uses {
			n := use.Secret
			if n.Name == "" || told[n] || c.Secret(n) != nil || c.Absence("Secret", n.Namespace) != chain.Unseen {
				continue
			}
			told[n] = true
			c.add(aside, finding.Finding{
				ID: "ENV08", Severity: finding.Skipped, Object: c.SecretObject(n), Because: c.whyUnseen(n.Namespace),
				What: fmt.Sprintf("Secret %s could not be read: what it holds was not checked.", n),
			})
		}
	}
}

// whyUnseen is the finding that no Secrets of a namespace could be read.
func (c *checker) whyUnseen(namespace string) *finding.Ref {
	for i := range c.found {
		f := &c.found[i]
		if f.ID == "ENV08" && f.Object.Kind == "Secret" && f.Object.Name == "" && (f.Object.Namespace == "" || f.Object.Namespace == namespace) {
			ref := f.Ref()
			return &ref
		}
	}
	return nil
}

func whereMissing(m *chain.Missing) string {
	switch {
	case m.Namespace != "":
		return " in namespace " + m.Namespace
	case len(m.Except) > 0:
		return " but those of namespace " + some(m.Except)
	}
	return ""
}

// permission says how the rights are given that are missing, all at once.
func (c *checker) permission(m *chain.Missing) []finding.Step {
	var resources []string
	for i := range c.Missing {
		if o := &c.Missing[i]; o.Forbidden && !contains(resources, o.Resource) {
			resources = append(resources, o.Resource)
		}
	}
	slices.Sort(resources)
	bind := []string{"create", "clusterrolebinding", "certcheck", "--clusterrole=certcheck", subjectFlag(m.Reason)}
	if m.Namespace != "" {
		bind[1] = "rolebinding"
	}
	return []finding.Step{
		do("An administrator may give it, for reading only:"),
		run(script.Command("kubectl", "create", "clusterrole", "certcheck", "--verb=get,list", "--resource="+strings.Join(resources, ","))),
		inNamespace(m.Namespace, bind...),
	}
}

// subjectFlag is who the API server says has no right, as a flag of kubectl create
// rolebinding: User "jane" cannot list …
func subjectFlag(reason string) string {
	_, rest, found := strings.Cut(reason, `User "`)
	user, _, ended := strings.Cut(rest, `"`)
	if !found || !ended || user == "" {
		return "--user=USER"
	}
	if account, ok := strings.CutPrefix(user, "system:serviceaccount:"); ok {
		return "--serviceaccount=" + account
	}
	return "--user=" + user
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
