// Package tool finds the programs that tests run. A test that lacks one fails and says
// where to get it: one that was skipped would look like one that has passed.
package tool

import (
	"os/exec"
	"testing"
)

// Find is the path of the program with that name. The test fails where it is not on the
// PATH, with what to install on Debian.
func Find(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; %s", err, Hint(name))
	}
	return path
}

// Hint says how Debian gets the program with that name.
func Hint(name string) string {
	switch name {
	case "go":
		return "install Go and put it on the PATH"
	case "kubectl": // Debian's is too old
		return "in the repository: go -C scripts/kubectl build -o /usr/local/bin/kubectl ."
	case "busybox":
		name = "busybox-static"
	case "sh":
		name = "dash"
	}
	return "install the Debian package " + name
}
