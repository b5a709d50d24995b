package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

const (
	// accountAnnotation names Google's service account for one of Kubernetes.
	accountAnnotation = "iam.gke.io/gcp-service-account"
	// metadataLabel is on nodes with Workload Identity.
	metadataLabel = "iam.gke.io/gke-metadata-server-enabled"
)

// account is the name of the ServiceAccount that the pods run as.
func (s *subject) account() string {
	for _, name := range []string{s.Template.Spec.ServiceAccountName, s.Template.Spec.DeprecatedServiceAccount} {
		if name != "" {
			return name
		}
	}
	return "default"
}

// checkIdentity judges Workload Identity: who the proxy is without a key, or would be.
func (c *checker) checkIdentity(s *subject, from keySource) {
	if from.kind == sourceUnknown || from.kind == sourceToken {
		return
	}
	account := c.index.accounts[key{s.Namespace, s.account()}]
	google := ""
	if account != nil {
		google = account.Value.Annotations[accountAnnotation]
	}
	if from.kind != sourceNone {
		c.checkBoth(s, from, account, google)
		return
	}
	nodes := c.podNodesOf(s)
	switch {
	case google != "":
		if c.checkAnnotation(s, account, google) {
			c.checkMetadata(s, account, nodes)
		}
	case len(nodes.all) > 0 && len(nodes.elsewhere) == len(nodes.all):
		c.add(s, blocks, finding.Finding{
			ID: "no-credentials", Severity: finding.Error, Object: s.Object,
			What:     fmt.Sprintf("Container %s has no key, and its nodes are not of Google Cloud, where it would find credentials: it does not start.", s.Container.Name),
			Evidence: quote("nodes", listed(slices.Sorted(slices.Values(nodes.elsewhere)))),
			Fix:      []finding.Step{do("Mount a Secret with a service account's key, and name its file with --credentials-file.")},
		})
	case len(nodes.all) > 0 && len(nodes.without) == len(nodes.all):
		c.add(s, aside, finding.Finding{
			ID: "no-credentials", Severity: finding.Info, Object: s.Object,
			What:     fmt.Sprintf("Container %s has no credentials of its own: it asks as the account of its nodes, as all pods there do.", s.Container.Name),
			Evidence: quote("nodes without "+metadataLabel, listed(slices.Sorted(slices.Values(nodes.without)))),
			Fix:      []finding.Step{do("Use Workload Identity, or a key, so that the proxy has an account of its own.")},
		})
	default:
		c.checkAnnotationMissing(s, account)
	}
}

// checkBoth finds an annotation that a key makes idle.
func (c *checker) checkBoth(s *subject, from keySource, account *snapshot.Item[corev1.ServiceAccount], google string) {
	if google == "" {
		return
	}
	c.add(s, aside, finding.Finding{
		ID: "wi-and-key", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("Container %s has a key by %s, and ServiceAccount %s names %s: the key wins, and the annotation is of no use.", s.Container.Name, from.option, account.Name, google),
		Evidence: from.told(s),
		Fix:      []finding.Step{do(fmt.Sprintf("Leave %s and the volume of the key out, if %s has its role; delete the key then. Or take the annotation away.", from.option, google))},
	})
}

// checkAnnotation judges the annotation; false where it cannot be right.
func (c *checker) checkAnnotation(s *subject, account *snapshot.Item[corev1.ServiceAccount], google string) bool {
	if wrong := wrongAccount(google); wrong != "" {
		c.add(s, blocks, finding.Finding{
			ID: "wi-annotation-malformed", Severity: finding.Error, Object: account.Object,
			What:     fmt.Sprintf("ServiceAccount %s names a service account of Google that cannot be right: %s.", account.Name, wrong),
			Evidence: quote("metadata.annotations["+accountAnnotation+"]", clip(google)),
			Fix:      []finding.Step{do("Write the whole e-mail:"), s.annotate("")},
		})
		return false
	}
	if account.Name == "default" {
		c.add(s, aside, finding.Finding{
			ID: "wi-default-account", Severity: finding.Warning, Object: s.Object,
			What:     fmt.Sprintf("The pods run as ServiceAccount default, which names %s: every pod of namespace %s that names no other account is that, too.", google, s.Namespace),
			Evidence: quote("metadata.annotations["+accountAnnotation+"]", google),
			Fix:      []finding.Step{do("Make a ServiceAccount for the proxy alone, annotate that, and name it in serviceAccountName.")},
		})
	}
	return true
}

