package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// run runs a command in a pod of web, over a real connection, and returns what
// it said and its exit code; kubetest.ExecNotFound where there is no such command.
func run(ctx context.Context, w *World, pod string, stdin io.Reader, stdout io.Writer, command ...string) (code int, err error) {
	cluster, err := kube.NewCluster("", Namespace, w.server.RESTConfig())
	if err != nil {
		return 0, err
	}
	err = cluster.Exec(ctx, Namespace, pod, &corev1.PodExecOptions{Container: "web", Command: command},
		remotecommand.StreamOptions{Stdin: stdin, Stdout: stdout})
	var exit exec.CodeExitError
	switch {
	case errors.As(err, &exit):
		return exit.Code, nil
	case err != nil && strings.Contains(err.Error(), "executable file not found"):
		return kubetest.ExecNotFound, nil
	}
	return 0, err
}

// quiet lets nobody write any more, so that files keep their sizes.
func (w *World) quiet() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.voices = nil
}

func TestAgent(t *testing.T) {
	w := startWorld(t)
	w.quiet()
	pod := pods(t, w)["web"][0].Name
	f := w.disks[pod].files[AuditLog]
	size, written := f.stat()
	if size < 3*block {
		t.Fatalf("the file has only %d bytes", size)
	}
	all := string(f.read(0, size))
	for line := range strings.Lines(all) {
		if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z user=\w+ action=\w+ order=\d+\n$`).MatchString(line) {
			t.Errorf("a line %q", line)
		}
	}
	looked := fmt.Sprintf("M file %s %d %d %s\nM looked\n", f.id, size, written.Unix(), AuditLog)
	known := size - 10 // some bytes before the end
	from := (known/block - 1) * block
	for _, c := range []struct {
		command []string
		want    string
	}{
		{[]string{"look", AuditLog}, looked},
		{[]string{"look", "/etc/passwd"}, "M looked\n"},
		{[]string{"list1", "/var/*.log", "/var/log/*/*.log", "["}, fmt.Sprintf("M path %s %d %s\nM listed\n", f.id, size, AuditLog)},
		{[]string{"once", AuditLog, "0"}, fmt.Sprintf("%sM open %s\nM at 4 0 %d\n%sM end 4\nM eof\n", looked, f.id, size, all)},
		{[]string{"once", AuditLog, fmt.Sprint(known)}, fmt.Sprintf("%sM open %s\nM at 4 %d %d\n%sM end 4\nM eof\n", looked, f.id, from, size, all[from:])},
		{[]string{"once", AuditLog, fmt.Sprint(size)}, fmt.Sprintf("%sM open %s\nM eof\n", looked, f.id)},
		{[]string{"once", "/etc/passwd", "0"}, "M looked\nM missing\n"},
		{[]string{"once", "/var/log", "0"}, "M looked\nM directory\n"},
	} {
		var out bytes.Buffer
		code, err := run(t.Context(), w, pod, strings.NewReader("script"), &out, append([]string{"sh", "-s", "M"}, c.command...)...)
		if want := "M ready\n" + c.want + "M bye\n"; err != nil || code != 0 || out.String() != want {
			t.Errorf("%q: %v, exit code %d, and\n%s\nwant\n%s", c.command, err, code, &out, want)
		}
	}
}

// What is not the agent is not there, and nothing of the host is.
func TestExecRunsNothing(t *testing.T) {
	w := startWorld(t)
	pod := pods(t, w)["web"][0].Name
	for _, command := range [][]string{{"cat", "/etc/passwd"}, {"sh"}, {"sh", "-c", "id"}, {"sh", "-c", "M", "look", "/"}, {"sh", "-s", "M"}, {"busybox", "sh", "-s", "M", "look", "/"}} {
		if code, err := run(t.Context(), w, pod, strings.NewReader("id"), io.Discard, command...); code != kubetest.ExecNotFound {
			t.Errorf("%q: exit code %d, %v", command, code, err)
		}
	}
	for _, args := range [][]string{{"id"}, {"look"}, {"once", AuditLog, "-1"}, {"tail", AuditLog, "x"}} {
		if code, err := run(t.Context(), w, pod, strings.NewReader("id"), io.Discard, append([]string{"sh", "-s", "M"}, args...)...); code != exitUsage {
			t.Errorf("%q: exit code %d, %v", args, code, err)
		}
	}
}

// An agent that follows ends with its stdin, and with its container.
func TestAgentsEnd(t *testing.T) {
	for _, command := range [][]string{{"tail", AuditLog, "0"}, {"tail", "/missing", "0"}, {"list", "/var/log/*/*"}} {
		for _, way := range []struct {
			name string
			end  func(w *World, stdin io.Closer)
			code int
		}{
			{"stdin", func(_ *World, stdin io.Closer) { stdin.Close() }, exitEnded},
			{"container", func(w *World, _ io.Closer) { w.Rollout() }, exitKilled},
		} {
			t.Run(way.name+" "+strings.Join(command, " "), func(t *testing.T) {
				t.Parallel()
				w := startWorld(t)
				pod := pods(t, w)["web"][0].Name
				stdin, end := io.Pipe()
				defer end.Close()
				ended := make(chan string, 1)
				go func() {
					code, err := run(t.Context(), w, pod, stdin, io.Discard, append([]string{"sh", "-s", "M"}, command...)...)
					ended <- fmt.Sprint(code, err)
				}()
				fmt.Fprint(end, "script")
				time.Sleep(lookEvery * 3 / 2)
				way.end(w, end)
				select {
				case got := <-ended:
					if want := fmt.Sprint(way.code, error(nil)); got != want {
						t.Errorf("exit code and error %s, want %s", got, want)
					}
				case <-time.After(5 * time.Second):
					t.Fatal("it goes on")
				}
			})
		}
	}
}
