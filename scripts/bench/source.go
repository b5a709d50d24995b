//go:build linux

package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/scripts/bench/tlsfleet"
)

// sourceCommand is the hidden sub-command under which this program is the
// source: in a process of its own, so that its CPU time is not the clients'.
const sourceCommand = "source"

const (
	namespace     = "bench"
	container     = "app"
	podLabel      = "bench"
	kubeconfigIn  = "kubeconfig" // files that the source leaves in its folder
	curlConfigIn  = "curl.conf"
	authorityIn   = "ca.pem"
	writesASecond = 100 // how often a written container gets its next lines
	attachTime    = 30 * time.Second
)

// lean is a server with some pods, all with the same container.
type lean struct {
	server     *kubetest.Server
	containers []*kubetest.Container
	lines      int // of history
}

// runSource starts the server, leaves what clients need in the folder -dir, says
// "ready", and obeys the commands on in until its end. It answers each one with
// the line "done", or with what went wrong:
//
//	streams N      wait until N log requests are open
//	write N RATE   every container writes N more lines, RATE a second
//	end            every container ends with code 0
func runSource(args []string, in io.Reader, out io.Writer) error {
	fs := flag.NewFlagSet(sourceCommand, flag.ContinueOnError)
	dir := fs.String("dir", ".", "folder for kubeconfig and the like")
	pods := fs.Int("pods", 4, "how many pods")
	lines := fs.Int("lines", 0, "lines of history of each")
	nodes := fs.Int("nodes", 0, "nodes of a pool that the pods are on; the pods then have no logs")
	tls := fs.Bool("tls", false, "a cluster with Gateways, certificates and pods of its own, and nothing else")
	same := fs.Bool("same", false, "the same history for all pods, which takes less memory")
	if err := fs.Parse(args); err != nil {
		return err
	}
	var l *lean
	var err error
	if *tls {
		l, err = newDoors(tlsfleet.Large())
	} else {
		l, err = newLean(*pods, *lines, *nodes, *same)
	}
	if err != nil {
		return err
	}
	defer l.server.Close()
	if err := l.leaveFiles(*dir); err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	for commands := bufio.NewScanner(in); commands.Scan(); {
		if err := l.obey(commands.Text()); err != nil {
			fmt.Fprintln(out, err)
			continue
		}
		fmt.Fprintln(out, "done")
	}
	return nil
}

func newLean(pods, lines, nodes int, same bool) (*lean, error) {
	server, err := kubetest.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &lean{server: server, lines: lines}
	if nodes > 0 {
		return l, newFleet(server, nodes, pods)
	}
	start := time.Now().Truncate(time.Second).Add(-time.Hour)
	var raw []byte
	for i := range pods {
		name := podName(i)
		pod := kubetest.Pod(namespace, name, kubetest.WithContainers(container), kubetest.WithLabels("app", podLabel),
			kubetest.WithRestartPolicy(corev1.RestartPolicyNever), kubetest.Created(start))
		if err := server.Create(pod); err != nil {
			return nil, err
		}
		c := server.Container(namespace, name, container)
		if raw == nil || !same {
			raw = history(i, lines, start)
		}
		c.Preload(raw)
		l.containers = append(l.containers, c)
	}
	return l, nil
}

func podName(i int) string { return fmt.Sprintf("web-7d4b9c6f5d-%05d", i) }

// leaveFiles writes a kubeconfig, and for curl the same in its own form: curl
// does not read kubeconfigs, and a token does not belong on a command line.
func (l *lean) leaveFiles(dir string) error {
	if err := l.server.WriteKubeconfig(filepath.Join(dir, kubeconfigIn)); err != nil {
		return err
	}
	config := l.server.RESTConfig()
	authority := filepath.Join(dir, authorityIn)
	if err := os.WriteFile(authority, config.CAData, 0o600); err != nil {
		return err
	}
	var curl strings.Builder
	fmt.Fprintf(&curl, "cacert = %q\nheader = \"Authorization: Bearer %s\"\n", authority, config.BearerToken)
	for i := range l.containers {
		fmt.Fprintf(&curl, "url = \"%s/api/v1/namespaces/%s/pods/%s/log?container=%s&timestamps=true\"\n", config.Host, namespace, podName(i), container)
	}
	return os.WriteFile(filepath.Join(dir, curlConfigIn), []byte(curl.String()), 0o600)
}

func (l *lean) obey(command string) error {
	var n, rate int
	switch {
	case command == "end":
		for _, c := range l.containers {
			c.Terminate(0)
		}
	case scan(command, "streams %d", &n):
		return l.await(n)
	case scan(command, "write %d %d", &n, &rate):
		l.write(n, rate)
	default:
		return fmt.Errorf("unknown command %q", command)
	}
	return nil
}

func (l *lean) await(streams int) error {
	for start := time.Now(); l.server.OpenLogStreams() < streams; time.Sleep(time.Millisecond) {
		if time.Since(start) > attachTime {
			return fmt.Errorf("only %d of %d streams are open after %s", l.server.OpenLogStreams(), streams, attachTime)
		}
	}
	return nil
}

func scan(command, form string, into ...any) bool {
	n, err := fmt.Sscanf(command, form, into...)
	return err == nil && n == len(into)
}

// write makes every container write n lines, numbered on from its history.
func (l *lean) write(n, rate int) {
	ticker := time.NewTicker(time.Second / writesASecond)
	defer ticker.Stop()
	start := time.Now()
	for written := 0; written < n; <-ticker.C {
		due := min(n, int(time.Since(start).Seconds()*float64(rate)))
		for ; written < due; written++ {
			line := string(appendMessage(nil, l.lines+written))
			for _, c := range l.containers {
				c.Write(line)
			}
		}
	}
}
