package file

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilexec "k8s.io/client-go/util/exec"
	"k8s.io/streaming/pkg/httpstream"
)

// The words with which runtimes say that a container has no such command.
func TestNotFound(t *testing.T) {
	for _, text := range []string{
		`Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "8c": OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown`,
		`Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "8c": OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown`,
		`Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "1b": OCI runtime exec failed: exec failed: container_linux.go:380: starting container process caused: exec: "sh": executable file not found in $PATH: unknown`,
		"command terminated with exit code 255: executable file `sh` not found in $PATH: No such file or directory",
		"command terminated with exit code 1: time=\"2026-01-02T03:04:05Z\" level=error msg=\"exec failed: unable to start container process: exec: \\\"sh\\\": executable file not found in $PATH\"",
		`command terminated with exit code 126: OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown`,
	} {
		if !notFound(&execError{errors.New(text), ""}) {
			t.Errorf("not understood: %s", text)
		}
	}
	exit := utilexec.CodeExitError{Err: errors.New("command terminated with exit code 126"), Code: 126}
	if !notFound(&execError{exit, "exec: \"sh\": executable file not found in $PATH"}) {
		t.Error("words on stderr are not understood")
	}
	if !notFound(&execError{utilexec.CodeExitError{Err: errors.New("command terminated with exit code 127"), Code: 127}, ""}) {
		t.Error("exit code 127 is not understood")
	}
	for _, text := range []string{
		`unable to upgrade connection: container not found ("app")`,
		`pods "web-0" not found`,
		"error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused",
		"command terminated with exit code 137",
		"cannot exec in a stopped container",
	} {
		if notFound(&execError{errors.New(text), ""}) {
			t.Errorf("taken for a missing command: %s", text)
		}
	}
	if notFound(errors.New("executable file not found")) || notFound(nil) {
		t.Error("only what exec says counts")
	}
}

func TestForbidden(t *testing.T) {
	denied := apierrors.NewForbidden(schema.GroupResource{Resource: "pods/exec"}, "web-0", errors.New("no"))
	for err, want := range map[error]bool{
		error(denied):                                                       true,
		fmt.Errorf("exec: %w", denied):                                      true,
		&execError{denied, ""}:                                              true,
		&httpstream.UpgradeFailureError{Cause: denied}:                      true,
		&execError{&httpstream.UpgradeFailureError{Cause: denied}, ""}:      true,
		&httpstream.UpgradeFailureError{Cause: errors.New("bad handshake")}: false,
		&execError{errors.New(`unable to upgrade connection: pods "web-0" is forbidden: User "x" cannot create resource "pods/exec" in API group "" in the namespace "shop"`), ""}: true,
		errors.New("forbidden"): false,
	} {
		if got := forbidden(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
