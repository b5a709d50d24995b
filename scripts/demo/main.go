// Command demo shows the plugins at their main jobs, in a few screens, within a
// minute and without anything but Go. "make demo" runs it.
//
// It runs on a real Kubernetes when E2E_KUBECONFIG names one or the test cluster
// of scripts/cluster is up, in a namespace of its own that it removes at the
// end, and otherwise on a stand-in: a scripted API server inside this program
// that speaks the real protocols to the real binary (package world).
//
//	demo          show the screens and clean up
//	demo serve    start only the stand-in, and leave it to you until Ctrl-C
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
	"syscall"
	"time"
)

const serveCommand = "serve"

// settings is what the command line says.
type settings struct {
	bin     string // folder of the plugins
	live    time.Duration
	standIn bool
	serve   bool
	// pictures is the folder of the repository, where pictures of the screens go.
	pictures string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		os.Exit(130)
	case err != nil && !errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("demo [serve]", flag.ContinueOnError)
	fs.StringVar(&s.bin, "bin", "bin", "the `folder` of the built plugins")
	fs.DurationVar(&s.live, "live", 8*time.Second, "how `long` the first live screen lasts; the second one is a little shorter")
	fs.BoolVar(&s.standIn, "stand-in", false, "use the stand-in even where there is a real cluster")
	fs.StringVar(&s.pictures, "pictures", "", "draw the screens, as plugins/NAME/pictures/SCREEN.svg below this `folder`")
	if len(args) > 0 && args[0] == serveCommand {
		s.serve, args = true, args[1:]
	}
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	var err error
	s.bin, err = filepath.Abs(s.bin)
	return s, err
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if s.serve {
		return serve(ctx, s.bin, out)
	}
	for _, plugin := range plugins() {
		if _, err := os.Stat(filepath.Join(s.bin, plugin)); err != nil {
			return fmt.Errorf("%w; \"make build\" makes it", err)
		}
	}
	st, err := s.choose(ctx, getenv, out)
	if err != nil {
		return err
	}
	// The clean-up is done after Ctrl-C, too: it has a context of its own.
	defer func() { err = errors.Join(err, st.close(out)) }()
	if err := st.begin(ctx, out); err != nil {
		return err
	}
	show := &show{stage: st, bin: s.bin, live: s.live, out: out, pictures: s.pictures}
	return show.run(ctx)
}
