//go:build linux

// Command bench compares kubectl-mlogs with its peers, side by side in one run
// on one source, and holds it to bars; kubectl-stagger and kubectl-certcheck, which
// have no peers in this, it holds to bars alone. Run it with "make bench".
//
// The source is a scripted API server (pkg/kubetest) in a process of its own:
// this program again, with the hidden sub-command "source". It serves ready
// bytes over TLS and HTTP/2 and is far leaner than a real API server and
// kubelet, so that what differs is the clients. Peers are kubectl, stern, kail
// and curl, each where it is on PATH. curl only copies bytes: it is the limit
// that one would name for any client.
//
// Clients write into a pipe that is read and thrown away; their CPU time and
// peak memory are what the kernel counted for the process. Rounds alternate
// between the clients, and figures are medians. Absolute figures depend on the
// machine and on what else it does: only ratios within one run mean something.
//
// Scenarios (-scenario, separated by commas):
//
//	past     4 pods x 500,000 lines of 99 bytes (-lines), read once and merged
//	         in order of time; how long --help takes; the order, once, on a
//	         smaller source
//	follow   1,000 containers to follow: time until all streams are open
//	stopped  a reader of the output that stops while 200 containers write:
//	         memory, and whether every line comes once it reads on
//	plan     a plan of kubectl-stagger for 5,000 nodes (-nodes) with 150,000 pods
//	         (-pods): time and memory; the source takes about 7 GB for it
//	check    a check by kubectl-certcheck of 5,000 TLS Secrets, 2,000 Certificates
//	         and 500 Gateways, among 5,000 pods: time and memory
//
// The exit code is 1 when a bar was missed, unless -report-only is given. Bars
// against a peer that is not on PATH are not measured and not missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings is what the flags say.
type settings struct {
	binary     string // kubectl-mlogs
	stagger    string // kubectl-stagger
	certcheck  string // kubectl-certcheck
	scenarios  []string
	rounds     int
	lines      int
	nodes      int
	pods       int
	stop       time.Duration
	reportOnly bool
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == sourceCommand {
		if err := runSource(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench source:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.StringVar(&s.binary, "binary", "bin/kubectl-mlogs", "the `program` that is held to the bars of past, follow and stopped")
	fs.StringVar(&s.stagger, "stagger", "bin/kubectl-stagger", "the `program` that is held to the bars of plan")
	fs.StringVar(&s.certcheck, "certcheck", "bin/kubectl-certcheck", "the `program` that is held to the bars of check")
	scenarios := fs.String("scenario", "past,follow,stopped,plan,check", "which scenarios, separated by commas")
	fs.IntVar(&s.rounds, "rounds", 3, "measured `rounds` of past, follow, plan and check, after one to warm up")
	fs.IntVar(&s.lines, "lines", 500_000, "`lines` of each of the 4 pods of past")
	fs.IntVar(&s.nodes, "nodes", 5_000, "`nodes` of plan")
	fs.IntVar(&s.pods, "pods", 150_000, "`pods` of plan")
	fs.DurationVar(&s.stop, "stop", 5*time.Second, "how `long` the reader of stopped does not read")
	fs.BoolVar(&s.reportOnly, "report-only", false, "exit with 0 even when a bar is missed")
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	s.scenarios = strings.Split(*scenarios, ",")
	for _, name := range s.scenarios {
		if !slices.Contains([]string{"past", "follow", "stopped", "plan", "check"}, name) {
			return s, fmt.Errorf("-scenario: %q is not one of past, follow, stopped, plan, check", name)
		}
	}
	if min(s.rounds, s.lines, s.nodes, s.pods) < 1 || fs.NArg() > 0 {
		return s, errors.New("-rounds, -lines, -nodes and -pods must be at least 1, and there are no arguments")
	}
	return s, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if err := s.findBinaries(); err != nil {
		return err
	}
	var bars []bar
	for _, name := range s.scenarios {
		more, err := s.scenario(ctx, name, out)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		bars = append(bars, more...)
	}
	missed := printBars(out, bars)
	if missed > 0 && !s.reportOnly {
		return fmt.Errorf("%d of %d bars missed", missed, len(bars))
	}
	return nil
}

// findBinaries makes the paths of the programs that the scenarios need absolute.
func (s *settings) findBinaries() error {
	for _, name := range s.scenarios {
		binary := &s.binary
		switch name {
		case "plan":
			binary = &s.stagger
		case "check":
			binary = &s.certcheck
		}
		path, err := filepath.Abs(*binary)
		if err != nil {
			return err
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%w; build it first", err)
		}
		*binary = path
	}
	return nil
}

func (s settings) scenario(ctx context.Context, name string, out io.Writer) ([]bar, error) {
	switch name {
	case "past":
		return s.past(ctx, out)
	case "follow":
		return s.follow(ctx, out)
	case "plan":
		return s.plan(ctx, out)
	case "check":
		return s.check(ctx, out)
	default:
		return s.stopped(ctx, out)
	}
}
