package byhand

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

//go:embed convert.sh
var converting string

// Convert is what a script is to convert.
type Convert struct {
	Namespace string
	// Shared are the objects of the shared proxies, which come first, and Deployments the
	// names of those. Clients are the workloads without their sidecars.
	Shared      []manifest.Object
	Deployments []string
	Clients     []manifest.Object
	// ToDo is what the script cannot do: a sentence each.
	ToDo []string
	// Timeout is how long each rollout is waited for.
	Timeout time.Duration
	// KubectlArgs go with every kubectl.
	KubectlArgs []string
	// Invocation is the command line that asks for the script, Printed is when.
	Invocation string
	Printed    time.Time
}

// WriteConvert prints the script.
func WriteConvert(w io.Writer, c Convert) error {
	s := &script.Script{What: c.what(), Invocation: c.Invocation, Printed: c.Printed}
	if err := c.write(s); err != nil {
		return fmt.Errorf("no script: %w", err)
	}
	_, err := s.WriteTo(w)
	return err
}

func (c *Convert) what() string {
	text := "Puts the Cloud SQL Proxy " + strings.Join(c.Deployments, ", ") + " into namespace " + c.Namespace + " and waits until it runs."
	if len(c.Clients) > 0 {
		text += " Then it takes the sidecars out of the workloads that have one, one workload after the other."
	}
	return text + " What is there now is kept in files in the present folder.\nYES=1 does not ask."
}

func (c *Convert) write(s *script.Script) error {
	if len(c.Shared) == 0 {
		return errors.New("there is no proxy to make")
	}
	s.Lines(array("kubectl", append([]string{"kubectl"}, c.KubectlArgs...)...),
		"namespace="+script.Quote(c.Namespace), "timeout="+c.Timeout.String())
	s.Paragraph()
	part(s, converting)
	for _, text := range c.ToDo {
		s.Comment("To do by hand: " + text)
	}
	all := slices.Concat(c.Shared, c.Clients)
	for i := range all {
		if err := document(s, i+1, &all[i]); err != nil {
			return err
		}
	}
	s.Lines(`command -v kubectl >/dev/null || fail "kubectl is not on the PATH"`,
		`"${kubectl[@]}" get namespace "$namespace" -o name >/dev/null || fail "namespace $namespace could not be looked at"`,
		"ask "+script.Quote("Convert "+strings.Join(c.names(), ", ")+" in namespace "+c.Namespace+"?"))
	for _, o := range all {
		if kept(o.Kind) {
			s.Lines("keep " + script.Quote(resource(&o)))
		}
	}
	for i := range c.Shared {
		s.Lines(fmt.Sprintf("put object%d", i+1))
	}
	for _, name := range c.Deployments {
		s.Lines("rolled " + script.Quote("deployment.apps/"+name))
	}
	for i := range c.Clients {
		c.client(s, len(c.Shared)+i+1, &c.Clients[i])
	}
	return nil
}

// names are the workloads that change.
func (c *Convert) names() []string {
	var all []string
	for _, name := range c.Deployments {
		all = append(all, "deployment/"+name)
	}
	for i := range c.Clients {
		all = append(all, strings.ToLower(c.Clients[i].Kind)+"/"+c.Clients[i].Name)
	}
	return all
}

// client has a workload go on without its sidecar.
func (c *Convert) client(s *script.Script, n int, o *manifest.Object) {
	switch o.Kind {
	case "Pod", "Job":
		s.Lines(fmt.Sprintf("echo %s >&2", script.Quote(fmt.Sprintf("%s cannot be changed while it is there: delete it, and then create the one that this script has as object%d", resource(o), n))))
	case "Deployment", "StatefulSet", "DaemonSet":
		s.Lines(fmt.Sprintf("put object%d", n), "rolled "+script.Quote(resource(o)))
	default:
		s.Lines(fmt.Sprintf("put object%d", n))
	}
}

func kept(kind string) bool {
	return slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Service", "NetworkPolicy", "PodDisruptionBudget"}, kind)
}

// resource names an object for kubectl.
func resource(o *manifest.Object) string {
	group, _, grouped := strings.Cut(o.APIVersion, "/")
	if !grouped {
		return strings.ToLower(o.Kind) + "/" + o.Name
	}
	return strings.ToLower(o.Kind) + "." + group + "/" + o.Name
}

// document is a function that prints an object.
func document(s *script.Script, n int, o *manifest.Object) error {
	fields, err := o.Fields()
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(fields)
	if err != nil {
		return fmt.Errorf("writing %s %s: %w", o.Kind, o.Name, err)
	}
	if slices.Contains(strings.Split(string(text), "\n"), end) {
		return fmt.Errorf("%s %s has a line %q", o.Kind, o.Name, end)
	}
	s.Lines(fmt.Sprintf("object%d() {", n), "  cat <<'"+end+"'", string(text)+end, "}")
	s.Paragraph()
	return nil
}
