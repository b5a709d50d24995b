package finding

import (
	"cmp"
	"fmt"
	"time"
)

// Finding is one thing that a check found, or could not look at.
type Finding struct {
	// ID is of the check's Catalogue. It never changes its meaning.
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Object   Object   `json:"object"`
	// What is one sentence: what is wrong, or why the check was skipped. The
	// severity is printed in front of it.
	What     string     `json:"what"`
	Evidence []Evidence `json:"evidence,omitempty"`
	// Cause says why, where that is more than What.
	Cause string `json:"cause,omitempty"`
	Fix   []Step `json:"fix,omitempty"`
	// RetryAt is when something tries again by itself; Retry says so in words
	// where there is no time, or more to say.
	RetryAt time.Time `json:"retryAt,omitzero"`
	Retry   string    `json:"retry,omitempty"`
	// Because is the finding that this one follows from. It may itself follow
	// from another: the root cause is where that ends.
	Because *Ref `json:"because,omitempty"`
	// Docs is a URL.
	Docs string `json:"docs,omitempty"`
}

// Evidence is what a finding rests on, in the words of the API, of a log or of a file.
type Evidence struct {
	Source string `json:"source"` // "event PresentError", "status.conditions[Ready].message"
	Text   string `json:"text"`   // as found; it may have several lines
}

// Step is one step of a fix: a sentence, or a command line. Who makes a command
// line quotes the names in it for the shell.
type Step struct {
	Do  string `json:"do,omitempty"`
	Run string `json:"run,omitempty"`
}

// Ref names a finding of the same report.
type Ref struct {
	ID     string `json:"id"`
	Object Object `json:"object"`
}

// Ref returns the name of the finding.
func (f *Finding) Ref() Ref { return Ref{ID: f.ID, Object: f.Object} }

// Secret says in place of a secret what may be said of it: its length in bytes
// and its shape ("PEM, RSA key"; "ends with a newline"), which must quote none of it.
func Secret(length int, shape string) string {
	if shape == "" {
		return fmt.Sprintf("(secret, %d bytes)", length)
	}
	return fmt.Sprintf("(secret, %d bytes: %s)", length, shape)
}

// compare is the order of findings: severity, object, id.
func (f *Finding) compare(g *Finding) int {
	return cmp.Or(
		cmp.Compare(f.Severity.rank(), g.Severity.rank()),
		f.Object.compare(g.Object),
		cmp.Compare(f.ID, g.ID),
		cmp.Compare(f.What, g.What),
	)
}
