package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// Where a name is not known: to be put in by who runs the command.
const (
	unknownNamespace = "NAMESPACE"
	unknownProject   = "PROJECT_OF_INSTANCE"
)

// advice is what one has to know, and to do outside the cluster.
func (p *plan) advice() []string {
	lines := []string{
		fmt.Sprintf("%s as one Deployment. Clients connect without TLS (sslmode=disable); from the proxy on it is encrypted:", capital(p.program())),
	}
	for _, s := range p.served {
		lines = append(lines, fmt.Sprintf("  %s:%d  %s", p.host(s), s.Port, s.Connection))
	}
	if p.Namespace == "" {
		lines = append(lines, "In other namespaces a host's name ends in .NAMESPACE, the one of these objects.")
	}
	lines = append(lines, p.adviceOnClients()...)
	if p.Monitoring != "" {
		lines = append(lines, "The PodMonitor is of a kind that comes with the Prometheus operator.")
	}
	lines = append(lines, "")
	return append(lines, p.adviceOnIdentity()...)
}

func (p *plan) adviceOnClients() []string {
	first := p.Clients[0]
	if len(p.Clients) == 1 && first.Pods != nil && first.Namespaces == nil && first.Pods.MatchLabels[ClientLabel] == "true" {
		return []string{
			"Clients are pods of the same namespace with the label " + ClientLabel + ": \"true\"; --allow-clients lets others in.",
		}
	}
	return nil
}

// adviceOnIdentity says what Google's cloud has to know.
func (p *plan) adviceOnIdentity() []string {
	i := p.Identity
	email := i.GoogleAccount
	if email == "" {
		email = p.key.Email
	}
	if checkEmail(email) != nil { // of a key, which may say anything
		email = "ACCOUNT@PROJECT.iam.gserviceaccount.com"
	}
	var lines []string
	switch {
	case i.GoogleAccount != "":
		lines = append(lines, "How the proxy becomes this account (Workload Identity), if cluster and account are of one project:")
		lines = append(lines, p.bindAccount(email)...)
	case i.Secret.Name != "":
		lines = append(lines, "The Secret with a service account's key is made by:")
		args := []string{"kubectl", "create", "secret", "generic", i.Secret.Name, "--from-file=" + i.Secret.Key + "=KEY_FILE"}
		if p.Namespace != "" {
			args = append(args, "--namespace="+p.Namespace)
		}
		lines = append(lines, command(args...)...)
		lines = append(lines, "The proxy reads it once: after a change, kubectl rollout restart deployment/"+p.Name+".")
	case i.Account != "":
		lines = append(lines, "The service account "+i.Account+" has to be there, with the annotation "+accountAnnotation+".")
	case i.Key == "":
		lines = append(lines, "The account of the nodes needs these rights, and the nodes the scope cloud-platform:")
		email = "ACCOUNT_OF_NODES"
	}
	// The API is asked in the account's project, whichever the instances' are.
	_, domain, _ := strings.Cut(email, "@")
	home, _ := projectOf(domain)
	lines = append(lines, "What the account needs:")
	lines = append(lines, command("gcloud", "services", "enable", p.api(), "--project="+home)...)
	for _, project := range p.projects() {
		for _, role := range p.roles() {
			lines = append(lines, command("gcloud", "projects", "add-iam-policy-binding", project, "--member=serviceAccount:"+email, "--role="+role, "--condition=None")...)
		}
	}
	return lines
}

// bindAccount lets the pods' account become Google's.
func (p *plan) bindAccount(email string) []string {
	name, domain, _ := strings.Cut(email, "@")
	project, own := projectOf(domain)
	var lines []string
	if own {
		lines = append(lines, command("gcloud", "iam", "service-accounts", "create", name, "--project="+project)...)
	}
	namespace := p.Namespace
	if namespace == "" {
		namespace = unknownNamespace
	}
	return append(lines, command("gcloud", "iam", "service-accounts", "add-iam-policy-binding", email, "--project="+project,
		"--role=roles/iam.workloadIdentityUser", fmt.Sprintf("--member=serviceAccount:%s.svc.id.goog[%s/%s]", project, namespace, p.account()))...)
}

// projectOf is the project of an account's domain; false where the account is Google's
// own, as that of Compute Engine, and the domain does not say.
func projectOf(domain string) (string, bool) {
	project, own := strings.CutSuffix(domain, ".iam.gserviceaccount.com")
	if !own {
		return "PROJECT", false
	}
	// The account of example.com:shop has the domain shop.example.com.iam….
	if name, organisation, scoped := strings.Cut(project, "."); scoped {
		project = organisation + ":" + name
	}
	return project, true
}

// projects are those of the instances, each once, in their order.
func (p *plan) projects() []string {
	var all []string
	for _, s := range p.served {
		project := s.conn.Project
		if project == "" {
			project = unknownProject
		}
		if !slices.Contains(all, project) {
			all = append(all, project)
		}
	}
	return all
}

func (p *plan) api() string {
	if p.Engine == proxy.AlloyDB {
		return "alloydb.googleapis.com"
	}
	return "sqladmin.googleapis.com"
}

func (p *plan) roles() []string {
	var roles []string
	if p.Engine == proxy.AlloyDB {
		roles = append(roles, "roles/alloydb.client", "roles/serviceusage.serviceUsageConsumer")
		if p.IAMLogin {
			roles = append(roles, "roles/alloydb.databaseUser")
		}
		return roles
	}
	roles = append(roles, "roles/cloudsql.client")
	if p.IAMLogin {
		roles = append(roles, "roles/cloudsql.instanceUser")
	}
	return roles
}

// command is an indented command line, in lines.
func command(args ...string) []string {
	lines := strings.Split(script.Command(args...), "\n")
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