// wrongAccount says what is wrong with an e-mail of a service account; "" for nothing.
func wrongAccount(email string) string {
	name, domain, found := strings.Cut(email, "@")
	switch {
	case strings.HasPrefix(email, "serviceAccount:"):
		return "it begins with serviceAccount:, which belongs into policies alone"
	case strings.ContainsAny(email, " \t\n\"'"):
		return "there are blanks or quotation marks in it"
	case !found:
		return "it is no e-mail"
	case name == "" || domain == "" || strings.Contains(domain, "@"):
		return "it is no e-mail"
	case !strings.HasSuffix(domain, ".gserviceaccount.com"):
		return "its domain does not end in .gserviceaccount.com"
	}
	return ""
}

// annotate is the command that writes the annotation; "" is an account that is to be
// filled in.
func (s *subject) annotate(google string) finding.Step {
	if google == "" || wrongAccount(google) != "" {
		google = "NAME@PROJECT.iam.gserviceaccount.com"
	}
	return kubectlIn(s.Namespace, "annotate", "serviceaccount", s.account(), "--overwrite", accountAnnotation+"="+google)
}

// checkAnnotationMissing finds a ServiceAccount without the annotation. That may be meant:
// roles can be given to the account of Kubernetes itself.
func (c *checker) checkAnnotationMissing(s *subject, account *snapshot.Item[corev1.ServiceAccount]) {
	if account == nil {
		return
	}
	if name, value := mistakenAnnotation(account.Value.Annotations); name != "" {
		c.add(s, blocks, finding.Finding{
			ID: "wi-annotation-malformed", Severity: finding.Error, Object: account.Object,
			What:     fmt.Sprintf("ServiceAccount %s has the annotation %s, which means nothing: it is called %s.", account.Name, name, accountAnnotation),
			Evidence: quote("metadata.annotations["+name+"]", clip(value)),
			Fix:      []finding.Step{do("Write it under its name:"), s.annotate(value)},
		})
		return
	}
	f := finding.Finding{
		ID: "wi-annotation-missing", Severity: finding.Warning, Object: account.Object,
		What:  fmt.Sprintf("Container %s has no key, and ServiceAccount %s names no service account of Google.", s.Container.Name, account.Name),
		Cause: "Without the annotation " + accountAnnotation + " the pod asks as the ServiceAccount itself, which has roles only where they were given to that very principal.",
		Fix:   []finding.Step{do("Name the service account that has the role:"), s.annotate(cmp.Or(s.Template.Annotations[accountAnnotation], s.Meta.Annotations[accountAnnotation])), do("Nothing is to be done if the roles were given to the ServiceAccount itself, as a principal.")},
	}
	for _, place := range []struct {
		name        string
		annotations map[string]string
	}{{"template", s.Template.Annotations}, {strings.ToLower(s.Kind), s.Meta.Annotations}} {
		if value := place.annotations[accountAnnotation]; value != "" {
			f.Evidence = append(f.Evidence, quote("annotation of the "+place.name, clip(value))...)
			f.Cause = "The annotation is on the " + place.name + ", where nobody reads it: it belongs on the ServiceAccount."
		}
	}
	if account.Name == "default" {
		f.ID, f.Object = "wi-default-account", s.Object
		f.What = fmt.Sprintf("Container %s has no key, and its pods run as ServiceAccount default, which names no service account of Google.", s.Container.Name)
		f.Fix = []finding.Step{do("Make a ServiceAccount for the proxy, annotate it with the service account that has the role, and name it in serviceAccountName."),
			do("Nothing is to be done if the roles were given to ServiceAccount default itself, as a principal.")}
	}
	c.add(s, aside, f)
}

// mistakenAnnotation is an annotation that seems to be the right one with a slip of the
// pen.
func mistakenAnnotation(annotations map[string]string) (name, value string) {
	for _, name := range sortedKeys(annotations) {
		value := annotations[name]
		if strings.HasSuffix(value, ".gserviceaccount.com") && strings.Contains(value, "@") && strings.Contains(name, "iam.gke") {
			return name, value
		}
	}
	return "", ""
}
