package finding

import "slices"

// Severity says how bad a finding is; of a subject or a report it is the verdict.
type Severity string

// The severities, the worst first. Skipped is a check that could not look: it is
// worse than a remark, because what it would have found is not known.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Skipped Severity = "skipped"
	Info    Severity = "info"
	OK      Severity = "ok" // of verdicts only: nothing was found
)

// rank is 0 for the worst. An unknown severity is taken for an error rather than
// for something that does not matter.
func (s Severity) rank() int {
	return max(0, slices.Index([]Severity{Error, Warning, Skipped, Info, OK}, s))
}

// worse returns the worse of two severities.
func worse(a, b Severity) Severity {
	if b.rank() < a.rank() {
		return b
	}
	return a
}

// verdict is what a severity says of a whole: a remark alone does not keep
// anything from being ok, a check that was skipped does.
func (s Severity) verdict() Severity {
	if s == Info {
		return OK
	}
	return s
}
