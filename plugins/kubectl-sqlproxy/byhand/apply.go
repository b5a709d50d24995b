package byhand

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

// Plan is what the script is to do.
type Plan struct {
	Name, Namespace string
	// Objects are those of manifest.Build. Secrets among them are left out: Keys make them.
	Objects []manifest.Object
	Keys    []Key
	// Secrets are names of those that have to exist.
	Secrets []string
	// Force takes over fields of other managers, Prune deletes what an earlier run has made
	// and is not wanted any more.
	Force, Prune bool
	// Timeout is how long the rollout is waited for; 0 is not at all.
	Timeout time.Duration
	// KubectlArgs go with every kubectl.
	KubectlArgs []string
	// Invocation is the command line that asks for the script, Printed is when.
	Invocation string
	Printed    time.Time
}

// Key is a Secret that the script makes of a file, which it reads when it runs.
type Key struct {
	Secret, Key, File string
	Labels            map[string]string
}

var (
	//go:embed functions.sh
	common string
	//go:embed rollout.sh
	rollout string
	//go:embed prune.sh
	prune string
)

// end is the line that ends a here-document. No line of an object is one word only: its
// fields have colons, and what is in them is indented.
const end = "END_OF_OBJECTS"

// Write prints the script. A plan that no script can carry out is an error.
func Write(w io.Writer, plan Plan) error {
	s := &script.Script{What: plan.what(), Invocation: plan.Invocation, Printed: plan.Printed}
	if err := plan.write(s); err != nil {
		return fmt.Errorf("no script: %w", err)
	}
	_, err := s.WriteTo(w)
	return err
}

func (p *Plan) what() string {
	text := fmt.Sprintf("Applies the Cloud SQL Proxy %s to namespace %s with kubectl: shows what would change, asks, applies", p.Name, p.Namespace)
	if p.Timeout > 0 {
		text += ", and waits until it runs"
	}
	text += "."
	if p.Prune {
		text += " Then it deletes what an earlier run has made and is not wanted any more."
	}
	if len(p.Keys) > 0 {
		text += " The key of the service account is not in it: it is read from its file when this runs."
	}
	return text + "\nDRY_RUN=1 only shows what would change. YES=1 does not ask.\n" +
		"Exit status: 0, it is done; 1, it is not."
}

func (p *Plan) write(s *script.Script) error {
	before, deployment, err := p.documents()
	if err != nil {
		return err
	}
	p.settings(s)
	s.Paragraph()
	part(s, common)
	if p.Timeout > 0 {
		part(s, rollout)
	}
	if p.Prune {
		part(s, prune)
	}
	s.Comment("What the pods need, and what leads to them.")
	s.Lines("objects() {", "  cat <<'"+end+"'", before+end, "}")
	s.Paragraph()
	s.Lines("deployment() {", "  cat <<'"+end+"'", deployment+end, "}")
	s.Paragraph()
	p.keys(s)
	p.steps(s)
	return nil
}

// documents are the objects as YAML: the Deployment, and those before it.
func (p *Plan) documents() (before, deployment string, err error) {
	for i := range p.Objects {
		o := &p.Objects[i]
		if o.Kind == "Secret" {
			continue
		}
		all, err := o.Fields()
		if err != nil {
			return "", "", err
		}
		text, err := yaml.Marshal(all)
		if err != nil {
			return "", "", fmt.Errorf("writing %s %s: %w", o.Kind, o.Name, err)
		}
		if o.Kind == "Deployment" {
			deployment += "---\n" + string(text)
		} else {
			before += "---\n" + string(text)
		}
	}
	if deployment == "" {
		return "", "", errors.New("there is no Deployment to apply")
	}
	return before, deployment, nil
}

// settings are the variables.
func (p *Plan) settings(s *script.Script) {
	s.Lines(
		array("kubectl", append([]string{"kubectl"}, p.KubectlArgs...)...),
		"namespace="+script.Quote(p.Namespace))
	flags := []string{"--force-conflicts=false"} // an empty array is an error to old versions of bash
	if p.Force {
		flags = []string{"--force-conflicts"}
	}
	s.Lines(array("flags", flags...))
	if p.Timeout > 0 {
		s.Lines("name="+script.Quote(p.Name), "timeout="+p.Timeout.String(), "pods="+script.Quote("app.kubernetes.io/instance="+p.Name))
	}
	if !p.Prune {
		return
	}
	var wanted []string
	for _, o := range p.Objects {
		group, _, found := strings.Cut(o.APIVersion, "/")
		if !found {
			wanted = append(wanted, strings.ToLower(o.Kind)+"/"+o.Name)
		} else {
			wanted = append(wanted, strings.ToLower(o.Kind)+"."+group+"/"+o.Name)
		}
	}
	s.Lines("made="+script.Quote("app.kubernetes.io/managed-by=kubectl-sqlproxy,app.kubernetes.io/instance="+p.Name), array("wanted", wanted...))
}

// keys prints the function that makes the Secrets of files.
func (p *Plan) keys(s *script.Script) {
	if len(p.Keys) == 0 {
		return
	}
	s.Comment("The key goes from its file to the cluster, through pipes only.")
	s.Lines("secrets() {")
	for _, k := range p.Keys {
		labels := make([]string, 0, len(k.Labels))
		for _, name := range slices.Sorted(maps.Keys(k.Labels)) {
			labels = append(labels, script.Quote(name+"="+k.Labels[name]))
		}
		s.Lines(
			"  echo ---",
			`  "${kubectl[@]}" create secret generic `+script.Quote(k.Secret)+` --namespace "$namespace" --type Opaque --dry-run=client -o yaml \`,
			"    "+script.Quote("--from-file="+k.Key+"="+k.File)+" |",
			`    "${kubectl[@]}" label --local -f - -o yaml `+strings.Join(labels, " "))
	}
	s.Lines("}")
	s.Paragraph()
}

// steps are what is done.
func (p *Plan) steps(s *script.Script) {
	s.Lines(
		`command -v kubectl >/dev/null || fail "kubectl is not on the PATH"`,
		`"${kubectl[@]}" get namespace "$namespace" -o name >/dev/null || fail "namespace $namespace could not be looked at, and none is made"`)
	for _, name := range p.Secrets {
		s.Lines(script.Command("there", "secret", name))
	}
	for _, k := range p.Keys {
		s.Lines("if [ ! -s "+script.Quote(k.File)+" ]; then", "  fail "+script.Quote("there is no key in "+k.File), "fi")
	}
	s.Lines("show", `if [ "${DRY_RUN:-}" ]; then exit 0; fi`, `ask "Apply this to namespace $namespace?"`)
	if len(p.Keys) > 0 {
		s.Lines("apply secrets")
	}
	s.Lines("apply objects", "apply deployment")
	if p.Timeout > 0 {
		s.Lines("rollout")
	}
	if p.Prune {
		s.Lines("prune")
	}
}

// part prints functions, without the line that is for shellcheck.
func part(s *script.Script, functions string) {
	_, functions, _ = strings.Cut(functions, "\n")
	s.Lines(functions)
	s.Paragraph()
}

// array is an assignment to an array of bash.
func array(name string, words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = script.Quote(word)
	}
	return name + "=(" + strings.Join(quoted, " ") + ")"
}
