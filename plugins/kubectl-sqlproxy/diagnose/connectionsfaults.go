package diagnose

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// fault is what is known of a text of connections.
type fault struct {
	severity finding.Severity
	// comesAndGoes says that it may come again after it was gone: so its history is told.
	comesAndGoes bool
	// what is a sentence with %s for the instance.
	what, cause, docs string
	fix               []finding.Step
}

// knownFaults are those whose fix does not depend on more than the id; see describe for
// the others.
func knownFaults() map[string]fault {
	const (
		network = "https://cloud.google.com/sql/docs/postgres/configure-private-ip"
		quotas  = "https://cloud.google.com/sql/quotas"
		roles   = "https://cloud.google.com/sql/docs/postgres/roles-and-permissions"
	)
	e, w, i := finding.Error, finding.Warning, finding.Info
	return map[string]fault{
		"api-disabled": {severity: e, what: "The proxy cannot ask for %s: the API is not switched on in the project that it is counted for."},
		"scopes": {severity: e, what: "The proxy cannot ask for %s: the access scopes of its node do not hold the API.",
			cause: "Without Workload Identity the proxy takes the node's account, with the node's scopes.",
			fix:   []finding.Step{do("Use Workload Identity; or nodes with the scope https://www.googleapis.com/auth/cloud-platform, which means a new node pool.")}},
		"not-authorized":     {severity: e, what: "The proxy's account may not connect to %s, or there is no such instance in that project.", docs: roles},
		"instance-not-found": {severity: e, what: "There is no instance %s."},
		"instance-stopped":   {severity: e, what: "Instance %s does not run."},
		"quota": {severity: e, comesAndGoes: true, what: "The API refused the proxy's request for %s: the quota is used up.",
			cause: "Each proxy asks twice for each instance when it starts, and each hour; many sidecars, or restarts, use up the quota.",
			fix:   []finding.Step{do("Have fewer proxies: one shared proxy in place of sidecars; and find what restarts."), do("Or ask for a larger quota of queries per minute.")}, docs: quotas},
		"api-unavailable": {severity: e, comesAndGoes: true, what: "The proxy got no answer from the API for %s.",
			cause: "Either Google's side fails, or nothing leaves the pod: no DNS, no route, or an egress policy without port 443.",
			fix:   []finding.Step{do("See whether pods of this namespace resolve and reach sqladmin.googleapis.com on port 443."), do("If they do, look at https://status.cloud.google.com.")}},
		"iam-login": {severity: e, what: "The database of %s does not take the proxy's account for a user.",
			cause: "With automatic IAM authentication all log in as the account of the proxy; SQL Server has no such users.",
			fix:   []finding.Step{do("Make the account a database user of type CLOUD_IAM_SERVICE_ACCOUNT, and have clients name it without .gserviceaccount.com; or leave --auto-iam-authn out.")},
			docs:  "https://cloud.google.com/sql/docs/postgres/iam-authentication"},
		"ip-type-mismatch": {severity: e, what: "Instance %s has no address of the type that the proxy is told to use.", docs: network},
		"no-ip":            {severity: e, what: "Instance %s has no address at all.", fix: []finding.Step{do("Give it a private address, or a public one.")}, docs: network},
		"first-generation": {severity: e, what: "Instance %s is of the first generation, which no proxy serves any more.", fix: []finding.Step{do("Move its data to a new instance.")}},
		"server-certificate": {severity: e, what: "What answers at the address of %s does not show the instance's certificate.",
			cause: "The server's CA was rotated, and the proxy has not asked anew; or something else has that address.",
			fix:   []finding.Step{do("Start the proxy anew; if it stays, see which CA the instance has, and what is between.")}},
		"dial-refused": {severity: e, comesAndGoes: true, what: "Instance %s refuses connections: it restarts, or is in maintenance.", fix: []finding.Step{do("Wait until it is back, and see its operations:")}},
		"dial-timeout": {severity: e, comesAndGoes: true, what: "Packets to instance %s get no answer."},
		"dialer-closed": {severity: w, comesAndGoes: true, what: "New connections to %s came to a pod that was ending, and failed.",
			cause: "At the end the proxy can no longer connect, while it still accepts, and the Service still sends.",
			fix:   []finding.Step{do("Set --min-sigterm-delay=15s (v2.12 or newer), and terminationGracePeriodSeconds above the sum of both delays.")}},
		"mdx": {severity: w, comesAndGoes: true, what: "The server of %s ended connections before it said a word.",
			cause: "The database was not there yet, or speaks no metadata exchange: it restarts, or was just updated.",
			fix:   []finding.Step{do("If it goes on, take the newest version of the proxy.")}},
		"max-connections": {severity: e, comesAndGoes: true, what: "The proxy refuses connections: its limit is reached.%.0s"},
		"server-reset": {severity: i, comesAndGoes: true, what: "Connections to %s were cut from the instance's side.",
			cause: "The database restarts or fails over, or something between ends what is idle.",
			fix:   []finding.Step{do("See whether the instance was in maintenance then; have applications connect anew.")}},
		"client-reset": {severity: i, comesAndGoes: true, what: "Clients of %s vanished without closing their connections.",
			cause: "They crashed or were killed, their node went, or a network forgot the connection."},
	}
}

