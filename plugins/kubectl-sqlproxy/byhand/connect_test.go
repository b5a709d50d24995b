//go:build !windows

package byhand

import (
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var updateConnect = flag.Bool("update-connect", false, "write the golden files of connect")

func connects() map[string]Connect {
	plain := Connect{
		Namespace: "shop", Target: "deployment/sql-proxy", Port: 5432, Local: 15432, Instance: "shop-prod:europe-west1:orders",
		Client: "PGSSLMODE=disable psql -h 127.0.0.1 -p 15432", KubectlArgs: []string{"--context=it's"},
		Invocation: "kubectl sqlproxy connect --print-script", Printed: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC),
	}
	command, hostile := plain, plain
	command.Client, command.Command, command.Environment = "", []string{"psql", "-c", "select 'a b'"}, []string{"PGHOST=127.0.0.1", "PGPORT=15432", "PGUSER=it's me"}
	bad := "$(touch evil)`touch evil`; touch evil; '\"\ntouch evil\n"
	hostile.Namespace, hostile.Target, hostile.Instance, hostile.KubectlArgs = bad, bad, bad, []string{"--context=" + bad}
	hostile.Command, hostile.Environment, hostile.Invocation = []string{"true", bad}, []string{"PGUSER=" + bad}, strings.TrimSpace(bad)
	return map[string]Connect{"connect": plain, "connect-command": command, "connect-hostile": hostile}
}

func connectScript(t *testing.T, c Connect) string {
	t.Helper()
	var b strings.Builder
	if err := WriteConnect(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestConnectGolden(t *testing.T) {
	t.Parallel()
	for name, c := range connects() {
		got, path := connectScript(t, c), filepath.Join("testdata", name+".sh")
		if *updateConnect {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s, %v: is not what is printed; look at `git diff` after -update-connect:\n%s", path, err, got)
		}
	}
}

// TestConnectLint: what is printed is what a reviewer's tools expect.
func TestConnectLint(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"bash", "-n"}, {"shellcheck", "-s", "bash", "-"}, {"go", "run", "mvdan.cc/sh/v3/cmd/shfmt@v3.12.0", "-d", "-i", "2", "-ci"}} {
		for name, c := range connects() {
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Stdin = strings.NewReader(connectScript(t, c))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, command[0], err, out)
			}
		}
	}
}

// kubectl plays one that forwards ports until it is killed, and takes its time to end. It
// notes each start and end.
const kubectl = `#!/usr/bin/env bash
echo "start $*" >>"$NOTES"
trap 'sleep 0.3; echo end >>"$NOTES"; exit 0' TERM
if [ -e "$NOTES.die" ]; then rm "$NOTES.die"; echo "lost connection to pod" >&2; exit 1; fi
echo "Forwarding from 127.0.0.1:15432 -> 5432"
exec >/dev/null 2>&1 # or it would be waited for until it closes the test's pipes
while true; do sleep 0.05; done
`

// played is a script that runs with a kubectl that is played.
type played struct {
	*exec.Cmd
	t             *testing.T
	dir, notes    string
	stdout, words strings.Builder
}

func play(t *testing.T, c Connect) *played {
	t.Helper()
	p := &played{t: t, dir: t.TempDir()}
	p.notes = filepath.Join(p.dir, "notes")
	if err := os.WriteFile(filepath.Join(p.dir, "kubectl"), []byte(kubectl), 0o755); err != nil {
		t.Fatal(err)
	}
	p.Cmd = exec.Command("bash", "-c", connectScript(t, c))
	p.Dir, p.Stdout, p.Stderr = p.dir, &p.stdout, &p.words
	p.Env = append(os.Environ(), "PATH="+p.dir+":"+os.Getenv("PATH"), "NOTES="+p.notes, "TMPDIR="+p.dir)
	p.WaitDelay = 20 * time.Second
	return p
}

func (p *played) noted() string {
	b, _ := os.ReadFile(p.notes) // there may be none yet
	return string(b)
}

func (p *played) waitFor(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("never: %s; notes:\n%s", what, p.noted())
		}
	}
}

const started = "start --context=it's port-forward --namespace=shop --address=127.0.0.1 -- deployment/sql-proxy 15432:5432\n"

// When kubectl ends, another one is started; Ctrl-C ends all.
func TestConnectGoesOn(t *testing.T) {
	t.Parallel()
	p := play(t, connects()["connect"])
	if err := os.WriteFile(p.notes+".die", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.waitFor("a second kubectl", func() bool { return p.noted() == started+started })
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // its status is asked
	if code := p.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit status %d", code)
	}
	if got := p.noted(); got != started+started+"end\n" {
		t.Errorf("at the script's end there was:\n%s", got)
	}
	if got := p.stdout.String(); got != "PGSSLMODE=disable psql -h 127.0.0.1 -p 15432\n" {
		t.Errorf("stdout %q", got)
	}
	if got := p.words.String(); !strings.Contains(got, "the port-forward has ended; the next one is in 1 s\n") {
		t.Errorf("stderr %q", got)
	}
}

// The command has the port, and its status is the script's; nothing is left.
func TestConnectCommand(t *testing.T) {
	t.Parallel()
	c := connects()["connect-command"]
	c.Command = []string{"sh", "-c", `echo "$PGHOST $PGPORT $PGUSER $1"; cat; exit 7`, "sh", "a  b"}
	p := play(t, c)
	p.Stdin = strings.NewReader("input\n")
	_ = p.Run() // its status is asked
	if code := p.ProcessState.ExitCode(); code != 7 {
		t.Errorf("exit status %d, stderr %s", code, p.words.String())
	}
	if got := p.stdout.String(); got != "127.0.0.1 15432 it's me a  b\ninput\n" {
		t.Errorf("stdout %q", got)
	}
	if got := p.noted(); got != started+"end\n" {
		t.Errorf("at the script's end there was:\n%s", got)
	}
	left, err := filepath.Glob(filepath.Join(p.dir, "tmp*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What a name holds is never run.
func TestConnectHostile(t *testing.T) {
	t.Parallel()
	p := play(t, connects()["connect-hostile"])
	_ = p.Run() // its status is asked
	if code := p.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d, stderr %s", code, p.words.String())
	}
	if _, err := os.Stat(filepath.Join(p.dir, "evil")); err == nil {
		t.Error("it was run")
	}
}

func TestConnectWriteFails(t *testing.T) {
	t.Parallel()
	a, b := net.Pipe()
	a.Close()
	b.Close()
	if err := WriteConnect(a, connects()["connect"]); err == nil || !strings.Contains(err.Error(), "no script: ") {
		t.Error(err)
	}
}
