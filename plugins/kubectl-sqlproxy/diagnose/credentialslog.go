package diagnose

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// checkCredentialLog judges what the logs say of credentials. A connection that was
// closed was one: what was said before it is over.
func (c *checker) checkCredentialLog(s *subject) {
	for _, d := range allSaid(s, credentialTexts(), wasConnected) {
		evidence := d.evidence()
		if d.isOver() || s.confirm(append([]string{d.id}, d.also...), evidence) {
			continue
		}
		f := finding.Finding{ID: d.id, Severity: finding.Error, Object: s.Object, Evidence: evidence}
		c.describeCredential(s, &d, &f)
		c.add(s, blocks, f)
	}
}

// wasConnected reports whether a line says that a client's connection has ended in the
// ordinary way, so that it had reached the instance.
func wasConnected(line *logLine) bool {
	return line.text == "client closed the connection" || line.text == "instance closed the connection" ||
		strings.HasPrefix(line.text, "Client closed local connection on ") || strings.HasPrefix(line.text, "Instance ") && strings.HasSuffix(line.text, " closed connection")
}

// isOver reports whether clients have come since, and nothing was said of failing: each
// that fails is a line of its own, after half a minute at most.
func (d *said) isOver() bool {
	const enough = 3
	accepted, after := 0, false
	for i := range d.log.lines {
		line := &d.log.lines[i]
		after = after || line == d.line
		if after && (strings.HasPrefix(line.text, "Accepted connection from ") || strings.HasPrefix(line.text, "New connection for")) {
			accepted++
		}
		if strings.Contains(line.text, "failed to connect") || strings.HasPrefix(line.text, "couldn't connect to") {
			accepted = 0
		}
	}
	return accepted >= enough
}

// describeCredential says what a text means, and what to do.
func (c *checker) describeCredential(s *subject, d *said, f *finding.Finding) {
	where := "Container " + s.Container.Name + " of pod " + d.log.Pod
	newKey := []finding.Step{do("Make a new key of the service account, put it into the Secret, and restart the pods. Or use Workload Identity, which has no keys.")}
	switch d.id {
	case "credentials-path":
		f.What = where + " does not start, as it does not find its key file."
		f.Fix = []finding.Step{do("Compare the path in the log with the container's volumeMounts, and with the keys of the Secret.")}
	case "key-unreadable":
		f.What = where + " does not start, as its user may not read the key file."
		f.Cause = "Files of a Secret belong to root and, where the pod has an fsGroup, to that group, which may read them."
		f.Fix = []finding.Step{do("Set fsGroup: 65532 in the pod's securityContext, or leave the volume's defaultMode out.")}
	case "key-twice-encoded", "key-not-json", "key-no-type", "key-other-type":
		f.What = where + " does not start, as its key file is no service account's key" + map[string]string{"key-twice-encoded": ", but base64 of one"}[d.id] + "."
		f.Fix = []finding.Step{do("Put the JSON file that was downloaded as the service account's key into the Secret, as it is, and restart the pods.")}
	case "key-bad":
		f.What = where + " gets no token, as the private key in its key file is none."
		f.Fix = newKey
	case "no-credentials":
		f.What = where + " does not start, as it has no key and finds no other credentials."
		f.Cause = "Without a key the proxy asks the metadata server, which only nodes of Google Cloud have, and which a NetworkPolicy for egress may keep from the pod."
		f.Fix = []finding.Step{do("On GKE, let the pod reach the metadata server, 169.254.169.254; elsewhere mount a key, and name its file with " + s.fileFlag() + ".")}
	case "wi-binding":
		c.describeBinding(s, d, where, f)
	case "token-refused":
		f.What = where + " gets no token, as Google refuses its key."
		f.Cause = refusal(d.line.message)
		f.Fix = newKey
	case "token-missing":
		f.What = where + " gets no token, so that no client reaches an instance."
		f.Cause = "The key's token_uri, or the metadata server, was not reached or has answered with an error, which the log has: a NetworkPolicy for egress, DNS, or a key that was taken back."
		f.Fix = []finding.Step{do("Let the pod reach oauth2.googleapis.com on port 443, and the metadata server on GKE; then read the rest of the line.")}
	case "token-rejected":
		f.What = where + " has a token that the API does not accept."
		f.Cause = "The token is of no account that exists, or has expired: a Workload Identity that is half done, a key or account that was deleted, or a --token that is old."
		f.Fix = []finding.Step{do("Look who the proxy is: the e-mail in its key, or the annotation of ServiceAccount " + s.account() + ", and whether that account exists and is enabled.")}
	}
}

func (s *subject) fileFlag() string {
	if s.Spec.Engine == proxy.V1 {
		return "-credential_file"
	}
	return "--credentials-file"
}

// refusal says why Google refuses a key, by its own words.
func refusal(message string) string {
	switch {
	case strings.Contains(message, "Invalid JWT Signature"):
		return "The key was deleted or disabled, or is another account's."
	case strings.Contains(message, "account not found"), strings.Contains(message, "Account not found"), strings.Contains(message, "Not a valid email"):
		return "The service account was deleted."
	case strings.Contains(message, "reasonable timeframe"):
		return "The node's clock is wrong."
	case strings.Contains(message, "disabled"):
		return "The service account is disabled."
	}
	return ""
}

// describeBinding is for a ServiceAccount that may not act as the one of Google that its
// annotation names, or a name of none.
func (c *checker) describeBinding(s *subject, d *said, where string, f *finding.Finding) {
	google := "GSA@PROJECT.iam.gserviceaccount.com"
	if account := c.index.accounts[key{s.Namespace, s.account()}]; account != nil {
		google = cmp.Or(account.Value.Annotations[accountAnnotation], google)
	}
	if strings.Contains(d.line.message, "IAM returned 404") {
		f.What = fmt.Sprintf("%s gets no token, as the service account %s does not exist.", where, google)
		f.Fix = []finding.Step{do("Create it, or write the right e-mail into the annotation:"), s.annotate("")}
		return
	}
	f.What = fmt.Sprintf("%s gets no token, as ServiceAccount %s may not act as %s.", where, s.account(), google)
	f.Cause = "Workload Identity needs both: the annotation on the ServiceAccount, and the role roles/iam.workloadIdentityUser on the account of Google."
	f.Fix = []finding.Step{do("Give the role, with the project of the cluster:"), c.letActAs(s.Namespace, s.account(), google)}
}

// letActAs lets a ServiceAccount act as one of Google.
func (c *checker) letActAs(namespace, account, google string) finding.Step {
	return gcloud("iam", "service-accounts", "add-iam-policy-binding", google, "--role=roles/iam.workloadIdentityUser",
		fmt.Sprintf("--member=serviceAccount:%s.svc.id.goog[%s/%s]", c.clusterProject(), namespace, account))
}

// clusterProject is the project of the cluster, by its nodes.
func (c *checker) clusterProject() string {
	for _, n := range c.Nodes {
		if rest, ok := strings.CutPrefix(n.Value.Spec.ProviderID, "gce://"); ok {
			project, _, _ := strings.Cut(rest, "/")
			return project
		}
	}
	return "CLUSTER_PROJECT"
}
