package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// identify finds the version, and the time that all files get: that of the commit, or
// what SOURCE_DATE_EPOCH says (reproducible-builds.org).
func (r *release) identify(ctx context.Context) error {
	if r.version == "" {
		out, err := r.git(ctx, "describe", "--tags", "--always", "--dirty")
		if err != nil {
			return fmt.Errorf("which version? Give -version (%w)", err)
		}
		r.version = out
	}
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		out, err := r.git(ctx, "log", "-1", "--format=%ct")
		if err != nil {
			return fmt.Errorf("which time? Set SOURCE_DATE_EPOCH (%w)", err)
		}
		epoch = out
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	r.epoch = seconds
	return nil
}

func (r *release) git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", r.root}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}

// build makes the archive of a plugin for a platform, and the list of what is in it.
func (r *release) build(ctx context.Context, plugin string, p platform) error {
	folder := filepath.Join(r.out, "build", p.String())
	binary := filepath.Join(folder, "kubectl-"+plugin)
	if p.os == "windows" {
		binary += ".exe"
	}
	if err := r.compile(ctx, "./plugins/kubectl-"+plugin, binary, p); err != nil {
		return err
	}
	base := filepath.Join(r.out, fmt.Sprintf("kubectl-%s_%s", plugin, p))
	source := filepath.Join(r.root, "plugins/kubectl-"+plugin)
	files := []file{
		{filepath.Base(binary), binary, 0o755},
		{"LICENSE", filepath.Join(r.root, "LICENSE"), 0o644},
		{"kubectl_complete-" + plugin, filepath.Join(source, "kubectl_complete-"+plugin), 0o755},
	}
	pages, err := filepath.Glob(filepath.Join(source, "man", "*.1")) // in order
	if err != nil || len(pages) == 0 {
		return fmt.Errorf("%s: there are no man pages in man/ (%v)", source, err)
	}
	for _, page := range pages {
		files = append(files, file{"man/" + filepath.Base(page), page, 0o644})
	}
	if err := writeArchive(base+".tar.gz", files, r.epoch); err != nil {
		return err
	}
	return r.writeSBOM(base+".spdx.json", plugin, binary)
}

// goBuild builds a program as `make build` does: without cgo and local paths, so that
// the same sources give the same bytes everywhere.
func (r *release) goBuild(ctx context.Context, pkg, binary string, p platform) error {
	output, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X github.com/kubechores/kubechores/pkg/cli.version="+r.version, "-o", output, pkg)
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
