// Command logwriter writes numbered lines at an exact rate, so that a test can tell lost, repeated and disordered lines.
//
// A line is "PREFIX NUMBER PADDING", the number with nine digits. SIGTERM and SIGINT end the program with code 0 after the line that is being
// written; SIGHUP opens the file of -file anew, as programs do when their log was rotated.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type options struct {
	lines       int
	rate        float64
	size        int
	prefix      string
	burst       int
	stderrEvery int
	exit        int
	after       time.Duration
	file        string
	start       int
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "logwriter:", err)
		os.Exit(2)
	}
	code, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "logwriter:", err)
	}
	os.Exit(code)
}

func parse(args []string, help io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("logwriter", flag.ContinueOnError)
	fs.SetOutput(help)
	fs.IntVar(&o.lines, "lines", 0, "how many `lines` to write; 0: without end")
	fs.Float64Var(&o.rate, "rate", 1, "`lines` a second; 0: as fast as possible")
	fs.IntVar(&o.size, "size", 0, "`bytes` of a line without its newline, filled up with padding; shorter than prefix and number: no padding")
	fs.StringVar(&o.prefix, "prefix", "line", "first `word` of every line")
	fs.IntVar(&o.burst, "burst", 1, "write so many `lines` at once, then pause; the rate stays the same")
	fs.IntVar(&o.stderrEvery, "stderr-every", 0, "write every `N`th line to stderr; 0: none")
	fs.IntVar(&o.exit, "exit", 0, "exit `code` after the last line")
	fs.DurationVar(&o.after, "after", 0, "wait so long between the last line and the exit")
	fs.StringVar(&o.file, "file", "", "append to this file instead of writing to stdout")
	fs.IntVar(&o.start, "start", 1, "`number` of the first line")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.lines < 0 || o.rate < 0 || o.size < 0 || o.burst < 1 || o.stderrEvery < 0 || o.after < 0:
		return o, errors.New("no number may be negative, and -burst is at least 1")
	}
	return o, nil
}

// run writes until the last line or a signal. It returns the exit code.
func run(o options) (int, error) {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	reopen := make(chan os.Signal, 1)
	signal.Notify(reopen, syscall.SIGHUP)

	w := &writer{options: o, out: os.Stdout, errOut: os.Stderr, end: end, reopen: reopen}
	if o.file != "" {
		if err := w.open(); err != nil {
			return 1, err
		}
	}
	ended, err := w.write()
	if err != nil {
		return 1, err
	}
	if !ended {
		ended = w.pause(o.after)
	}
	if ended {
		return 0, nil
	}
	return o.exit, nil
}
