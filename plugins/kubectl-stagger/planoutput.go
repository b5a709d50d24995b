package main

import (
	"errors"
	"strings"
)

// planOutput is the value of --output.
type planOutput string

// The formats of a plan.
const (
	planTable planOutput = "table"
	planWide  planOutput = "wide"
	planJSON  planOutput = "json"
	planYAML  planOutput = "yaml"
	planName  planOutput = "name" // of the replaced nodes; the plan is not printed
)

func planOutputs() []string {
	return []string{string(planTable), string(planWide), string(planJSON), string(planYAML), string(planName)}
}

func (p *planOutput) Set(s string) error {
	for _, name := range planOutputs() {
		if s == name {
			*p = planOutput(s)
			return nil
		}
	}
	return errors.New("must be one of " + strings.Join(planOutputs(), ", "))
}

func (p *planOutput) String() string { return string(*p) }
func (p *planOutput) Type() string   { return "format" }
