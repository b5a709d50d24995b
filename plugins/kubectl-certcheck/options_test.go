package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/finding"
)

// TestParsing: the command line by itself, without anything run.
func TestParsing(t *testing.T) {
	t.Parallel()
	parse := func(args string) *options {
		t.Helper()
		o := newOptions(genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard})
		cmd := newCommand(o.IOStreams)
		cmd.ResetFlags()
		o.bind(cmd)
		if err := cmd.ParseFlags(strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		if err := o.complete(cmd.Flags().Args()); err != nil {
			t.Fatal(err)
		}
		if err := o.validate(cmd.Flags().Changed); err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := parse(""); o.output != finding.Table || o.failOn != finding.FailOnError || o.timeout != 10*time.Minute || o.at.set {
		t.Errorf("by default: %+v", o)
	}
	for args, want := range map[string]finding.Format{
		"gateway/web": finding.Tree, "shop.example.com": finding.Tree, "gateway a b": finding.Table, "gateway/web -o table": finding.Table, "-o wide": finding.Wide,
	} {
		if o := parse(args); o.output != want {
			t.Errorf("%s: format %s, want %s", args, o.output, want)
		}
	}
	o := parse("-n a,b -n c --wait --timeout 5s --warn-days 14 --live --connect [::1]:443")
	if got := strings.Join(o.namespaces("x"), " "); got != "a b c" || o.warnDays != 14 || o.timeout != 5*time.Second || o.connect[0] != "[::1]:443" {
		t.Errorf("%s, %+v", got, o)
	}
	if parse("-A").namespaces("x") != nil {
		t.Error("-A is not all namespaces")
	}
	if got := parse("").namespaces("x"); len(got) != 1 || got[0] != "x" {
		t.Errorf("%v, want that of the context", got)
	}
}

// TestUsage: what does not go together is told before anything is read.
func TestUsage(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-n x -A":                               "-n and -A exclude each other",
		"-n x,":                                 "a namespace is empty",
		"-R":                                    "-R goes with -f",
		"-f x --live":                           "does not go with --live and --wait",
		"-f x --wait":                           "does not go with --live and --wait",
		"--connect a:443":                       "--connect goes with --live",
		"--live --connect a":                    "--connect a: want HOST:PORT",
		"--live --connect :443":                 "the host is missing",
		"--live --connect a:0":                  `"0" is no port`,
		"--live --connect a:https":              `"https" is no port`,
		"--at 30d --live":                       "are about now",
		"--at 30d --wait":                       "are about now",
		"--at tomorrow":                         `"tomorrow" is no time: want 2026-12-24`,
		"--wait --timeout 0":                    "--timeout must be positive",
		"--wait --timeout -5s":                  "--timeout must be positive",
		"--timeout 5m":                          "--timeout goes with --wait",
		"--wait --fail-on none":                 "it does not go with --fail-on none",
		"--warn-days -1":                        "--warn-days must be from 0",
		"--warn-days 200000":                    "--warn-days must be from 0 to 36500",
		"--warn-days soon":                      "invalid argument",
		"--context a,b":                         "one cluster at a time",
		"--print-script --wait":                 "--print-script",
		"--print-script -f x":                   "--print-script",
		"--print-script --at 30d":               "--print-script",
		"--print-script -o json":                "--print-script",
		"-o xml":                                "must be table, wide, tree, json, yaml, junit or prom",
		"--fail-on info":                        "must be error, warning or none",
		"--color sometimes":                     "must be auto, always or never",
		"-v loud":                               "invalid argument",
		"--lve":                                 "unknown flag: --lve",
		"deploy/web":                            "knows no type",
		"iam-policy x":                          "unknown command",
		"iam-policy --zone *":                   "no ID of a hosted zone",
		"iam-policy --zone Z1/../../hostedzone": "no ID of a hosted zone",
	} {
		m := clitest.Start(t, newCommand, "", strings.Fields(args)...)
		err := m.Wait()
		out, talk := m.Out.String(), m.Err.String()
		clitest.ExpectError(t, err, want)
		if out != "" || clitest.ExitCode(err) != 1 {
			t.Errorf("%s: stdout %q, exit code %d", args, out, clitest.ExitCode(err))
		}
		if strings.Contains(talk, "Usage:") {
			t.Errorf("%s: the whole usage is printed", args)
		}
	}
}

// TestNoCluster: without one, the error says where it was looked for.
func TestNoCluster(t *testing.T) {
	t.Parallel()
	_, _, err := offline(t, "")
	clitest.ExpectError(t, err, "kubeconfig", "none")
}
