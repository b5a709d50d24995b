package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
)

// checkTemplateSecrets judges what whoever may read pods reads of the proxy. The values
// themselves are shown nowhere.
func (c *checker) checkTemplateSecrets(s *subject) {
	var what []string
	var evidence []finding.Evidence
	for _, names := range [][]string{{"token", "t"}, {"login-token", "login_token"}, {"json-credentials", "j"}} {
		places := slices.DeleteFunc(s.places(names), func(p place) bool { return fromElsewhere(s.Container, p.text) })
		for _, place := range places {
			evidence = append(evidence, finding.Evidence{Source: place.source, Text: names[0] + ", in clear"})
		}
		if len(places) > 0 {
			what = append(what, names[0])
		}
	}
	f := finding.Finding{
		ID: "debug-or-token-in-args", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("The pod template of %s holds the proxy's %s: whoever may read its pods can use it.", s.ref(), strings.Join(what, " and ")),
		Evidence: evidence,
		Fix:      []finding.Step{do("Use Workload Identity, or a key that is mounted from a Secret; and make void what was there.")},
	}
	if s.Spec.Admin.Debug {
		if len(what) == 0 {
			f.What, f.Fix = fmt.Sprintf("The proxy of %s has its profiler on: whoever may forward a port to its pods can read their memory.", s.ref()), nil
		}
		f.Evidence = append(f.Evidence, s.said("debug")...)
		f.Fix = append(f.Fix, do("Leave --debug out."))
	}
	if len(f.Evidence) > 0 {
		c.add(s, aside, f)
	}
}

// fromElsewhere reports whether an argument only names a variable that comes from a
// Secret, say: then the template does not hold it.
func fromElsewhere(c *corev1.Container, argument string) bool {
	return slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool {
		return e.ValueFrom != nil && strings.Contains(argument, "$("+e.Name+")")
	})
}
