//go:build !windows

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
)

// echoes answers each line with a word in front.
func echoes(word string) func(io.ReadWriteCloser) error {
	return func(conn io.ReadWriteCloser) error {
		lines := bufio.NewScanner(conn)
		for lines.Scan() {
			fmt.Fprintf(conn, "%s %s\n", word, lines.Text()) //nolint:errcheck // the test sees it
		}
		return nil
	}
}

// exchange says a line on a new connection to a local port.
func exchange(t *testing.T, port, line string) string {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(conn, line)
	got, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Errorf("%q, then %v", got, err)
	}
	return strings.TrimSuffix(got, "\n")
}

// The tunnel goes on when its pod dies, on the same local port.
func TestConnect(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.playsAt(podA, 5432, echoes("a"))
	w.playsAt(podB, 5432, echoes("b"))
	h := w.start("", "connect", "-n", "shop", "-U", "it's me", "-d", "orders")
	h.Err.Await(t, "; Ctrl-C ends it\n")
	h.Out.Await(t, "\n")
	line := regexp.MustCompile(`^PGSSLMODE=disable psql -h 127\.0\.0\.1 -p (\d+) -U 'it'\\''s me' -d orders\n$`).FindStringSubmatch(h.Out.String())
	if line == nil {
		t.Fatalf("stdout %q", h.Out.String())
	}
	contains(t, h.Err.String(), "sqlproxy: 127.0.0.1:"+line[1]+" leads to shop-prod:europe-west1:orders, port 5432 of deployment/sql-proxy, now by pod "+podA)
	if got := exchange(t, line[1], "hello"); got != "a hello" {
		t.Errorf("got %q", got)
	}
	w.Must(w.DeletePod("shop", podA))
	w.CutPortForwards()
	if got := exchange(t, line[1], "again"); got != "b again" {
		t.Errorf("got %q", got)
	}
	contains(t, h.Err.String(), "sqlproxy: new connections go to pod "+podB+", no more to "+podA+"\n")
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", "127.0.0.1:"+line[1]); err == nil {
		t.Error("the port is still open")
	}
}

// The port that is asked for is had, or it is an error.
func TestConnectLocalPort(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(free.Addr().(*net.TCPAddr).Port)
	w := newHopWorld(t)
	_, _, err = w.run("connect", "-n", "shop", "--local-port", port)
	if err == nil || !strings.Contains(err.Error(), "--local-port: local port "+port) {
		t.Errorf("%v", err)
	}
	free.Close()
	h := w.start("", "connect", "-n", "shop", "--local-port", port)
	h.Out.Await(t, "psql -h 127.0.0.1 -p "+port+"\n")
}

// A command has the port in its environment and arguments, our streams, and its exit code
// is ours.
func TestConnectCommand(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.plays(5432, echoes("db"))
	const program = `exec 3<>"/dev/tcp/$PGHOST/$PGPORT"
read -r line
echo "$line" >&3
read -r answer <&3
echo "$answer, $1 $2, $PGSSLMODE $PGUSER $PGDATABASE, $([ "$PGPORT" = "$MYSQL_TCP_PORT" ] && echo same) $MYSQL_HOST"
echo talk >&2
exit 7`
	h := w.start("typed\n", "connect", "deploy/sql-proxy", "-n", "shop", "-U", "app", "-d", "orders", "--", "bash", "-c", program, "{port}", "{host}:x", "{database}")
	err := h.Wait()
	var exit *cli.Exit
	if !errors.As(err, &exit) || exit.Code != 7 || exit.Err != nil {
		t.Errorf("%v", err)
	}
	if got := h.Out.String(); got != "db typed, 127.0.0.1:x {database}, disable app orders, same 127.0.0.1\n" {
		t.Errorf("stdout %q", got)
	}
	if got := h.Err.String(); got != "talk\n" {
		t.Errorf("stderr %q", got)
	}
	w.nothingForwarded()
	_, _, err = w.run("connect", "-n", "shop", "--", "no-such-program")
	if err == nil || !strings.Contains(err.Error(), `the command after --: exec: "no-such-program"`) {
		t.Errorf("%v", err)
	}
}

