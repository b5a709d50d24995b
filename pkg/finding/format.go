package finding

import (
	"errors"
	"io"
)

// Format is the value of --output.
type Format string

// The formats of --output.
const (
	Table Format = "table" // a line for each root cause
	Wide  Format = "wide"  // consequences, cause, fix and retry, too
	Tree  Format = "tree"  // all that is known, along the chain
	JSON  Format = "json"
	YAML  Format = "yaml"
	JUnit Format = "junit"
	Prom  Format = "prom" // Prometheus' text format 0.0.4
)

// Set is for pflag: a bad value fails when the flags are parsed.
func (f *Format) Set(s string) error {
	switch Format(s) {
	case Table, Wide, Tree, JSON, YAML, JUnit, Prom:
		*f = Format(s)
		return nil
	}
	return errors.New("must be table, wide, tree, json, yaml, junit or prom")
}

// String is for pflag.
func (f *Format) String() string { return string(*f) }

// Type is for pflag.
func (f *Format) Type() string { return "format" }

// Options say how a report is printed.
type Options struct {
	Format Format // empty is Table
	Colour bool   // in Table, Wide and Tree
	ASCII  bool   // Tree without line drawing and marks: see NeedsASCII
	// Namespace is left out of names, because the user asked for it.
	Namespace string
	// FailOn is from which severity on a test of JUnit fails. Empty is FailOnError.
	FailOn FailOn
}

// Print writes the report. In every format control characters of what it quotes
// are escaped, so that none reaches a terminal.
func (r *Report) Print(w io.Writer, opts Options) error {
	v := newView(r)
	text, err := v.text(opts)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func (v *view) text(opts Options) ([]byte, error) {
	switch opts.Format {
	case JSON:
		return v.json()
	case YAML:
		return v.yaml()
	case JUnit:
		return v.junit(opts), nil
	case Prom:
		return v.prom(), nil
	case Tree:
		return v.tree(opts), nil
	default:
		return v.table(opts), nil
	}
}
