package finding

import "errors"

// FailOn is the value of --fail-on: from which severity on a check fails.
type FailOn string

// The levels of --fail-on.
const (
	FailOnError   FailOn = "error"
	FailOnWarning FailOn = "warning" // skipped checks, too
	FailOnNone    FailOn = "none"
)

// Set is for pflag: a bad value fails when the flags are parsed.
func (f *FailOn) Set(s string) error {
	switch FailOn(s) {
	case FailOnError, FailOnWarning, FailOnNone:
		*f = FailOn(s)
		return nil
	}
	return errors.New("must be error, warning or none")
}

// String is for pflag.
func (f *FailOn) String() string { return string(*f) }

// Type is for pflag.
func (f *FailOn) Type() string { return "severity" }

// includes reports whether a finding of that severity makes the check fail.
func (f FailOn) includes(s Severity) bool {
	switch f {
	case FailOnNone:
		return false
	case FailOnWarning:
		return s.rank() <= Skipped.rank()
	default:
		return s.rank() <= Error.rank()
	}
}
