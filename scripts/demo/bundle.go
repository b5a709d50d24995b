package main

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// bundle is what kubectl get -o yaml had of a Gateway whose certificate never came.
//
//go:embed bundle/gateway.yaml
var bundle []byte

const bundleFile = "gateway.yaml"

// bundleScreen looks at the bundle as of the time it was made. It needs no cluster.
func (s *show) bundleScreen(dir string) screen {
	return screen{"A Gateway without its certificate, out of a support bundle: the one cause, four links\n   away, and what to do",
		certcheck, []string{"gateway/web", "-n", "shop", "-f", bundleFile, "--at", "2026-11-25T12:00:00Z"},
		func(ctx context.Context, plugin string, args []string) error {
			if err := os.WriteFile(filepath.Join(dir, bundleFile), bundle, 0o600); err != nil {
				return err
			}
			cmd := s.command(ctx, plugin, args)
			cmd.Dir = dir
			err := cmd.Run()
			const foundSomething = 3
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() == foundSomething {
				return nil
			}
			return err
		}}
}