// Signals are the command's: it and its tunnel may live through Ctrl-C, and its code is
// ours.
func TestConnectSignals(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.plays(5432, echoes("db"))
	const program = `trap 'n=$((n + 1)); echo "got $n"' INT
trap 'echo "hello" >&3; read -r answer <&3; echo "$answer"; exit 5' TERM
exec 3<>"/dev/tcp/$PGHOST/$PGPORT"
echo ready
while true; do sleep 0.05; done`
	cmd, out, talk := w.process("connect", "-n", "shop", "--", "bash", "-c", program)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Await(t, "ready\n")
	for n := range 2 {
		w.Must(cmd.Process.Signal(syscall.SIGINT))
		out.Await(t, fmt.Sprintf("got %d\n", n+1))
	}
	w.Must(cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait() // its code is asked
	if got := cmd.ProcessState.ExitCode(); got != 5 || talk.String() != "" {
		t.Errorf("exit code %d, stderr %q", got, talk)
	}
	contains(t, out.String(), "db hello\n")

	cmd, out, _ = w.process("connect", "-n", "shop", "--", "sh", "-c", "echo ready; kill -KILL $$")
	_ = cmd.Run() // its code is asked
	if got := cmd.ProcessState.ExitCode(); got != 137 {
		t.Errorf("killed: exit code %d, %s", got, out)
	}
}

// Ctrl-C ends what waits, as it ends kubectl.
func TestConnectInterrupted(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	cmd, _, talk := w.process("connect", "-n", "shop")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	talk.Await(t, "Ctrl-C ends it")
	w.Must(cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait() // its code is asked
	if got := cmd.ProcessState.ExitCode(); got != 130 || strings.Contains(talk.String(), "error") {
		t.Errorf("exit code %d, %s", got, talk)
	}
}

// A command that does not end with its context is told to.
func TestConnectCommandIsEnded(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	h := w.start("", "connect", "-n", "shop", "--", "sh", "-c", "echo ready; exec sleep 100")
	h.Out.Await(t, "ready")
	var exit *cli.Exit
	if err := h.Stop(); !errors.As(err, &exit) || exit.Code != 143 {
		t.Errorf("%v", err)
	}
}

// What is meant is found, or what may be meant is said.
func TestConnectChooses(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.apply(more)
	for _, c := range []struct {
		args string
		want string // of the error
	}{
		{"", "namespace shop has several proxies: name one: deployment/second, deployment/sql-proxy"},
		{"none", "namespace shop has no proxy none; there is deployment/cart (a sidecar), deployment/second, deployment/sql-proxy"},
		{"sts/second", "namespace shop has no proxy second"},
		{"ingress/second", `ingress/second: sqlproxy knows no type "ingress"`},
		{"second", "deployment/second has several instances: choose one with --instance: a:b:mail, a:b:books"},
		{"second --instance none", "--instance none: deployment/second has no such instance, but a:b:mail, a:b:books"},
		{"second --service none", "--service none: no such Service selects the pods of deployment/second; those that do: both, mail, wrong"},
		{"both", "service both has several ports: choose an instance with --instance"},
		{"svc/wrong", "service wrong leads to no port of deployment/second that is a database's"},
		{"cart", "no pod of deployment/cart in namespace shop is ready: it has no pods"},
		{"a b", `one NAME at a time, and "b" is another`},
		{"a --", "no command stands after --"},
		{"--instance a --service b", "--instance and --service exclude each other"},
		{"--local-port 70000", "--local-port must be from 1 to 65535"},
		{"-n bank", "namespace bank has no shared proxy; is it another namespace"},
	} {
		args := []string{"connect"}
		if !strings.Contains(c.args, "-n ") {
			args = append(args, "-n", "shop")
		}
		_, _, err := w.run(append(args, strings.Fields(c.args)...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.args, err, c.want)
		}
	}
	for args, want := range map[string]string{
		"second --instance mail":       "mysql -h 127.0.0.1 -P ",
		"second --instance a:b:books":  "127.0.0.1:", // neither its name nor its port says it, and it refuses
		"mail":                         "mysql -h 127.0.0.1 -P ",
		"second --service mail":        "mysql -h 127.0.0.1 -P ",
		"service/orders -U sa -d shop": "psql -h 127.0.0.1 -p ",
	} {
		h := w.start("", append([]string{"connect", "-n", "shop"}, strings.Fields(args)...)...)
		h.Out.Await(t, want)
	}
}

// On localhost in its pod a proxy is reached, and it is said that a Service does not.
func TestConnectLoopback(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t, "- --address=0.0.0.0", "- --address=127.0.0.1")
	h := w.start("", "connect", "-n", "shop")
	h.Out.Await(t, "psql")
	contains(t, h.Err.String(), "sqlproxy: deployment/sql-proxy hears on localhost in its pod: port-forward reaches it there, and no Service does")
}

// Where neither name nor number tells the engine, the wire does; the port is the one that
// the proxy says it has chosen.
func TestConnectAsks(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t, "orders?port=5432", "orders", "Listening on [::]:5432", "Listening on [::]:6000", "containerPort: 5432", "containerPort: 6001")
	w.plays(6000, answers(8, "N"))
	h := w.start("", "connect", "-n", "shop")
	h.Err.Await(t, "Ctrl-C ends it")
	h.Out.Await(t, "PGSSLMODE=disable psql -h 127.0.0.1 -p 6000\n")

	w = newHopWorld(t, "orders?port=5432", "orders?port=6000", "containerPort: 5432", "containerPort: 6001")
	w.plays(6000, func(io.ReadWriteCloser) error { return nil })
	h = w.start("", "connect", "-n", "shop", "--local-port", "0")
	h.Err.Await(t, "Ctrl-C ends it")
	contains(t, h.Err.String(), "the proxy ends connections at once: it does not reach the instance, and its log says why: kubectl logs -n shop "+podA)

	w = newHopWorld(t, "orders?port=5432", "orders", "Listening on", "Hearing on")
	_, _, err := w.run("connect", "-n", "shop")
	if err == nil || !strings.Contains(err.Error(), "the port of shop-prod:europe-west1:orders is not known: deployment/sql-proxy is told none") {
		t.Errorf("%v", err)
	}
}

// The script does the same by kubectl.
func TestConnectScript(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	out, _, err := w.run("connect", "-n", "shop", "--print-script", "--local-port", "15432", "-U", "app", "--context", "kubetest")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, out, "namespace=shop\ntarget=deployment/sql-proxy\nport=5432\nlocal_port=15432\n", "echo 'PGSSLMODE=disable psql -h 127.0.0.1 -p 15432 -U app'\n", "--kubeconfig=", "--context=kubetest")
	out, _, err = w.run("connect", "-n", "shop", "--print-script", "--", "pg_dump", "-h", "{host}", "-p", "{port}")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, out, "  pg_dump -h 127.0.0.1 -p 5432\n", "export PGPORT=5432\n")
	if w.connected() != "" {
		t.Errorf("a script connects to nothing: %s", w.connected())
	}
}

func TestConnectCompletion(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	out, _, err := w.run("__complete", "connect", "-n", "shop", "sq")
	if err != nil || !strings.HasPrefix(out, "sql-proxy\n") {
		t.Errorf("%q, %v", out, err)
	}
}