// often is from how many cut connections on it is more than a remark.
const often = 3

// describe says what a complaint means and what to do.
func (c *checker) describe(s *subject, d *complaint, f *finding.Finding) {
	known := knownFaults()[d.id]
	name := d.about
	if name == "" {
		name = "its instances"
		if len(s.Spec.Instances) == 1 {
			name = s.Spec.Instances[0].Name
		}
	}
	f.What, f.Cause, f.Fix, f.Docs = fmt.Sprintf(known.what, name), known.cause, known.fix, known.docs
	project := projectOf(s.Spec.Engine, name)
	switch d.id {
	case "not-authorized":
		c.describeNotAuthorized(s, name, project, f)
	case "api-disabled":
		f.Fix = []finding.Step{gcloud("services", "enable", apiOf(s.Spec.Engine), "--project="+consumer(d.line.message))}
	case "instance-not-found":
		f.Fix = []finding.Step{do("See which there are, and mend the name:"), listInstances(s.Spec.Engine, project)}
	case "instance-stopped":
		f.Fix = []finding.Step{do("Start it:"), gcloud("sql", "instances", "patch", instanceOf(s.Spec.Engine, name), "--activation-policy=ALWAYS", "--project="+project)}
	case "dial-refused":
		f.Fix = append(f.Fix, gcloud("sql", "operations", "list", "--instance="+instanceOf(s.Spec.Engine, name), "--project="+project))
	case "ip-type-mismatch":
		c.describeRoute(s, d, f)
	case "dial-timeout":
		describeTimeout(s, d, f)
	case "max-connections":
		f.Evidence = append(f.Evidence, s.said("max-connections", "max_connections")...)
		f.Fix = []finding.Step{do("Raise max-connections, if the database takes more, or add replicas: the limit holds for each; or have applications keep smaller pools.")}
	case "server-reset":
		if d.count >= often && f.Severity == finding.Info && c.Now.Sub(d.last) <= recent {
			f.Severity = finding.Warning
		}
	case "dialer-closed":
		if s.Spec.Shutdown.MinDelay > 0 {
			f.Severity = finding.Info
			f.Fix = []finding.Step{do("Raise --min-sigterm-delay: the Service still sent connections when it was over.")}
		}
	}
}

// projectOf is the project of an instance; "PROJECT" where it cannot be told.
func projectOf(e proxy.Engine, name string) string {
	if n, err := proxy.ParseName(e, name); err == nil && n.Project != "" {
		return n.Project
	}
	return "PROJECT"
}

func instanceOf(e proxy.Engine, name string) string {
	if n, err := proxy.ParseName(e, name); err == nil && n.Instance != "" {
		return n.Instance
	}
	return "INSTANCE"
}

// consumer is the project, mostly its number, that a message of the API names; it is that
// of the account, which may be another than the instance's.
func consumer(message string) string {
	for _, before := range []string{"has not been used in project ", "consumer: projects/", "projects/"} {
		if _, rest, found := strings.Cut(message, before); found {
			if name := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz0123456789-"))]; name != "" {
				return name
			}
		}
	}
	return "PROJECT"
}

func apiOf(e proxy.Engine) string {
	if e == proxy.AlloyDB {
		return "alloydb.googleapis.com"
	}
	return "sqladmin.googleapis.com"
}
