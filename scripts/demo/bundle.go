package main

import (
	"context"
	"embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// The files of objects that the last screens look at, which need no cluster.
const (
	bundleFile = "gateway.yaml"   // what kubectl get -o yaml had of a Gateway whose certificate never came
	recipeFile = "sql-proxy.yaml" // the Cloud SQL Proxy as a Service, as in recipes of 2018

	convertedFile = "sql-proxy-v2.yaml"
)

//go:embed bundle
var bundle embed.FS

// bundleScreen looks at the bundle as of the time it was made.
func (s *show) bundleScreen(dir string) screen {
	return screen{"A Gateway without its certificate, out of a support bundle: the one cause, four links\n   away, and what to do",
		certcheck, []string{"gateway/web", "-n", "shop", "-f", bundleFile, "--at", "2026-11-25T12:00:00Z"},
		s.onFile(dir, bundleFile), "cause", true}
}

// recipeScreens say what is wrong with the recipe, turn it into what it should be, and
// judge that.
func (s *show) recipeScreens(dir string) []screen {
	return []screen{
		{"The Cloud SQL Proxy as a Service, by a recipe of 2018: why no client gets through, and what\n   else will happen",
			sqlproxy, []string{"check", "sql-proxy", "-f", recipeFile}, s.onFile(dir, recipeFile), "check", true},
		{"The same with the proxy of today, and what is different then",
			sqlproxy, []string{"convert", "-f", recipeFile, ">", convertedFile}, s.toFile(dir, convertedFile), "convert", false},
		{"What is left to do then",
			sqlproxy, []string{"check", "sql-proxy", "-f", convertedFile}, s.inFolder(dir), "", false},
	}
}

// onFile puts a file of the bundle into dir and runs a command there.
func (s *show) onFile(dir, file string) func(context.Context, string, []string) error {
	return func(ctx context.Context, plugin string, args []string) error {
		content, err := bundle.ReadFile("bundle/" + file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			return err
		}
		return s.inFolder(dir)(ctx, plugin, args)
	}
}

// inFolder runs a command in dir. That something is found is no failure.
func (s *show) inFolder(dir string) func(context.Context, string, []string) error {
	return func(ctx context.Context, plugin string, args []string) error {
		cmd := s.command(ctx, plugin, args)
		cmd.Dir = dir
		err := cmd.Run()
		const foundSomething = 3
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == foundSomething {
			return nil
		}
		return err
	}
}

// toFile runs a command in dir, and does what a shell does with the last two of its
// arguments: they send its output to a file.
func (s *show) toFile(dir, file string) func(context.Context, string, []string) error {
	return func(ctx context.Context, plugin string, args []string) (err error) {
		out, err := os.Create(filepath.Join(dir, file))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, out.Close()) }()
		cmd := s.command(ctx, plugin, args[:len(args)-2])
		cmd.Dir, cmd.Stdout = dir, out
		return cmd.Run()
	}
}
