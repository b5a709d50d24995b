package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// checkStart judges what the logs say of starting.
func (c *checker) checkStart(s *subject) {
	if len(s.Logs) == 0 {
		return
	}
	own := startTexts()
	texts := append(append(append([]logText{}, own...), credentialTexts()...), lastTexts()...)
	var last []said
	served := true
	for _, d := range allSaid(s, texts, nil) {
		switch {
		case isOf(own, d.id):
			c.sayStart(s, &d)
			served = false
		case isOf(lastTexts(), d.id):
			last = append(last, d)
		default:
			served = false // of credentials, which have their own rules
		}
	}
	if !served || s.blocked() {
		return
	}
	if len(last) > 0 {
		c.sayStart(s, &last[0])
	}
}

func isOf(texts []logText, id string) bool {
	for i := range texts {
		if texts[i].id == id {
			return true
		}
	}
	return false
}

// blocked reports whether something that keeps the proxy from serving was found in its
// log or its configuration: then what the log says in general is of that.
func (s *subject) blocked() bool {
	return slices.ContainsFunc(s.found, func(f *found) bool { return f.part == blocks && f.depth >= connectionDepth })
}

// connectionDepth is that of what logs say of connections: see families.
const connectionDepth = 5

// sayStart adds a finding of what a log says of starting, or adds the line to one that
// says the same already.
func (c *checker) sayStart(s *subject, d *said) {
	evidence := d.evidence()
	if s.confirm(d.also, evidence) {
		return
	}
	f := finding.Finding{ID: d.id, Severity: finding.Error, Object: s.Object, Evidence: evidence}
	role := blocks
	describeStart(s, d, &f)
	if d.id == "start-lookup" {
		role = symptom
	}
	if f.Severity != finding.Error {
		role = aside
	}
	c.add(s, role, f)
}

// confirm adds evidence to the first finding about a subject that has one of the ids and
// is an Error; false if there is none.
func (s *subject) confirm(ids []string, evidence []finding.Evidence) bool {
	for _, id := range ids {
		for _, f := range s.found {
			if f.ID == id && f.Severity == finding.Error {
				f.Evidence = append(f.Evidence, evidence...)
				return true
			}
		}
	}
	return false
}

// evidence is the line, and how many pods say so.
func (d *said) evidence() []finding.Evidence {
	source := d.log.source()
	if d.pods > 1 {
		source += fmt.Sprintf(", and of %d more", d.pods-1)
	}
	return quote(source, shownLine(d.line.message))
}

// shownLine is a message without what may be a secret: the value of a flag that the proxy
// has not understood.
func shownLine(message string) string {
	if before, rest, found := strings.Cut(message, "unknown shorthand flag: "); found {
		flag, _, hasValue := strings.Cut(rest, "=")
		message = before + "unknown shorthand flag: " + flag
		if hasValue {
			message += "=…"
		}
	}
	if looksSecret(message) && !strings.Contains(message, "googleapi: ") {
		first, _, _ := strings.Cut(message, "{")
		message = first + "…"
	}
	if lines := strings.SplitN(message, "\n", shownLines+1); len(lines) > shownLines {
		message = strings.Join(lines[:shownLines], "\n") + "\n…"
	}
	return clipTo(message, 2*shownBytes)
}

// shownLines is how many lines of a message are shown.
const shownLines = 4

