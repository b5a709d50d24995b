// Package byhand prints a bash script that carries out a plan with kubectl and
// gcloud: to be read, and to be run where the plugin is not installed. It replaces one
// node after another, and does not plan anew when things turn out otherwise.
package byhand

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// Via is who makes machines anew, as in --via.
type Via string

// The values of Via. The script asks Compute Engine through gcloud in both cases.
const (
	ViaAPI        Via = "api"
	ViaGcloud     Via = "gcloud"
	ViaKarpenter  Via = "karpenter"
	ViaClusterAPI Via = "capi"
	ViaExec       Via = "exec"
)

// Plan is what the script is to do.
type Plan struct {
	Pool string
	// Selector selects the pool's nodes; it is needed where successors have other names
	// (ViaClusterAPI, ViaExec), to find them. Empty with ViaExec: names are kept.
	Selector string
	// Steps, in order of time.
	Steps []Step
	Via   Via
	// Command is the command line of ViaExec.
	Command string
	// AssumeRepair has machines that belong to no instance group deleted, too.
	AssumeRepair bool
	// Drain are flags for kubectl drain, KubectlArgs go with every kubectl.
	Drain, KubectlArgs []string
	// Patience is how long another machine may take to be Ready; 0 is 15 min.
	Patience time.Duration
	// Window is that of the plan; a step that could not begin within it after its time
	// is left out, since it would spread nothing. LowerBound is the fewest replacements
	// that any plan needs. 0 is not known; then a step may begin 15 min late.
	Window     time.Duration
	LowerBound int
	// Invocation is the command line that asks for the script, Printed is when.
	Invocation string
	Printed    time.Time
}

// Step replaces one node.
type Step struct {
	Node, ProviderID string
	// UID and BootID tell the machine that is meant from a later one of the same name.
	UID, BootID string
	At          time.Time
	Reason      spread.Reason
}

// googleID is a provider ID of Compute Engine. Its parts become arguments of gcloud.
var googleID = regexp.MustCompile(`^gce://[a-z0-9][a-z0-9.:-]*/[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$`)

// Write prints the script. A plan that no script can carry out is an error.
func Write(w io.Writer, plan Plan) error {
	if err := plan.check(); err != nil {
		return fmt.Errorf("no script: %w", err)
	}
	s := &script.Script{What: plan.what(), Invocation: plan.Invocation, Printed: plan.Printed}
	plan.settings(s)
	s.Paragraph()
	plan.functions(s)
	s.Paragraph()
	s.Comment("Ctrl-C leaves the node as it was found, unless its machine is on its way out already.")
	s.Cleanup(
		`if [ "$child" ]; then`,
		`  kill "$child" || true`,
		`  wait "$child" || true`,
		`fi`,
		`if [ "$asked" ]; then`,
		`  say "node/$node: its machine is being replaced; run this again to see that through"`,
		`else`,
		`  give_back || true`,
		`fi`)
	s.Paragraph()
	s.Comment("The plan: node, UID, boot ID, provider ID, when (as seconds since 1970, and for people), and why.")
	for _, step := range plan.Steps {
		s.Lines(step.line())
	}
	s.Paragraph()
	s.Lines(
		`if [ "${#left[@]}" -gt 0 ]; then fail "it was too late for ${left[*]}; print a new plan"; fi`,
		`say "the plan is done"`)
	_, err := s.WriteTo(w)
	return err
}

func (p Plan) check() error {
	switch {
	case len(p.Steps) == 0:
		return errors.New("the plan has no steps")
	case !slices.Contains([]Via{ViaAPI, ViaGcloud, ViaKarpenter, ViaClusterAPI, ViaExec}, p.Via):
		return fmt.Errorf("it is not known who makes the machines anew: %q", p.Via)
	case p.Via == ViaExec && p.Command == "":
		return errors.New("there is no command that makes machines anew")
	case p.Via == ViaClusterAPI && p.Selector == "":
		return errors.New("without a selector of the pool's nodes the next machine cannot be found")
	}
	var wrong []error
	for _, step := range p.Steps {
		switch {
		case step.Node == "" || step.UID == "":
			wrong = append(wrong, fmt.Errorf("node %q: its name and its UID must be known", step.Node))
		case p.google() && !googleID.MatchString(step.ProviderID):
			wrong = append(wrong, fmt.Errorf("node %s: its provider ID %q is not of Compute Engine: gce://PROJECT/ZONE/NAME is wanted", step.Node, step.ProviderID))
		}
	}
	return errors.Join(wrong...)
}

func (p Plan) google() bool { return p.Via == ViaAPI || p.Via == ViaGcloud }

// patience is how long another machine may take to be Ready.
func (p Plan) patience() time.Duration {
	if p.Patience == 0 {
		return 15 * time.Minute
	}
	return p.Patience
}

// latest is how long after its time a step may still begin.
func (p Plan) latest() time.Duration {
	if p.Window == 0 {
		return 15 * time.Minute
	}
	return p.Window
}

// what is the header's text.
func (p Plan) what() string {
	n := len(p.Steps)
	replaced := strconv.Itoa(n) + " nodes"
	if n == 1 {
		replaced = "1 node"
	}
	text := fmt.Sprintf("Replaces %s of pool %s, so that fewer of them die at once.", replaced, p.Pool)
	if p.Window > 0 {
		text = fmt.Sprintf("Replaces %s of pool %s, so that a window of %s loses fewer of them at once.", replaced, p.Pool, span(p.Window))
	}
	switch {
	case n == p.LowerBound:
		text += " No plan could do with fewer."
	case p.LowerBound > 0:
		text += fmt.Sprintf(" No plan could do with fewer than %d.", p.LowerBound)
	}
	return text + "\nOne node at a time, at its time, it cordons, drains, has the machine made anew, and waits until another is Ready. " +
		"What fails ends it. Run again, it goes on where it ended: it keeps notes in a file beside itself, and leaves alone nodes whose machine is another one by now." +
		"\nDRY_RUN=1 says what would be done, and does nothing. STAGGER_NOTES is where the notes are, STAGGER_LATEST how many seconds after its time a step may still begin."
}

// line is a step's line.
func (s Step) line() string {
	return script.Command("step", s.Node, s.UID, s.BootID, s.ProviderID, strconv.FormatInt(s.At.Unix(), 10),
		s.At.Format("2 Jan 15:04 MST"), string(s.Reason))
}

// span writes a duration without zeros at its end.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// array is an assignment to an array of bash.
func array(name string, words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = script.Quote(word)
	}
	return name + "=(" + strings.Join(quoted, " ") + ")"
}
