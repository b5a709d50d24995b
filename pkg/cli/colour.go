package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// ColourMode is the value of --color.
type ColourMode string

// The modes of --color.
const (
	ColourAuto   ColourMode = "auto"
	ColourAlways ColourMode = "always"
	ColourNever  ColourMode = "never"
)

// Set is for pflag: a bad value fails when the flags are parsed.
func (m *ColourMode) Set(s string) error {
	switch ColourMode(s) {
	case ColourAuto, ColourAlways, ColourNever:
		*m = ColourMode(s)
		return nil
	}
	return fmt.Errorf("must be auto, always or never")
}

// String is for pflag.
func (m *ColourMode) String() string { return string(*m) }

// Type is for pflag.
func (m *ColourMode) Type() string { return "when" }

// Wanted reports whether to colour what is written to w: auto means a terminal
// that is not dumb, and NO_COLOR not set (https://no-color.org).
func (m ColourMode) Wanted(w io.Writer) bool {
	if m != ColourAuto {
		return m == ColourAlways
	}
	return IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