// describeStart says what a text means, and what to do.
func describeStart(s *subject, d *said, f *finding.Finding) {
	where := "Container " + s.Container.Name + " of pod " + d.log.Pod
	instance := d.instance()
	if instance == "" {
		instance = "an instance"
	}
	look := do("Compare the arguments and the environment of the container with what the log says.")
	switch d.id {
	case "start-flag":
		f.What = where + " does not start, as it does not know a flag that it is told."
		f.Fix = []finding.Step{do("Take the flag out, or write it as " + s.program() + " knows it.")}
		if s.Spec.Engine != proxy.V1 && strings.Contains(d.line.message, "unknown shorthand flag") {
			f.Cause = "Flags of v1 have one dash; after one dash, this proxy takes each letter for a flag."
			f.Fix = []finding.Step{do("Turn v1's flags into v2's:"), s.convert()}
		}
	case "start-value":
		f.What = where + " does not start, as it cannot read the value of a flag."
		f.Fix = []finding.Step{do("Write a value that the flag takes: a duration has a unit, as in 30s.")}
	case "start-usage":
		f.What = where + " prints its flags and ends as if all were well, as -host does not end in a slash."
		f.Fix = []finding.Step{do("Add the slash to -host.")}
	case "start-no-instance":
		f.What = where + " does not start, as no instance is named."
		f.Cause = "Instances are taken from the arguments, else from the environment, counted from 0 without a gap."
		f.Fix = []finding.Step{do("Name the instance in the arguments.")}
	case "start-instance-name":
		f.What = where + " does not accept the name of " + instance + "."
		f.Fix = []finding.Step{do("Write the connection name as the instance has it:"), run("gcloud sql instances list --format='value(connectionName)'")}
	case "start-region":
		describeRegion(s, d, where, instance, f)
	case "start-connection-test":
		f.What = where + " ends, as the connection test at its start has failed."
		f.Cause = "--run-connection-test ends the proxy when one of its instances cannot be reached: one that is down takes all others with it."
		f.Fix = []finding.Step{do("Leave --run-connection-test out, and read in the log why the instance was not reached.")}
	case "start-lookup":
		f.What = where + " does not start, as it has asked the API about an instance in vain."
		f.Cause = "Without a port the proxy asks the API for the engine of each database before it listens, and ends where one is not answered."
		f.Fix = []finding.Step{do("Give each instance its port, as in PROJECT:REGION:INSTANCE?port=5432: then the other instances are served.")}
		if s.Spec.Engine == proxy.V1 {
			f.Cause = "v1 asks the API about all instances before it listens, and ends where one is not answered."
			f.Fix = []finding.Step{do("Mend or take out the instance that the log names; v2 with explicit ports starts without the API.")}
		}
	default:
		describeListen(where, instance, look, d.id, f)
	}
}

// describeListen is describeStart for sockets, options and all else.
func describeListen(where, instance string, look finding.Step, id string, f *finding.Finding) {
	switch id {
	case "start-port-taken":
		f.What = where + " does not start, as another listener of its pod has the port."
		f.Cause = "Containers of a pod share their ports, as all pods of a node with hostNetwork do; two instances, the health checks and metrics need one each."
		f.Fix = []finding.Step{do("Give each listener a port of its own.")}
	case "start-port":
		f.What = where + " does not start, as a port that it is told is none."
		f.Fix = []finding.Step{do("Write a port from 1 to 65535.")}
	case "start-listen":
		f.What = where + " does not start, as it may not listen where it is told to."
		f.Cause = "Ports below 1024 need a right that the proxy's user does not have, and an address has to be one of the pod's own."
		f.Fix = []finding.Step{do("Listen on 0.0.0.0 and a port from 1024 on; the Service may still have the lower port.")}
	case "start-address":
		f.What = where + " does not start, as an address that it is told is no IP address."
		f.Fix = []finding.Step{do("Write 0.0.0.0 to be heard in the cluster, 127.0.0.1 in the pod.")}
	case "start-options":
		f.What = where + " does not start, as options that it is told do not go together, or not alone."
		f.Fix = []finding.Step{look}
	case "start-config-file":
		f.What = where + " does not start, as it cannot load its configuration file."
		f.Fix = []finding.Step{do("Have the file end in .toml, .yaml, .yml or .json, mount it where --config-file says, and check it with a linter.")}
	default:
		f.What = where + " does not start, or has ended by itself."
		f.Fix = []finding.Step{look}
	}
}

// describeRegion is for a name with another region than the instance's own: v2 ends at
// it, v1 writes it down and goes on.
func describeRegion(s *subject, d *said, where, instance string, f *finding.Finding) {
	_, rest, _ := strings.Cut(d.line.message, "got ")
	got, want, _ := strings.Cut(rest, ", want ")
	got = strings.Trim(strings.TrimPrefix(got, "region "), `"`)
	want, _, _ = strings.Cut(want, " (")
	want = strings.Trim(strings.TrimSpace(strings.SplitN(want, "\n", 2)[0]), `"`)
	f.What = fmt.Sprintf("%s does not serve %s: the name says region %s, and the instance is in %s.", where, instance, got, want)
	f.Fix = []finding.Step{do("Write " + want + " for the region in the instance's name.")}
	if s.Spec.Engine == proxy.V1 && !s.Spec.V1.CheckRegion {
		f.Severity = finding.Warning
		f.What = fmt.Sprintf("%s is told that an instance is in region %s, and it is in %s, which v1 lets pass and v2 does not.", where, got, want)
	}
}
