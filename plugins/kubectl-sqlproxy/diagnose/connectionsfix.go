package diagnose

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

func listInstances(e proxy.Engine, project string) finding.Step {
	if e == proxy.AlloyDB {
		return gcloud("alloydb", "instances", "list", "--project="+project)
	}
	return gcloud("sql", "instances", "list", "--project="+project)
}

// account is the Google service account that the proxy is, and where that is said; ""
// where it is not known.
func (c *checker) account(s *subject) (email, source string) {
	if chain := s.Spec.Credentials.Impersonate; len(chain) > 0 {
		return chain[0], "impersonate-service-account"
	}
	if email, source = c.whoseKey(s); email != "" {
		return email, source
	}
	k := s.Spec.Credentials
	if k.File != "" || k.Token != "" || k.Default != "" || k.Gcloud {
		return "", ""
	}
	name := s.Template.Spec.ServiceAccountName
	if name == "" {
		name = "default"
	}
	if o := c.index.accounts[key{s.Namespace, name}]; o != nil {
		return o.Value.Annotations[accountAnnotation], "annotation of ServiceAccount " + name
	}
	return "", ""
}

func (c *checker) describeNotAuthorized(s *subject, name, project string, f *finding.Finding) {
	email, source := c.account(s)
	role := "roles/cloudsql.client"
	if s.Spec.Engine == proxy.AlloyDB {
		role = "roles/alloydb.client"
	}
	if email == "" {
		email = "ACCOUNT"
		f.Fix = append(f.Fix, do("Find out as which account the proxy asks: with Workload Identity it is in the annotation of its ServiceAccount, else that of the node."))
	} else {
		f.What = fmt.Sprintf("The account %s may not connect to %s, or there is no such instance in project %s.", email, name, project)
		f.Evidence = append(f.Evidence, finding.Evidence{Source: source, Text: email})
	}
	f.Fix = append(f.Fix,
		do("Give it the role in the project of the instance:"),
		gcloud("projects", "add-iam-policy-binding", project, "--member=serviceAccount:"+email, "--role="+role),
		do("If it has that, see whether the name is right:"), listInstances(s.Spec.Engine, project))
}

// describeRoute says which flag fits the addresses that the instance has.
func (c *checker) describeRoute(s *subject, d *complaint, f *finding.Finding) {
	_, rest, _ := strings.Cut(d.line.message, `IP of type "`)
	asked, _, _ := strings.Cut(rest, `"`)
	if asked != "" && strings.Trim(asked, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" {
		f.What = strings.Replace(f.What, "of the type that the proxy is told to use", "of type "+asked+", by which the proxy is told to reach it", 1)
	}
	switch {
	case s.Spec.Engine == proxy.V1:
		f.Fix = []finding.Step{do("Leave -ip_address_types out, or name in it what the instance has.")}
	case s.Spec.Engine == proxy.AlloyDB && asked == "PRIVATE":
		f.Fix = []finding.Step{do("Add --public-ip, or --psc, whichever the instance has.")}
	case s.Spec.Engine == proxy.AlloyDB:
		f.Fix = []finding.Step{do("Leave --public-ip and --psc out: the private address is the default.")}
	case asked == "PUBLIC":
		f.Cause = "v2 takes the public address unless it is told otherwise; v1 took any."
		f.Fix = []finding.Step{do("Add --private-ip; or --psc, where the instance is reached by Private Service Connect.")}
	default:
		f.Fix = []finding.Step{do("Leave --private-ip and --psc out, or use the one that the instance has.")}
	}
	name := d.about
	if s.Spec.Engine != proxy.AlloyDB && name != "" {
		f.Fix = append(f.Fix, do("It has these:"), gcloud("sql", "instances", "describe", instanceOf(s.Spec.Engine, name), "--project="+projectOf(s.Spec.Engine, name), "--format=value(ipAddresses)"))
	}
}

// describeTimeout says what may keep packets from the instance: that depends on which of
// its addresses they go to.
func describeTimeout(s *subject, d *complaint, f *finding.Finding) {
	port := "3307"
	if s.Spec.Engine == proxy.AlloyDB {
		port = "5433"
	}
	route := proxy.RouteUnknown
	for _, i := range s.Spec.Instances {
		if i.Name == d.about || d.about == "" {
			route = s.Spec.RouteOf(i)
		}
	}
	open := do("Let the pods send to port " + port + " of the instance, in firewalls and in NetworkPolicies with egress: the port of the database itself does not matter here.")
	nat := do("If it happens under load only, Cloud NAT has run out of ports: one pod has 64 on its VM by default. Raise the ports per VM, or use the private address.")
	peer := do("See that the cluster's network is the one that the instance is peered with: peering does not lead on to a third network.")
	switch route {
	case proxy.RoutePublic:
		f.Fix = []finding.Step{open, nat}
	case proxy.RoutePrivate, proxy.RoutePSC:
		f.Fix = []finding.Step{peer, open}
	default:
		f.Fix = []finding.Step{open, peer, nat}
	}
}
