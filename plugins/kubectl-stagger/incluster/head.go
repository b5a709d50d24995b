package incluster

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/script"
)

// Advice is what one has to know and do before the objects work, in lines. Command
// lines are indented.
func Advice(c Config) []string {
	lines := []string{
		fmt.Sprintf("Spreads the pool %s from within the cluster, every %s. To be applied with kubectl apply -f.", c.Pool, minutes(c.Every)),
		"The image has to have kubectl-stagger on its PATH" + map[Via]string{ViaGcloud: ", and gcloud", ViaExec: ", and what the command needs"}[c.Via] + ".",
	}
	if len(c.PoolLabels) > 0 {
		lines = append(lines, "The job does not run on the pool that it drains: there has to be room for it on another, whose nodes have no taint.")
	}
	switch {
	case c.Via.google():
		return append(append(lines, ""), c.cloudRights()...)
	case c.Via == ViaClusterAPI:
		return append(lines, "The Machines have to be in the cluster that the job runs in.")
	case c.Via == ViaExec:
		return append(lines, "What the command may do is not in these rules.")
	}
	return lines
}

// permissions are what Compute Engine asks for.
func (c Config) permissions() []string {
	needed := []string{
		"compute.instances.get", "compute.instances.list", // when the machines started, and their groups
		"compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update", // to have them made anew
		"compute.zoneOperations.get", "compute.regionOperations.get", // and how that went
	}
	if c.AssumeRepair {
		needed = append(needed, "compute.instances.delete")
	}
	return needed
}

// cloudRights says how the job gets these permissions and no others.
func (c Config) cloudRights() []string {
	const role = "kubectl_stagger"
	email, project, made := c.GSA, "PROJECT_ID", true
	lines := []string{"In the cloud the job needs these permissions, and no others:"}
	for _, permission := range c.permissions() {
		lines = append(lines, "  "+permission)
	}
	if email == "" {
		email = c.Name + "@PROJECT_ID.iam.gserviceaccount.com"
		lines = append(lines, "Without --gsa it acts as the service account of the nodes it runs on. For one of its own (Workload Identity), give --gsa "+email+", and:")
	} else {
		domain := email[strings.IndexByte(email, '@')+1:]
		if project, made = strings.CutSuffix(domain, ".iam.gserviceaccount.com"); !made {
			project = "PROJECT_ID"
		}
		lines = append(lines, "How it gets them (Workload Identity), if the cluster is in the same project:")
	}
	if made {
		lines = append(lines, command("gcloud", "iam", "service-accounts", "create", email[:strings.IndexByte(email, '@')], "--project="+project)...)
	}
	lines = append(lines, command("gcloud", "iam", "roles", "create", role, "--project="+project, "--permissions="+strings.Join(c.permissions(), ","))...)
	lines = append(lines, command("gcloud", "projects", "add-iam-policy-binding", project, "--member=serviceAccount:"+email,
		"--role=projects/"+project+"/roles/"+role, "--condition=None")...)
	return append(lines, command("gcloud", "iam", "service-accounts", "add-iam-policy-binding", email, "--project="+project,
		"--role=roles/iam.workloadIdentityUser", fmt.Sprintf("--member=serviceAccount:%s.svc.id.goog[%s/%s]", project, c.Namespace, c.Name))...)
}

// command is an indented command line, in lines.
func command(args ...string) []string {
	lines := strings.Split(script.Command(args...), "\n")
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}
