package clitest

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli"
)

// ExitCode is the exit code of a command that returned err.
func ExitCode(err error) int {
	var exit *cli.Exit
	switch {
	case err == nil:
		return cli.CodeOK
	case errors.As(err, &exit):
		return exit.Code
	}
	return cli.CodeError
}

// ExpectError fails unless there is an error, which has all the texts.
func ExpectError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	ExpectTexts(t, err.Error(), texts...)
}

// ExpectTexts fails unless the text has all the texts.
func ExpectTexts(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}
