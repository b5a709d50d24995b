package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The plugins that are shown.
const (
	mlogs     = "kubectl-mlogs"
	stagger   = "kubectl-stagger"
	certcheck = "kubectl-certcheck"
	sqlproxy  = "kubectl-sqlproxy"
)

// plugins are all of them.
func plugins() []string { return []string{mlogs, stagger, certcheck, sqlproxy} }

// show plays the screens on a stage.
type show struct {
	stage stage
	bin   string // folder of the plugins
	live  time.Duration
	out   io.Writer
	// pictures is the folder of the repository, below which each screen is drawn beside its
	// plugin; "" draws none.
	pictures string
}

// screen is a command of a plugin, and how it is shown. Those of mlogs are about the
// stage's namespace.
type screen struct {
	title  string
	plugin string
	args   []string
	play   func(ctx context.Context, plugin string, args []string) error
	// picture is the name under which the screen is drawn, "" for one that is not; coloured
	// says that the command has --color.
	picture  string
	coloured bool
}

// drawn is the screen with a picture of it.
func (s screen) drawn(picture string, coloured bool) screen {
	s.picture, s.coloured = picture, coloured
	return s
}

func (s *show) screens(dir string) []screen {
	return append([]screen{
		{"The past: the last lines of every container, in order of time across all pods",
			mlogs, []string{".", "--no-follow", "--tail", "5", "--timestamps=short"}, s.once, "past", true},
		{fmt.Sprintf("Live, for %s: a rollout replaces the pods of web, and the worker crashes;\n   new pods and restarts are followed, and no line is lost", s.live),
			mlogs, []string{"deploy/web", "deploy/worker", "--tail", "1", "--timestamps=short"}, s.trouble, "live", true},
		s.fileScreen(filepath.Join(dir, "pipe")).drawn("files", true),
		{"Only the lines that matter, as JSON for other programs",
			mlogs, []string{".", "--no-follow", "-i", "ERROR", "--since", "20s", "-o", "json"}, s.once, "", false},
		{"What would be read",
			mlogs, []string{".", "--dry-run"}, s.once, "", false},
		{"Nodes that live for 24 hours and have started together: when they die, and the fewest\n   replacements after which they die one at a time. Nothing is changed",
			stagger, append(s.stage.pool(), "--via", "exec=true", "--dry-run"), s.once, "plan", true},
		{"What that is good for, where the cloud also takes 15 % of the machines in a week",
			stagger, []string{"simulate", "--weekly", "15%"}, s.once, "simulate", false},
		s.bundleScreen(dir),
	}, s.recipeScreens(dir)...)
}

// run plays all screens, and ends early with ctx.
func (s *show) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "kubechores-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	in := []string{"-n", s.stage.namespace()}
	for i, screen := range s.screens(dir) {
		args := screen.args
		if screen.plugin == mlogs {
			args = append(in[:2:2], args...)
		}
		fmt.Fprintf(s.out, "\n%d. %s\n\n$ %s %s\n", i+1, screen.title, strings.Replace(screen.plugin, "-", " ", 1), quoted(args))
		if err := s.play(ctx, screen, args); err != nil || ctx.Err() != nil {
			return err
		}
	}
	fmt.Fprint(s.out, `
What to try next
  make serve                      a cluster to play with: kubectl get pods, kubectl logs, kubectl mlogs
  kubectl mlogs --help            with bin/ on your PATH, on a cluster of yours
  kubectl stagger status          the same
  kubectl certcheck -A            the same
  kubectl sqlproxy check -A       the same
  make cluster                    a real Kubernetes on this machine; then make demo runs on it
`)
	return nil
}

// once runs a command to its end.
func (s *show) once(ctx context.Context, plugin string, args []string) error {
	return s.command(ctx, plugin, args).Run()
}

// trouble lets pods go and come under mlogs.
func (s *show) trouble(ctx context.Context, plugin string, args []string) error {
	return s.forAWhile(ctx, s.live, plugin, args, func(ctx context.Context) {
		time.AfterFunc(s.live/8, func() { s.stage.rollout(ctx) })
		time.AfterFunc(s.live/4, func() { s.stage.crash(ctx) })
	})
}

// forAWhile runs a command, lets things happen meanwhile, and ends it as a user
// would. happen does not wait for what it begins.
func (s *show) forAWhile(ctx context.Context, d time.Duration, plugin string, args []string, happen func(context.Context)) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	cmd := s.command(ctx, plugin, args)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	happen(ctx)
	err := cmd.Wait()
	const interrupted = 130
	var exit *exec.ExitError
	switch {
	case ctx.Err() == nil:
		return fmt.Errorf("it ended by itself: %w", err)
	case errors.As(err, &exit) && exit.ExitCode() != interrupted:
		return err
	}
	fmt.Fprintln(s.out, "^C")
	return nil
}

func (s *show) command(ctx context.Context, plugin string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, plugin), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.stage.kubeconfig())
	cmd.Stdout, cmd.Stderr = s.out, s.out
	return cmd
}

// quoted writes arguments as one would type them.
func quoted(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if strings.ContainsAny(arg, "|$*? ") {
			words[i] = "'" + arg + "'"
		}
	}
	return strings.Join(words, " ")
}
