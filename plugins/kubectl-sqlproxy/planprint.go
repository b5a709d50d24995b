package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/install"
)

// planDocument is a plan for programs.
type planDocument struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Name       string     `json:"name"`
	Namespace  string     `json:"namespace"`
	Steps      []planStep `json:"steps"`
	Unseen     []string   `json:"unseen,omitempty"`
}

type planStep struct {
	Action         install.Action `json:"action"`
	install.Object `json:",inline"`
	Fields         []install.Field `json:"fields,omitempty"`
	TakenOver      []takenField    `json:"takenOver,omitempty"`
	Why            string          `json:"why,omitempty"`
}

// takenField is a field that is taken over from its manager.
type takenField struct {
	Path    string `json:"path"`
	Manager string `json:"manager"`
}

// printPlan prints the plan: as data on stdout, or with -o name as talk.
func (o *actOptions) printPlan(plan *install.Plan) error {
	var err error
	switch o.output {
	case "json", "yaml":
		err = printDocument(o.Out, plan, o.output)
	case "name":
		err = printSteps(o.ErrOut, plan)
	default:
		err = printSteps(o.Out, plan)
	}
	if err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	return nil
}

// printSteps prints a line for each object, with the fields that change below it.
func printSteps(w io.Writer, plan *install.Plan) error {
	var b strings.Builder
	for i := range plan.Steps {
		s := &plan.Steps[i]
		fmt.Fprintf(&b, "%-9s  %s", s.Action, s.Resource())
		if s.Why != "" {
			fmt.Fprintf(&b, "  (%s)", s.Why)
		}
		b.WriteByte('\n')
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "             %s\n", fieldLine(f))
		}
		for _, f := range s.Taken {
			fmt.Fprintf(&b, "             takes %s over from %s\n", strings.TrimPrefix(f.Field, "."), f.Manager)
		}
	}
	_, err := io.WriteString(w, cli.Visible(b.String()))
	return err
}

func fieldLine(f install.Field) string {
	switch {
	case f.Old == "":
		return fmt.Sprintf("+ %s: %s", f.Path, f.New)
	case f.New == "":
		return fmt.Sprintf("- %s: %s", f.Path, f.Old)
	}
	return fmt.Sprintf("~ %s: %s -> %s", f.Path, f.Old, f.New)
}

func printDocument(w io.Writer, plan *install.Plan, format string) error {
	d := planDocument{APIVersion: finding.APIVersion, Kind: "Plan", Name: plan.Name, Namespace: plan.Namespace, Steps: []planStep{}, Unseen: plan.Unseen}
	for i := range plan.Steps {
		s := &plan.Steps[i]
		step := planStep{Action: s.Action, Object: s.Object, Fields: s.Fields, Why: s.Why}
		for _, f := range s.Taken {
			step.TakenOver = append(step.TakenOver, takenField{Path: strings.TrimPrefix(f.Field, "."), Manager: f.Manager})
		}
		d.Steps = append(d.Steps, step)
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if format == "yaml" {
		if text, err = yaml.JSONToYAML(text); err != nil {
			return err
		}
	}
	_, err = w.Write(text)
	return err
}
